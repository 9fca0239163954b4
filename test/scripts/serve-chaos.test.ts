import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/serve-chaos.mjs', import.meta.url));
const server = fileURLToPath(new URL('fixtures/event-log-server.mjs', import.meta.url));

function chaos(flaw?: string): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, [script, '--kills', '2', '--clients', '4', '--server', server], {
    env: { ...process.env, ...(flaw !== undefined && { EVENT_LOG_SERVER_FLAW: flaw }) },
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (out += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out })));
}

describe('serve-chaos', () => {
  it('finds every acknowledged event once after kills under load', async () => {
    const { code, out } = await chaos();
    expect(out).toContain('every acknowledged event is in the log, once');
    expect(out).toMatch(/[1-9]\d* answers lost/);
    expect(code).toBe(0);
  });

  it('finds a server that acknowledges what is not stored yet (control)', async () => {
    const { code, out } = await chaos('acknowledges-early');
    expect(out).toMatch(/[1-9]\d* missing/);
    expect(code).toBe(1);
  });
});
