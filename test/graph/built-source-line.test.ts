import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runInProcess } from '../../src/execution/index.js';
import { packageRoot, type AutoModelError } from '../../src/platform/index.js';

it('a shape error of the built models, in a worker, names the line of their source', async () => {
  const entry = join(packageRoot, 'test/execution/fixtures/shape-error.mjs');
  const error: AutoModelError = await runInProcess(entry, {}, { timeoutMs: 60_000 }).then(
    () => Promise.reject(new Error('nothing was thrown')),
    (thrown: AutoModelError) => thrown,
  );
  expect(error.code).toBe('SHAPE_MISMATCH');
  const source = join(packageRoot, 'src/models/blocks/pairwise-interaction.ts');
  const [, file, line] = /^(.*):(\d+):\d+$/.exec(String(error.details['source'])) ?? [];
  expect(file).toBe(source);
  expect(readFileSync(source, 'utf8').split('\n')[Number(line) - 1]).toContain('sum(vectors, 1)');
});
