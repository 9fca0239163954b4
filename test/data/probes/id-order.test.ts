import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idOrder, orderAuc } from '../../../src/data/probes/id-order.js';
import { Rng } from '../../../src/platform/index.js';
import { auc } from '../../../src/stats/index.js';
import { look, plantedRows } from './planted.js';

const log = plantedRows({ rows: 4000, users: 300, items: 150 });

describe('the order of ids', () => {
  it('is caught when ids were given by what happened', async () => {
    const clicks = new Map<number, [number, number]>();
    for (const { item, label } of log) {
      const [p, n] = clicks.get(item) ?? [0, 0];
      clicks.set(item, [p + label, n + 1]);
    }
    const ranked = [...clicks].toSorted(([, [a, m]], [, [b, n]]) => a / m - b / n).map(([item]) => item);
    const named = log.map((row) => ({ ...row, item: 1000 + ranked.indexOf(row.item) }));
    const { findings } = await look({ log: named }, idOrder);
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([['medium', 'log.item']]);
    expect(findings[0].evidence).toMatch(/200 random renamings give 0\.\d{3} ± 0\.\d{3}/);
  });

  it('passes when ids are names, however much their owners differ', async () => {
    const { findings, runs } = await look({ log }, idOrder);
    expect(findings).toEqual([]);
    expect(runs).toMatchObject([{ outcome: 'passed' }]);
  });

  it('is ranked as the metric ranks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), (seed) => {
        const rng = new Rng(seed);
        const ids = Array.from({ length: 12 }, () => [rng.integer(4), rng.integer(4)] as const);
        const all = [...ids, [1, 1] as const];
        const rows = all.flatMap(([p, q], id) => [
          ...Array.from({ length: p }, () => [id, 1] as const),
          ...Array.from({ length: q }, () => [id, 0] as const),
        ]);
        expect(
          orderAuc(
            Float64Array.from(all, ([p]) => p),
            Float64Array.from(all, ([, q]) => q),
          ),
        ).toBeCloseTo(
          auc(
            Float64Array.from(rows, ([id]) => id),
            Uint8Array.from(rows, ([, y]) => y),
          ),
          12,
        );
      }),
    );
  });
});
