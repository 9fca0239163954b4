import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AutoModelError } from '../../src/platform/index.js';
import { readTokens } from '../../src/cli/token-file.js';
import type { Host } from '../../src/cli/host.js';
import { startServer } from '../../src/http/index.js';
import type { ServeOptions, ServerOptions } from '../../src/schema/index.js';
import { PopularService } from '../http/support/popular-service.js';
import { runWith } from './fake-host.js';

const folder = mkdtempSync(join(tmpdir(), 'automodel-serve-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const tokenFile = file(
  'tokens.txt',
  '# of the shop\nfirst-token-of-the-shop\n\n second-token-of-the-shop \r\n',
);

/** A server that listens until it is told to stop, and keeps what it was given. */
function recordingServer(cutOff = 0): {
  startServer: Host['startServer'];
  given: ServerOptions[];
  order: string[];
} {
  const given: ServerOptions[] = [];
  const order: string[] = [];
  return {
    given,
    order,
    startServer: async (open, options) => {
      given.push(options);
      await open();
      order.push('listens');
      return {
        url: `http://${options.host}:1234`,
        host: options.host,
        port: 1234,
        authenticated: options.tokens.length > 0,
        stopped: new Promise(() => {}),
        close: async () => {
          order.push('closed');
          return cutOff;
        },
      };
    },
  };
}

/** Interrupts once the server listens. */
const stopAfter = (order: readonly string[]) => (interrupt: () => void) => {
  const wait = setInterval(() => {
    if (!order.includes('listens')) return;
    clearInterval(wait);
    interrupt();
  }, 2);
};

describe('automodel serve', () => {
  it('hands its flags to service and server, prints where it listens, and ends well on a signal', async () => {
    const { startServer: start, given, order } = recordingServer();
    const words = [
      '--port',
      '0',
      '--token-file',
      tokenFile,
      '--artefact',
      'abc',
      '--model-threads',
      '2',
      '--model-instances',
      '3',
      '--rate',
      '50',
    ];
    const { code, stdout, stderr, calls } = await runWith(['serve', ...words, '--pipeline', 'p.json'], {
      startServer: start,
      whenListening: stopAfter(order),
    });
    expect(code).toBe(0);
    expect(stdout).toBe('Listening on http://127.0.0.1:1234 with popular-1\n');
    expect(stderr).toContain('Stopping when what is under way is answered; press Ctrl-C again');
    expect(order).toEqual(['listens', 'closed']);
    expect(calls[0].options).toEqual({
      projectDir: '/work-dir',
      artefact: 'abc',
      pipeline: '/work-dir/p.json',
      modelThreads: 2,
      modelInstances: 3,
      snapshotEvents: undefined,
    } satisfies ServeOptions);
    expect(given[0]).toMatchObject({
      port: 0,
      tokens: ['first-token-of-the-shop', 'second-token-of-the-shop'],
      adminTokens: [],
      ratePerSecond: 50,
      deadlineMs: 60,
    });
  });

  it('under --json prints its one object when it listens, with the warning that nobody is asked for a token', async () => {
    const { startServer: start, order } = recordingServer();
    let printed = '';
    const finished = await runWith(['serve', '--json'], {
      startServer: start,
      whenListening: (interrupt) =>
        stopAfter(order)(() => {
          printed = 'listens';
          interrupt();
        }),
    });
    expect(printed).toBe('listens');
    expect(finished.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(finished.json()).toMatchObject({
      command: 'serve',
      ok: true,
      result: { url: 'http://127.0.0.1:1234', authenticated: false, version: 'popular-1', pid: process.pid },
      warnings: [{ code: 'NO_TOKEN' }],
    });
    expect(finished.code).toBe(0);
  });

  it('says that requests were cut off with 130, and prints no second object', async () => {
    const { startServer: start, order } = recordingServer(2);
    const { code, stdout, stderr } = await runWith(['serve', '--json'], {
      startServer: start,
      whenListening: stopAfter(order),
    });
    expect(code).toBe(130);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain('error INTERRUPTED: 2 requests took too long');
  });

  it('refuses to listen to others without tokens before it opens anything', async () => {
    const { code, calls, json } = await runWith(['serve', '--host', '0.0.0.0', '--json'], { startServer });
    expect(code).toBe(2);
    expect(calls).toEqual([]);
    expect(json()).toMatchObject({
      ok: false,
      error: { code: 'CONFIG_INVALID', details: { host: '0.0.0.0' } },
    });
  });

  it('opens nothing when it cannot listen', async () => {
    const taken = await startServer(async () => new PopularService(), {
      host: '127.0.0.1',
      port: 0,
      tokens: [],
    });
    const { code, stderr, calls } = await runWith(['serve', '--port', String(taken.port)], { startServer });
    await taken.close();
    expect([code, calls]).toEqual([5, []]);
    expect(stderr).toContain('error ADDRESS_UNAVAILABLE');
  });

  it('passes on why a service cannot be opened', async () => {
    const { code, json } = await runWith(['serve', '--port', '0', '--json'], {
      startServer,
      operations: {
        serve: async () => {
          throw new AutoModelError('FILE_NOT_FOUND', 'no artefact', { remedy: 'Train one.' });
        },
      },
    });
    expect(code).toBe(3);
    expect(json()).toMatchObject({ ok: false, error: { code: 'FILE_NOT_FOUND' } });
  });

  it.each(['70000', '-1', '1.5', ''])('refuses the port %j', async (port) => {
    const { code, calls } = await runWith(['serve', '--port', port]);
    expect([code, calls]).toEqual([2, []]);
  });
});

describe('readTokens', () => {
  it('refuses a file that is not there, and one without a token', () => {
    expect(() => readTokens(join(folder, 'none'))).toThrow(
      expect.objectContaining({ code: 'FILE_NOT_FOUND' }),
    );
    expect(() => readTokens(folder)).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }));
    const empty = file('empty.txt', '# nothing\n\n');
    expect(() => readTokens(empty)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
