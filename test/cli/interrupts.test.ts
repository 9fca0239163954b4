import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/run.js';
import type { Host } from '../../src/cli/host.js';
import { packageRoot } from '../../src/platform/index.js';
import { CommandEnvelope, type Operations } from '../../src/schema/index.js';

const entry = join(packageRoot, 'dist', 'cli', 'index.js');

/** Runs the built program with a module loaded before it, which can act inside its process. */
function withModule(program: string, ...words: string[]) {
  const url = `data:text/javascript,${encodeURIComponent(program)}`;
  return spawnSync(process.execPath, ['--import', url, entry, ...words], { encoding: 'utf8' });
}

describe('a signal', () => {
  it('that comes while the program is still loading ends it with one object', () => {
    // Sent as soon as somebody listens (the event comes just before that), which is before any package is loaded.
    const { status, stdout, stderr } = withModule(
      `import { createRequire } from 'node:module';
       const { cache } = createRequire(${JSON.stringify(entry)});
       process.on('newListener', (name) => {
         if (name !== 'SIGINT') return;
         process.stderr.write(Object.keys(cache).length + ' packages loaded ');
         queueMicrotask(() => process.kill(process.pid, 'SIGINT'));
       });`,
      'profile',
      '--json',
      '--project',
      packageRoot,
    );
    expect(stderr).toContain('0 packages loaded');
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const { command, error } = CommandEnvelope.parse(JSON.parse(stdout));
    expect([command, error?.code]).toEqual(['profile', 'INTERRUPTED']);
    expect(status).toBe(130);
  });

  it('that is repeated ends the process at once, with the one object all the same', async () => {
    const written: string[] = [];
    const ended = new Promise<{ code: number; lastWords: string | undefined }>((resolve) => {
      const output = { write: (text: string) => void written.push(text), isTerminal: false, columns: 80 };
      const host: Host = {
        arguments: ['evolve', '--trials', '3', '--json'],
        workingDirectory: '/work-dir',
        stdout: output,
        stderr: { ...output, write: () => undefined },
        canAsk: false,
        colour: false,
        version: '1',
        // An engine that does not stop when it is asked to.
        loadOperations: async () => ({ evolve: () => new Promise(() => undefined) }) as unknown as Operations,
        renderReport: async () => '',
        renderOnlineDemo: async () => '',
        startServer: () => Promise.reject(new Error('no server here')),
        onInterrupt: (listener) => {
          setImmediate(() => setImmediate(() => [listener(), listener()]));
          return () => undefined;
        },
        exit: (code, lastWords) => resolve({ code, lastWords }),
      };
      void runCommandLine(host);
    });
    const { code, lastWords } = await ended;
    expect(code).toBe(130);
    expect(written).toEqual([]);
    expect(CommandEnvelope.parse(JSON.parse(lastWords ?? ''))).toMatchObject({
      command: 'evolve',
      ok: false,
      error: { code: 'INTERRUPTED', details: { resume: 'automodel evolve --trials 3 --json' } },
    });
  });
});

it('the program has its stacks name the sources', () => {
  const { stderr } = withModule(
    `process.on('exit', () => process.stderr.write('source maps: ' + process.sourceMapsEnabled));`,
    '--version',
  );
  expect(stderr).toBe('source maps: true');
});
