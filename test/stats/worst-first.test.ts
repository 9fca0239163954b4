import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorstFirst } from '../../src/stats/index.js';

describe('WorstFirst', () => {
  it('keeps the best k in order, smaller ids first among equals, in whatever order they are offered', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 30 }).chain((scores) =>
          fc.record({
            scores: fc.constant(scores),
            order: fc.shuffledSubarray(Array.from(scores.keys()), { minLength: scores.length }),
          }),
        ),
        fc.integer({ min: 0, max: 8 }),
        ({ scores, order }, k) => {
          const heap = new WorstFirst(k);
          for (const item of order) heap.offer(item, scores[item]);
          const best = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
          const kept = best.slice(0, k);
          const worst = scores[kept.at(-1) ?? -1];
          if (kept.length > 0) {
            expect(heap.worstScore).toBe(worst);
            expect(heap.countOf(worst)).toBe(kept.filter((item) => scores[item] === worst).length);
          }
          const drained = heap.drain();
          expect(Array.from(drained.items)).toEqual(kept);
          expect(Array.from(drained.scores)).toEqual(kept.map((item) => scores[item]));
          expect(heap.size).toBe(0);
        },
      ),
    );
  });

  it('is as new after it was drained', () => {
    const heap = new WorstFirst(2);
    [9, 8, 7].forEach((score, item) => heap.offer(item, score));
    heap.drain();
    heap.offer(5, 1);
    expect(heap.drain()).toEqual({ items: Int32Array.of(5), scores: Float32Array.of(1) });
    expect(heap.drain()).toEqual({ items: new Int32Array(0), scores: new Float32Array(0) });
  });
});
