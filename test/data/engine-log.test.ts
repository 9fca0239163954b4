import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openEngine } from '../../src/data/index.js';
import { log } from '../../src/platform/index.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'automodel-engine-log-'))));
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

it('the debug log tells each query with its time, and no cell of the data', async () => {
  const lines = vi.spyOn(log, 'debug').mockImplementation(() => undefined);
  const engine = await openEngine({ files: [join(folder, 'events.csv')] });
  await engine.rows(`SELECT count(*) FROM range(3) WHERE 'user-anna' <> 'x'\n  AND 12345678 > 1`);
  await expect(engine.run('SELECT no_such_column')).rejects.toThrow();
  engine.close();
  const told = lines.mock.calls.map(([fields]) => fields as Record<string, unknown>);
  expect(told[0]).toMatchObject({ files: [join(folder, 'events.csv')] });
  expect(told.filter((fields) => 'sql' in fields)).toEqual([
    {
      ms: expect.any(Number),
      failed: false,
      sql: `SELECT count(*) FROM range(3) WHERE '…' <> '…' AND … > 1`,
    },
    { ms: expect.any(Number), failed: true, sql: 'SELECT no_such_column' },
  ]);
});
