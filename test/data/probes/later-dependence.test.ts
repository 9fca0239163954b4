import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  jackknifeBlocks,
  laterDependence,
  midRanks,
  type KeyLevels,
} from '../../../src/data/probes/later-dependence.js';
import { Rng } from '../../../src/platform/index.js';

interface Simulated {
  readonly levels: KeyLevels;
  /** log levels of the three windows, free of noise */
  readonly truth: readonly Float64Array[];
  readonly rng: Rng;
}

/** Keys with a lasting level and news in every window, seen through halves of Poisson counts. */
function simulated(seed: number, keys = 800, mean = 6): Simulated {
  const rng = new Rng(['levels', seed]);
  const truth = [0, 1, 2].map(() => new Float64Array(keys));
  for (let k = 0; k < keys; k += 1) {
    truth[0][k] = 0.8 * rng.normal();
    truth[1][k] = 0.8 * truth[0][k] + 0.5 * rng.normal();
    truth[2][k] = 0.8 * truth[1][k] + 0.5 * rng.normal();
  }
  const counted = (window: number): [Float64Array, Float64Array] => {
    const half = (): Float64Array =>
      truth[window].map((level) => Math.log1p(poisson((mean / 2) * Math.exp(level), rng)));
    return [half(), half()];
  };
  const blocks = Uint8Array.from({ length: keys }, () => rng.integer(jackknifeBlocks));
  return { levels: { past: counted(0), before: counted(1), after: counted(2), blocks }, truth, rng };
}

function poisson(mean: number, rng: Rng): number {
  let [count, product] = [0, rng.next()];
  for (const floor = Math.exp(-mean); product > floor; count += 1) product *= rng.next();
  return count;
}

describe('dependence on what happened later', () => {
  it('is seen in an aggregate over all windows, whatever monotone function it went through', () => {
    const { levels, truth } = simulated(1);
    const whole = truth[0].map(
      (_, k) => Math.exp(truth[0][k]) + Math.exp(truth[1][k]) + Math.exp(truth[2][k]),
    );
    const plain = laterDependence(levels, whole);
    expect(plain?.effect).toBeGreaterThan(0.2);
    expect(plain?.t).toBeGreaterThan(5);
    expect(plain?.backwardT).toBeGreaterThan(-3);
    expect(laterDependence(levels, whole.map(Math.sqrt))).toEqual(plain);
  });

  it('is seen in a column that goes down with the level as well', () => {
    const { levels, truth } = simulated(2);
    const down = truth[2].map((level) => -level);
    expect(laterDependence(levels, down)?.t).toBeGreaterThan(8);
  });

  it('is the same for a column turned round, and in whatever order the keys come', () => {
    for (const seed of [5, 6, 7]) {
      const { levels, truth, rng } = simulated(seed, 400);
      const column = truth[2].map((level) => level + 0.5 * rng.normal());
      const plain = laterDependence(levels, column);
      const close = (other: ReturnType<typeof laterDependence>): void => {
        for (const name of ['effect', 't', 'backwardT', 'withBefore', 'withAfter'] as const)
          expect(other?.[name]).toBeCloseTo(plain?.[name] ?? Number.NaN, 6);
      };
      close(
        laterDependence(
          levels,
          column.map((x) => -x),
        ),
      );
      const order = Int32Array.from(column.keys());
      rng.shuffle(order);
      const dealt = (values: Float64Array): Float64Array => Float64Array.from(order, (k) => values[k]);
      const both = ([a, b]: readonly [Float64Array, Float64Array]) => [dealt(a), dealt(b)] as const;
      close(
        laterDependence(
          {
            past: both(levels.past),
            before: both(levels.before),
            after: both(levels.after),
            blocks: Uint8Array.from(order, (k) => levels.blocks[k]),
          },
          dealt(column),
        ),
      );
    }
  });

  it('has correlations with the true levels, freed of the noise of counting', () => {
    // One key's column is its true level: the correlation by halves is near 1, of raw counts it is not.
    const { levels, truth } = simulated(8, 4000, 3);
    const found = laterDependence(levels, truth[1]);
    const [a, b] = [truth[1], levels.before[0]].map(midRanks);
    const raw = a.reduce((sum, x, k) => sum + (x - 0.5) * (b[k] - 0.5), 0) * (12 / a.length);
    expect(raw).toBeLessThan(0.75);
    expect(found?.withBefore).toBeGreaterThan(0.9);
    expect(found?.withBefore).toBeLessThan(1.05);
  });

  it('is not seen in what honest columns know: the level before, its past, or nothing', () => {
    let worst = 0;
    for (let seed = 10; seed < 30; seed += 1) {
      const { levels, truth, rng } = simulated(seed, 500);
      const honest = [
        truth[1],
        truth[0],
        truth[0].map((level, k) => level + truth[1][k]),
        truth[1].map((level) => level + rng.normal()),
        truth[0].map(() => rng.normal()),
      ];
      for (const column of honest) {
        const found = laterDependence(levels, column);
        if (found !== undefined && found.effect >= 0.2) worst = Math.max(worst, found.t);
      }
    }
    // One hundred columns: the threshold of the probe for as many lies at 4.
    expect(worst).toBeLessThan(4);
  });

  it('would be seen everywhere if the noise of counting were not taken out', () => {
    const { levels, truth } = simulated(3, 2000, 2);
    const pooled = levels.before[0].map((half, k) => (half + levels.before[1][k]) / 2);
    const naive = laterDependence({ ...levels, before: [pooled, pooled], past: [pooled, pooled] }, truth[1]);
    const careful = laterDependence(levels, truth[1]);
    expect(careful?.t ?? 0).toBeLessThan(4);
    // With the same measurement as its own instrument, nothing is corrected; the system may also be singular.
    expect(naive === undefined || !Number.isFinite(naive.t) || naive.t > 4).toBe(true);
  });

  it('says nothing where windows are too thin, columns never change or keys are few', () => {
    const { levels, truth } = simulated(4);
    expect(laterDependence(levels, new Float64Array(800).fill(3))).toBeUndefined();
    const rng = new Rng(5);
    const noise = (): Float64Array => truth[0].map(() => rng.normal());
    const thin = { ...levels, after: [noise(), noise()] as const };
    expect(laterDependence(thin, truth[2])).toBeUndefined();
    expect(
      laterDependence(
        levels,
        truth[2].map((level, k) => (k < 90 ? level : Number.NaN)),
      ),
    ).toBeUndefined();
  });

  it('ranks with ties at their mean and missing cells left out', () => {
    expect([...midRanks(Float64Array.of(5, Number.NaN, 1, 5, 7))]).toEqual([
      0.5,
      Number.NaN,
      0.125,
      0.5,
      0.875,
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1 }), (values) => {
        const ranks = midRanks(Float64Array.from(values));
        expect(ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length).toBeCloseTo(0.5, 12);
      }),
    );
  });
});
