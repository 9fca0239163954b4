import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addEffects,
  allRows,
  countRates,
  effectsOf,
  forEachBlock,
  linked,
  meanLabel,
  type CountableField,
  type RateTable,
} from '../../../src/models/counting/rate-table.js';
import { sourceOf } from './tiny-datasets.js';

const item: CountableField = { kind: 'categorical', name: 'item', side: 'item', vocabulary: 'item' };
const tags: CountableField = { kind: 'multi', name: 'tags', side: 'item', vocabulary: 'tags' };
const x: CountableField = { kind: 'numeric', name: 'x', side: 'context' };
const sizes = new Map([
  ['item', 4],
  ['tags', 5],
]);

const tableOf = (sums: readonly number[], counts: readonly number[]): RateTable => ({
  field: item,
  edges: undefined,
  sums: Float64Array.from(sums),
  counts: Float64Array.from(counts),
});

describe('walking over blocks', () => {
  it('meets every row of a range once and in order, however the rows are cut', () => {
    const cuts = fc.record({
      rows: fc.integer({ min: 0, max: 30 }),
      blockRows: fc.integer({ min: 1, max: 12 }),
      from: fc.integer({ min: 0, max: 32 }),
      to: fc.integer({ min: 0, max: 32 }),
    });
    fc.assert(
      fc.property(cuts, ({ rows, blockRows, from, to }) => {
        const source = sourceOf('train', { labels: Array.from({ length: rows }, () => 0) }, blockRows);
        const met: number[] = [];
        forEachBlock(source, { from, to }, (block, begin, end, start) => {
          for (let row = begin; row < end; row += 1) {
            expect(block.rowIds[row]).toBe(start + row);
            met.push(start + row);
          }
        });
        const expected = Array.from({ length: rows }, (_, row) => row).slice(from, Math.max(from, to));
        expect(met).toEqual(expected);
      }),
    );
  });

  it('means the labels of the range alone, and 0 over none', () => {
    const source = sourceOf('train', { labels: [1, 1, 0, 1, 0] }, 2);
    expect(meanLabel(source, allRows(source))).toBe(0.6);
    expect(meanLabel(source, { from: 1, to: 4 })).toBeCloseTo(2 / 3, 12);
    expect(meanLabel(source, { from: 3, to: 3 })).toBe(0);
  });
});

describe('counts', () => {
  it('are rows and labels per value, by hand', () => {
    const rows = { ids: { item: [2, 3, 2, 0, 2] }, labels: [1, 1, 0, 1, 5] };
    const [table] = countRates(sourceOf('train', rows, 2), [item], sizes, { from: 0, to: 4 });
    expect([...table.counts]).toEqual([1, 0, 2, 1]);
    expect([...table.sums]).toEqual([1, 0, 1, 1]); // the last row is outside of the range
  });

  it('give each member of a bag its share, so that a row counts once in all', () => {
    const bags = { tags: [[2, 3], [3], [], [2, 3, 4, 4]] };
    const source = sourceOf('train', { bags, labels: [1, 0, 1, 1] });
    const [table] = countRates(source, [tags], sizes, allRows(source));
    expect([...table.counts]).toEqual([0, 0, 0.75, 1.75, 0.5]);
    expect([...table.sums]).toEqual([0, 0, 0.75, 0.75, 0.5]);
  });

  it('cut numbers at quantiles: 24 bins of equal size, and equal values share a bin', () => {
    const values = Array.from({ length: 240 }, (_, n) => n);
    const even = sourceOf('train', { numeric: { x: values }, labels: values.map(() => 1) });
    const [table] = countRates(even, [x], new Map(), allRows(even));
    expect([...table.counts]).toEqual(Array.from({ length: 24 }, () => 10));
    const few = sourceOf('train', { numeric: { x: [7, 7, 7, 1, 7, 7] }, labels: [1, 1, 1, 0, 1, 1] });
    const [lumped] = countRates(few, [x], new Map(), allRows(few));
    expect([...lumped.counts]).toEqual([1, 5]);
    expect([...lumped.sums]).toEqual([0, 5]);
  });
});

describe('effects', () => {
  const smoothing = { strength: 2, damping: 1, link: 'logit' } as const;

  it('are none for a value that was never seen, and zero on the whole for one at the prior', () => {
    const effects = effectsOf(tableOf([0, 3], [0, 10]), 0.3, smoothing);
    expect(effects[0]).toBe(0);
    expect(effects[1]).toBeCloseTo(0, 12);
  });

  it('lie between nothing and the raw rate, nearer to the raw rate with more rows', () => {
    const evidence = fc.record({
      clicks: fc.integer({ min: 0, max: 50 }),
      misses: fc.integer({ min: 0, max: 50 }),
      prior: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      strength: fc.double({ min: 0.5, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(evidence, ({ clicks, misses, prior, strength }) => {
        const rows = clicks + misses;
        const table = tableOf([clicks, 10 * clicks], [rows, 10 * rows]);
        const [one, ten] = effectsOf(table, prior, { strength, damping: 1, link: 'identity' });
        const raw = rows === 0 ? 0 : clicks / rows - prior;
        expect(Math.abs(one)).toBeLessThanOrEqual(Math.abs(ten) + 1e-12);
        expect(Math.abs(ten)).toBeLessThanOrEqual(Math.abs(raw) + 1e-12);
        if (Math.abs(raw) > 1e-9) expect(Math.sign(one)).toBe(Math.sign(raw));
      }),
    );
  });

  it('scale with the damping, and are differences of means without the logit', () => {
    const table = tableOf([9], [3]);
    const [effect] = effectsOf(table, 2, { strength: 1, damping: 1, link: 'identity' });
    expect(effect).toBeCloseTo((9 + 2) / 4 - 2, 12);
    const [half] = effectsOf(table, 2, { strength: 1, damping: 0.5, link: 'identity' });
    expect(half).toBeCloseTo(effect / 2, 12);
  });

  it('stay finite where the rate is nought or one', () => {
    expect([0, 1].map((rate) => Math.round(linked(rate, 'logit') * 100) / 100)).toEqual([-13.82, 13.82]);
    expect(linked(0.5, 'logit')).toBe(0);
    expect([0, 4.5, -2].map((rating) => linked(rating, 'identity'))).toEqual([0, 4.5, -2]);
  });

  it('are added to the rows of a range only, from its first row on', () => {
    const source = sourceOf('train', { ids: { item: [2, 3, 2, 3, 3] }, labels: [0, 0, 0, 0, 0] }, 2);
    const out = Float32Array.of(100, 200, 300);
    const table = tableOf([0, 0, 0, 0], [0, 0, 0, 0]);
    addEffects(source, table, Float64Array.of(0, 0, 1, 10), { from: 1, to: 4 }, out);
    expect([...out]).toEqual([110, 201, 310]);
  });
});
