import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelRelations } from '../../src/data/column-relations.js';
import { openEngine, type Engine } from '../../src/data/engine.js';
import { screenColumn, screenColumns } from '../../src/data/screen-columns.js';
import { impressions, infer } from './fixtures.js';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ files: [] });
});
afterAll(() => engine.close());

/** AUC from its definition: the share of pairs that are in order, ties for half. */
function plainAuc(scores: readonly number[], labels: readonly number[]): number {
  let [won, pairs] = [0, 0];
  labels.forEach((a, i) =>
    labels.forEach((b, j) => {
      if (a !== 1 || b !== 0) return;
      pairs += 1;
      won += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0;
    }),
  );
  return pairs === 0 ? 0.5 : Math.max(won / pairs, 1 - won / pairs);
}

describe('screenColumn', () => {
  const labels = Array.from({ length: 80 }, (_, i) => ((i * 7 + (i >> 2)) % 3 === 0 ? 1 : 0));

  it('is at least the AUC of the numbers as defined', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 1 })), {
          minLength: 2,
          maxLength: 40,
        }),
        (rows) => {
          const scores = rows.map(([score]) => score);
          const ys = rows.map(([, y]) => y);
          expect(screenColumn(scores, ys, true).auc).toBeGreaterThanOrEqual(plainAuc(scores, ys) - 1e-12);
        },
      ),
    );
  });

  it('sees copies in numbers, in text and in what is missing, and nothing in chance', () => {
    expect(
      screenColumn(
        labels.map((y) => 3 - y),
        labels,
        true,
      ).auc,
    ).toBe(1);
    expect(
      screenColumn(
        labels.map((y) => (y === 1 ? 'yes' : 'no')),
        labels,
        false,
      ).auc,
    ).toBe(1);
    expect(
      screenColumn(
        labels.map((y, i) => (y === 1 ? `v${i}` : null)),
        labels,
        false,
      ).auc,
    ).toBe(1);
    expect(
      screenColumn(
        labels.map((_, i) => (i * 31) % 17),
        labels,
        true,
      ).auc,
    ).toBeLessThan(0.75);
    // a value of its own in every row proves nothing
    expect(
      screenColumn(
        labels.map((_, i) => `v${i}`),
        labels,
        false,
      ).auc,
    ).toBe(0.5);
  });

  it('tells how often the label is 1 where the column is', () => {
    const ones = labels.map((y, i) => (y === 1 && i % 4 !== 1 ? 1 : 0));
    expect(ones.filter((x) => x === 1).length).toBeGreaterThanOrEqual(20);
    expect(screenColumn(ones, labels, true).labelAtOne).toBe(1);
    expect(
      screenColumn(
        labels.map((_, i) => i % 2),
        labels,
        true,
      ).labelAtOne,
    ).toBeLessThan(0.6);
  });
});

describe('screenColumns', () => {
  it('finds a copy among rare positives as the exact probe does', async () => {
    await engine.run(
      'CREATE TABLE rare AS SELECT (i % 250 = 0)::INTEGER AS y, (i % 250 = 0)::INTEGER * 4 + i % 3 AS c0, (hash(i) % 101)::INTEGER AS c1 FROM range(25000) r(i)',
    );
    const table = { relation: 'rare', rows: 25_000 };
    const columns = ['c0', 'c1'].map((name) => ({ name, cell: name, numeric: true }));
    const screened = await screenColumns(engine, table, 'y', columns);
    const exact = await labelRelations(engine, table, 'y', columns);
    expect(screened?.relations.get('c0')?.auc).toBe(1);
    expect(exact.get('c0')?.auc).toBe(1);
    expect(screened?.relations.get('c1')?.auc).toBeLessThan(0.7);
  });

  it('says nothing of a log with one class', async () => {
    await engine.run('CREATE TABLE single AS SELECT 1 AS y, i AS c0 FROM range(50) r(i)');
    const columns = [{ name: 'c0', cell: 'c0', numeric: true }];
    expect(await screenColumns(engine, { relation: 'single', rows: 50 }, 'y', columns)).toBeUndefined();
  });
});

describe('a very wide log', () => {
  it('has its copies found at any width, and its honest columns left in', async () => {
    const wide = impressions(160, (row, i) => {
      for (let f = 0; f < 450; f += 1) row[`f${f}`] = (i * (f + 3) * 7919 + f) % 23;
      row['zz_copy'] = row['label'];
      row['zz_near'] = Number(row['label']) * 40 + (i % 37);
    });
    const { config, warnings } = await infer({ 'log.csv': wide }, { task: 'ctr', split: 'time' });
    expect(config.columns['log.zz_copy']).toMatchObject({ role: 'leak' });
    expect(config.columns['log.zz_copy'].encoding).toBeUndefined();
    expect(config.columns['log.zz_near']).toMatchObject({ role: 'leak' });
    expect(config.columns['log.f449'].role).toBe('context');
    expect(warnings.map((warning) => warning.code)).not.toContain('PROBES_SKIPPED');
  });
});
