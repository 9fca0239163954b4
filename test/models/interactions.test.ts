import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressedInteraction } from '../../src/models/blocks/compressed-interaction.js';
import {
  crossNetwork,
  fullRankCross,
  lowRankCross,
  mixtureCross,
} from '../../src/models/blocks/cross-network.js';
import { multiHeadAttention } from '../../src/models/blocks/multi-head-attention.js';
import { pairwiseInteraction } from '../../src/models/blocks/pairwise-interaction.js';
import { bilinearFusion } from '../../src/models/finalmlp.js';
import { at, random, range, runBlock, sumOf } from './harness/block.js';

const rows = 3;

describe('pairwise interaction of FM', () => {
  it('is the sum of the inner products of all pairs', async () => {
    const sizes = fc.record({
      fields: fc.integer({ min: 1, max: 6 }),
      dim: fc.integer({ min: 1, max: 5 }),
      seed: fc.nat(1e6),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ fields, dim, seed }) => {
        const x = random(seed, rows, fields, dim);
        const { results } = await runBlock({ x }, (nodes) => ({ y: pairwiseInteraction(nodes.x) }));
        for (const b of range(rows)) {
          const pairs = sumOf(fields, (i) =>
            sumOf(i, (j) => sumOf(dim, (d) => at(x, b, i, d) * at(x, b, j, d))),
          );
          expect(at(results.y, b)).toBeCloseTo(pairs, 4);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is 11 for the vectors (1,2), (3,4), (0,0) and changes when one of them does', async () => {
    const x = { data: Float32Array.of(1, 2, 3, 4, 0, 0, 1, 2, 3, 4, 1, 0), dims: [2, 3, 2] };
    const { results } = await runBlock({ x }, (nodes) => ({ y: pairwiseInteraction(nodes.x) }));
    expect([...results.y.data]).toEqual([11, 15]);
  });
});

describe('cross layers of DCN-V2', () => {
  const width = 5;
  const x = random(1, rows, width);

  it('full rank: x0 ∘ (W x + b) + x, twice', async () => {
    const { results, weights } = await runBlock({ x }, (nodes) => ({
      y: crossNetwork(nodes.x, 2, fullRankCross),
    }));
    const layer = (b: number, current: number[], name: string): number[] =>
      range(width).map((j) => {
        const product =
          sumOf(width, (i) => current[i] * at(weights[`${name}.weight`], i, j)) +
          at(weights[`${name}.bias`], j);
        return at(x, b, j) * product + current[j];
      });
    for (const b of range(rows)) {
      const x0 = range(width).map((j) => at(x, b, j));
      layer(b, layer(b, x0, 'cross.0'), 'cross.1').forEach((value, j) =>
        expect(at(results.y, b, j)).toBeCloseTo(value, 4),
      );
    }
  });

  it('low rank: x0 ∘ (U Vᵀ x + b) + x', async () => {
    const { results, weights } = await runBlock({ x }, (nodes) => ({
      y: crossNetwork(nodes.x, 1, lowRankCross(2)),
    }));
    for (const b of range(rows)) {
      const code = range(2).map((r) =>
        sumOf(width, (i) => at(x, b, i) * at(weights['cross.0.down.weight'], i, r)),
      );
      for (const j of range(width)) {
        const up =
          sumOf(2, (r) => code[r] * at(weights['cross.0.up.weight'], r, j)) +
          at(weights['cross.0.up.bias'], j);
        expect(at(results.y, b, j)).toBeCloseTo(at(x, b, j) * up + at(x, b, j), 4);
      }
    }
  });

  it('mixture: experts one by one, weighted by their gate', async () => {
    const [rank, experts] = [2, 3];
    const { results, weights } = await runBlock({ x }, (nodes) => ({
      y: crossNetwork(nodes.x, 1, mixtureCross(rank, experts)),
    }));
    const w = (name: string) => weights[`cross.0.${name}`];
    for (const b of range(rows)) {
      const scores = range(experts).map((k) =>
        Math.exp(sumOf(width, (i) => at(x, b, i) * at(w('gate.weight'), i, k))),
      );
      const total = scores.reduce((a, c) => a + c);
      const expert = (k: number, j: number): number => {
        const down = range(rank).map((r) =>
          Math.tanh(sumOf(width, (i) => at(x, b, i) * at(w('down.weight'), i, k * rank + r))),
        );
        const core = range(rank).map((r) => Math.tanh(sumOf(rank, (s) => down[s] * at(w('core'), k, s, r))));
        const up = sumOf(rank, (r) => core[r] * at(w('up'), k * rank + r, j)) + at(w('bias'), j);
        return at(x, b, j) * up;
      };
      for (const j of range(width)) {
        const mixed = sumOf(experts, (k) => (scores[k] / total) * expert(k, j)) + at(x, b, j);
        expect(at(results.y, b, j)).toBeCloseTo(mixed, 4);
      }
    }
  });
});

describe('compressed interaction network of xDeepFM', () => {
  it('is the triple sum of eq. 6, pooled over the embedding axis', async () => {
    const [fields, dim, widths] = [3, 4, [5, 2]] as const;
    const x = random(4, rows, fields, dim);
    const { results, weights } = await runBlock({ x }, (nodes) => ({
      y: compressedInteraction(nodes.x, widths),
    }));
    for (const b of range(rows)) {
      const base = range(fields).map((i) => range(dim).map((d) => at(x, b, i, d)));
      let maps = base;
      let column = 0;
      widths.forEach((width, layer) => {
        const next = range(width).map((h) =>
          range(dim).map((d) =>
            sumOf(maps.length, (i) =>
              sumOf(
                fields,
                (j) => at(weights[`cin.${layer}.weight`], j, h * maps.length + i) * maps[i][d] * base[j][d],
              ),
            ),
          ),
        );
        for (const map of next) {
          expect(at(results.y, b, column)).toBeCloseTo(
            map.reduce((a, c) => a + c),
            4,
          );
          column += 1;
        }
        maps = next;
      });
      expect(results.y.dims).toEqual([rows, column]);
    }
  });
});

describe('multi-head attention', () => {
  const [queries, keys, width, heads] = [3, 4, 6, 2];
  const feeds = {
    q: random(1, rows, queries, width),
    k: random(2, rows, keys, width),
    v: random(3, rows, keys, width),
  };

  it.each([true, false])(
    'gives every query a convex combination of the values, scaled: %s',
    async (scaled) => {
      const { results } = await runBlock(feeds, ({ q, k, v }) => ({
        ...multiHeadAttention(q, k, v, { heads, scaled }),
      }));
      const size = width / heads;
      for (const b of range(rows)) {
        for (const h of range(heads)) {
          for (const i of range(queries)) {
            const products = range(keys).map((j) =>
              sumOf(size, (d) => at(feeds.q, b, i, h * size + d) * at(feeds.k, b, j, h * size + d)),
            );
            const powers = products.map((product) => Math.exp(scaled ? product / Math.sqrt(size) : product));
            const total = powers.reduce((a, c) => a + c);
            expect(sumOf(keys, (j) => at(results.weights, b, h, i, j))).toBeCloseTo(1, 5);
            for (const j of range(keys))
              expect(at(results.weights, b, h, i, j)).toBeCloseTo(powers[j] / total, 5);
            for (const d of range(size)) {
              const mixed = sumOf(keys, (j) => (powers[j] / total) * at(feeds.v, b, j, h * size + d));
              expect(at(results.output, b, i, h * size + d)).toBeCloseTo(mixed, 5);
            }
          }
        }
      }
    },
  );
});

describe('bilinear fusion of FinalMLP', () => {
  it.each([1, 2])('adds aᵀ W c of every piece to the linear parts: %i heads', async (heads) => {
    const [left, right] = [4, 6];
    const feeds = { a: random(5, rows, left), c: random(6, rows, right) };
    const { results, weights } = await runBlock(feeds, ({ a, c }) => ({ y: bilinearFusion(a, c, heads) }));
    const [sizeA, sizeC] = [left / heads, right / heads];
    for (const b of range(rows)) {
      const linear =
        sumOf(left, (i) => at(feeds.a, b, i) * at(weights['fusion.first.weight'], i, 0)) +
        sumOf(right, (i) => at(feeds.c, b, i) * at(weights['fusion.second.weight'], i, 0)) +
        weights['fusion.first.bias'].data[0];
      const bilinear = sumOf(heads, (h) =>
        sumOf(sizeA, (i) =>
          sumOf(
            sizeC,
            (j) =>
              at(feeds.a, b, h * sizeA + i) *
              at(weights['fusion.bilinear'], h, i, j) *
              at(feeds.c, b, h * sizeC + j),
          ),
        ),
      );
      expect(at(results.y, b)).toBeCloseTo(linear + bilinear, 4);
    }
  });
});
