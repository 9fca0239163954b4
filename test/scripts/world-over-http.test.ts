import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/world-over-http.mjs', import.meta.url));

// The script has its own negative control: it ends with 1 where the comparison would see no difference.
it('world-over-http: people of a world get the same answers over HTTP as in process, and every event is kept once', async () => {
  const words = '--users 150 --items 100 --days 1 --model lr'.split(' ');
  const { code, out } = await new Promise<{ code: number; out: string }>((resolve) => {
    execFile(process.execPath, [script, ...words], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), out: stdout + stderr }),
    );
  });
  expect(out).toMatch(/answers that differ: 0 of [1-9]\d* \([1-9]\d* items/);
  expect(out).toContain('one answers otherwise: 1 of 1 differs');
  expect(out).toMatch(/event log: ([1-9]\d*) of \1 reported events, 0 missing, 0 doubled, 0 other/);
  expect(out).toContain('one pipeline, in process and over HTTP; every event is in the log, once');
  expect(code).toBe(0);
});
