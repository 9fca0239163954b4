import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idOrder, orderAuc } from '../../../src/data/probes/id-order.js';
import { Rng } from '../../../src/platform/index.js';
import { auc } from '../../../src/stats/index.js';
import { look, plantedRows, type PlantedRow } from './planted.js';

const log = plantedRows({ rows: 4000, users: 300, items: 150 });

/** Items that were numbered by their click rate. */
function numberedByRate(): PlantedRow[] {
  const clicks = new Map<number, [number, number]>();
  for (const { item, label } of log) {
    const [p, n] = clicks.get(item) ?? [0, 0];
    clicks.set(item, [p + label, n + 1]);
  }
  const ranked = [...clicks].toSorted(([, [a, m]], [, [b, n]]) => a / m - b / n).map(([item]) => item);
  return log.map((row) => ({ ...row, item: 1000 + ranked.indexOf(row.item) }));
}
const named = numberedByRate();

describe('the order of ids', () => {
  it('is caught when ids were given by what happened', async () => {
    const { findings } = await look({ log: named }, idOrder);
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([['medium', 'log.item']]);
    expect(findings[0].evidence).toMatch(/200 random renamings give 0\.\d{3} ± 0\.\d{3}/);
  });

  it('weighs little where a person has accepted it, or where the id is no input', async () => {
    for (const item of [
      { role: 'item_id', accepted: true },
      { role: 'item_id', encoding: { kind: 'skip' } },
    ] as const) {
      const { findings } = await look({ log: named, columns: { item } }, idOrder);
      expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([['low', 'log.item']]);
    }
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

  it('is half the way from one end whatever the counts are multiplied by, and mirrored from the other', () => {
    const counts = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 50 }), (drawn, times) => {
        const [p, q] = [0, 1].map((side) => Float64Array.from(drawn, (pair) => pair[side]));
        const found = orderAuc(p, q);
        expect(orderAuc(q, p)).toBeCloseTo(1 - found, 12);
        expect(orderAuc(p.toReversed(), q.toReversed())).toBeCloseTo(1 - found, 12);
        expect(
          orderAuc(
            p.map((x) => x * times),
            q.map((x) => x * times),
          ),
        ).toBeCloseTo(found, 12);
      }),
    );
    expect(orderAuc(Float64Array.of(0, 0), Float64Array.of(3, 1))).toBe(0.5);
  });

  it('says nothing of fewer than a hundred ids', async () => {
    const few = log.map((row) => ({ ...row, item: row.label === 1 ? 50 + (row.item % 49) : row.item % 50 }));
    expect((await look({ log: few }, idOrder)).columns).not.toContain('item');
  });
});
