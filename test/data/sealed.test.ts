import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset, openSealed } from '../../src/data/index.js';
import { faultOf, impressions, infer, prepare, snapshot } from './fixtures.js';

describe('the seal', () => {
  it('opens for the scorer: labels, users and rows in the order of the test source', async () => {
    const log = impressions(100);
    const found = await infer({ 'log.csv': log }, { task: 'ctr' });
    const made = await prepare(found.dir, found.config);
    const data = openDataset(made.dir);
    if (data.task === 'next-item') throw new Error('expected ctr');
    const sealed = openSealed(made.dir);
    const block = data.test.block(0);
    expect(sealed.rows).toBe(data.test.rows);
    expect([...sealed.rowIds]).toEqual([...block.rowIds]);
    expect([...sealed.users]).toEqual([...block.users]);
    expect([...(sealed.labels as Float32Array)]).toEqual([...block.rowIds].map((row) => log[row]['label']));
    expect(sealed.contract).toEqual(data.contract);
  });

  it.each([
    ['ctr', 'time'],
    ['next-item', 'leave-one-out'],
  ] as const)('a dataset of task %s opens and reads whole without the sealed folder', async (task, split) => {
    const found = await infer({ 'log.csv': impressions(200) }, { task, split });
    const made = await prepare(found.dir, found.config);
    rmSync(join(made.dir, 'sealed'), { recursive: true });
    const data = openDataset(made.dir);
    if (data.task === 'next-item') {
      expect(data.test.targets).toBeUndefined();
      expect(data.validation.targets).toBeDefined();
    } else {
      expect(data.test.block(0).labels).toBeUndefined();
      expect(data.validation.block(0).labels).toBeDefined();
    }
    expect((await faultOf(Promise.resolve().then(() => openSealed(made.dir)))).code).toBe('ARTEFACT_CORRUPT');
  });

  it('no file outside sealed/ depends on which items the test targets are', async () => {
    const log = impressions(300);
    // the last event of each user is its test target; swap the items of two of them
    const last = new Map(log.map((row, index) => [row['user_id'], index]));
    const [a, b] = [...last.values()]
      .filter((index, i, all) => log[index]['item_id'] !== log[all[0]]['item_id'] || i === 0)
      .slice(0, 2);
    const swapped = log.map((row, index) =>
      index === a
        ? { ...row, item_id: log[b]['item_id'] }
        : index === b
          ? { ...row, item_id: log[a]['item_id'] }
          : row,
    );
    expect(log[a]['item_id']).not.toBe(log[b]['item_id']);
    const encode = async (rows: typeof log): Promise<Map<string, string>> => {
      const found = await infer({ 'log.csv': rows }, { task: 'next-item', split: 'leave-one-out' });
      return snapshot((await prepare(found.dir, found.config)).dir);
    };
    const [one, other] = [await encode(log), await encode(swapped)];
    const differing = [...one.keys()].filter(
      (name) => name !== 'encoded.json' && one.get(name) !== other.get(name),
    );
    expect(differing).toEqual(['sealed/targets.bin']);
  });

  it('only one source file of the room names the sealed file besides its writers', () => {
    const source = readFileSync(new URL('../../src/data/open-dataset.ts', import.meta.url), 'utf8');
    const ctr = readFileSync(new URL('../../src/data/open-ctr.ts', import.meta.url), 'utf8');
    expect(`${source}${ctr}`).not.toMatch(/sealedPath|sealedTargets|openSealed/);
  });
});
