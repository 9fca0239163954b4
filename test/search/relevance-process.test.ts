import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import { coordinateGroups } from '../../src/search/coordinate-groups.js';
import { fitRelevanceProcess } from '../../src/search/relevance-process.js';
import { encode, encodedLength, sample, type Space } from '../../src/space/index.js';

const points = (seed: number, n: number, d: number): readonly Float64Array[] => {
  const rng = new Rng(seed);
  return Array.from({ length: n }, () => Float64Array.from({ length: d }, () => rng.next()));
};

describe('fitRelevanceProcess', () => {
  it('learns a function and its noise, and finds what matters', () => {
    const rng = new Rng(2);
    const xs = points(1, 80, 4);
    const f = (x: Float64Array): number => Math.sin(5 * x[0]) + 0.5 * x[1];
    const process = fitRelevanceProcess(
      xs,
      xs.map((x) => f(x) + 0.1 * rng.normal()),
      { groups: [1, 1, 1, 1] },
    );
    const test = points(9, 100, 4);
    const error = Math.sqrt(test.reduce((sum, x) => sum + (process.mean(x) - f(x)) ** 2, 0) / 100);
    expect(error).toBeLessThan(0.15);
    expect(process.noiseSd).toBeGreaterThan(0.04);
    expect(process.noiseSd).toBeLessThan(0.25);
    expect(process.weights[0]).toBeGreaterThan(process.weights[2]);
    expect(process.weights[0]).toBeGreaterThan(process.weights[3]);
  });

  it('finds nothing where there is only noise (negative control)', () => {
    const rng = new Rng(3);
    const xs = points(4, 80, 4);
    const process = fitRelevanceProcess(
      xs,
      xs.map(() => rng.normal()),
      { groups: [1, 1, 1, 1] },
    );
    const spread = points(5, 50, 4).map((x) => process.mean(x));
    expect(Math.max(...spread) - Math.min(...spread)).toBeLessThan(1.5);
    expect(process.noiseSd).toBeGreaterThan(0.6);
  });

  it('has an honest posterior', () => {
    let inside = 0;
    for (let seed = 0; seed < 30; seed += 1) {
      const rng = new Rng([seed, 'honest']);
      const xs = points(seed, 40, 2);
      const f = (x: Float64Array): number => Math.sin(4 * x[0] + seed) * Math.cos(3 * x[1]);
      const process = fitRelevanceProcess(
        xs,
        xs.map((x) => f(x) + 0.2 * rng.normal()),
        { groups: [1, 1] },
      );
      for (const x of points(seed + 100, 10, 2)) {
        const { mean, sd } = process.predict(x);
        if (Math.abs(f(x) - mean) <= 2 * sd) inside += 1;
      }
    }
    expect(inside / 300).toBeGreaterThan(0.85);
  });

  it('agrees with itself: means at the observations, and mean with predict', () => {
    const rng = new Rng(6);
    const xs = points(7, 30, 3);
    const process = fitRelevanceProcess(
      xs,
      xs.map((x) => x[0] + 0.3 * rng.normal()),
      { groups: [2, 1], noiseFactors: Float64Array.from(xs, (_, i) => 1 + (i % 3)) },
    );
    xs.forEach((x, i) => {
      expect(process.mean(x)).toBeCloseTo(process.means[i], 9);
      expect(process.predict(x).mean).toBeCloseTo(process.means[i], 9);
    });
  });

  it('follows a noisy observation less', () => {
    const xs = [0.1, 0.3, 0.5, 0.7, 0.9, 0.5].map((x) => Float64Array.of(x));
    const values = [0, 0.1, 0, -0.1, 0, 2];
    const at = (factor: number): number =>
      fitRelevanceProcess(xs, values, {
        groups: [1],
        noiseFactors: Float64Array.of(1, 1, 1, 1, 1, factor),
      }).mean(Float64Array.of(0.5));
    expect(at(50)).toBeLessThan(at(1));
  });

  it('takes equal values and a single point', () => {
    const xs = points(8, 5, 2);
    const flat = fitRelevanceProcess(xs, [3, 3, 3, 3, 3], { groups: [2] });
    expect(flat.predict(xs[0])).toEqual({ mean: 3, sd: 0 });
    expect([...flat.means]).toEqual([3, 3, 3, 3, 3]);
    expect(fitRelevanceProcess([xs[0]], [7], { groups: [2] }).mean(xs[1])).toBe(7);
  });
});

describe('coordinateGroups', () => {
  it('say which coordinates belong to which parameter', () => {
    const space: Space = {
      kind: { kind: 'categorical', values: ['a', 'b', 'c'], default: 'a' },
      x: { kind: 'float', min: 0, max: 1, default: 0.5, when: { parameter: 'kind', in: ['a'] } },
      n: { kind: 'integer', min: 1, max: 4, default: 1 },
    };
    const groups = coordinateGroups(space);
    expect(groups).toEqual([3, 2, 1]);
    expect(groups.reduce((sum, width) => sum + width, 0)).toBe(encodedLength(space));
    expect(encode(space, sample(space, new Rng(1))).length).toBe(encodedLength(space));
  });
});
