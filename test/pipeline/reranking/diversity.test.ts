import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../../src/platform/index.js';
import {
  cosine,
  determinantalPointProcess,
  maximalMarginalRelevance,
  unitVectors,
  type Candidate,
} from '../../../src/pipeline/index.js';

const candidate = (item: number, score: number): Candidate => ({ item, score, recalledBy: [], parts: {} });

function scene(seed: number, n: number, dim: number) {
  const rng = new Rng([seed, 'scene']);
  const vectors = unitVectors(
    Float32Array.from({ length: n * dim }, () => rng.normal()),
    dim,
  );
  return { vectors, candidates: Array.from({ length: n }, (_, item) => candidate(item, rng.normal())) };
}

function determinant(matrix: readonly (readonly number[])[]): number {
  const a = matrix.map((row) => [...row]);
  let product = 1;
  for (let k = 0; k < a.length; k += 1) {
    let pivot = k;
    for (let i = k; i < a.length; i += 1) if (Math.abs(a[i][k]) > Math.abs(a[pivot][k])) pivot = i;
    if (a[pivot][k] === 0) return 0;
    if (pivot !== k) [a[k], a[pivot], product] = [a[pivot], a[k], -product];
    product *= a[k][k];
    for (let i = k + 1; i < a.length; i += 1) {
      const factor = a[i][k] / a[k][k];
      for (let j = k; j < a.length; j += 1) a[i][j] -= factor * a[k][j];
    }
  }
  return product;
}

describe('unitVectors', () => {
  it('gives vectors of length one, and leaves zero alone', () => {
    const vectors = unitVectors(Float32Array.of(3, 4, 0, 0), 2);
    expect(cosine(vectors, 0, 0)).toBeCloseTo(1, 6);
    expect(cosine(vectors, 1, 1)).toBe(0);
  });
});

describe('determinantalPointProcess', () => {
  it('chooses at every step what raises the determinant of the kernel most (property, by brute force)', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 0, max: 3, noNaN: true }), (seed, theta) => {
        const { vectors, candidates } = scene(seed, 8, 5);
        const mean = candidates.reduce((sum, { score }) => sum + score / 8, 0);
        const sd = Math.sqrt(candidates.reduce((sum, { score }) => sum + (score - mean) ** 2 / 8, 0));
        const quality = candidates.map(({ score }) => Math.exp((theta * (score - mean)) / sd / 2));
        const volume = (items: readonly number[]): number =>
          determinant(items.map((i) => items.map((j) => quality[i] * quality[j] * cosine(vectors, i, j))));
        const chosen = determinantalPointProcess(candidates, { theta, vectors, count: 4 });
        const items = chosen.map(({ item }) => item);
        for (let k = 0; k < 4; k += 1) {
          const before = items.slice(0, k);
          const others = candidates.map(({ item }) => item).filter((item) => !before.includes(item));
          const best = Math.max(...others.map((item) => volume([...before, item])));
          expect(volume(items.slice(0, k + 1))).toBeGreaterThan(best * (1 - 1e-4) - 1e-9);
          // what the item adds to the logarithm of the volume
          expect(Math.exp(chosen[k].parts['dpp'])).toBeCloseTo(
            volume(items.slice(0, k + 1)) / (k === 0 ? 1 : volume(before)),
            3,
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  it('takes the best score first when quality is all, and follows the scores when nothing new is left', () => {
    const vectors = unitVectors(Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1), 2);
    const candidates = [candidate(0, 1), candidate(1, 0.9), candidate(2, 0.5), candidate(3, 0.1)];
    const chosen = determinantalPointProcess(candidates, { theta: 1, vectors, count: 4 });
    expect(chosen.map(({ item }) => item)).toEqual([0, 2, 1, 3]); // a plane has two directions
    expect(determinantalPointProcess(candidates, { theta: 1, vectors, count: 9 })).toHaveLength(4);
    expect(determinantalPointProcess([], { theta: 1, vectors, count: 3 })).toEqual([]);
  });
});

describe('maximalMarginalRelevance', () => {
  it('keeps the order at lambda 1, whatever the vectors', () => {
    const { vectors, candidates } = scene(3, 20, 4);
    const chosen = maximalMarginalRelevance(candidates, { lambda: 1, vectors, count: 20 });
    const scores = chosen.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  it('takes at every step the best of relevance less likeness (property, by brute force)', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (seed, lambda) => {
        const { vectors, candidates } = scene(seed, 9, 3);
        const scores = candidates.map(({ score }) => score);
        const [least, most] = [Math.min(...scores), Math.max(...scores)];
        const chosen = maximalMarginalRelevance(candidates, { lambda, vectors, count: 5 });
        const items = chosen.map(({ item }) => item);
        items.forEach((item, k) => {
          const value = (i: number): number => {
            const likeness = k === 0 ? 0 : Math.max(...items.slice(0, k).map((j) => cosine(vectors, i, j)));
            return (lambda * (scores[i] - least)) / (most - least) - (1 - lambda) * likeness;
          };
          const open = candidates
            .map((other) => other.item)
            .filter((other) => !items.slice(0, k).includes(other));
          expect(value(item)).toBeCloseTo(Math.max(...open.map(value)), 9);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('means the same for scores of any size, and puts a twin last', () => {
    const vectors = unitVectors(Float32Array.of(1, 0, 1, 0.001, 0, 1), 2);
    const candidates = [candidate(0, 10), candidate(1, 9.9), candidate(2, 9)];
    const order = (factor: number): number[] =>
      maximalMarginalRelevance(
        candidates.map((own) => ({ ...own, score: own.score * factor + 3 })),
        { lambda: 0.5, vectors, count: 3 },
      ).map(({ item }) => item);
    expect(order(1)).toEqual([0, 2, 1]);
    expect(order(1000)).toEqual(order(1));
  });
});
