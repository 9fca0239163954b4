import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  believedNoise,
  gatePlan,
  noiseOfDifference,
  ownNoise,
  pairedDifference,
  pooledSeedNoise,
  seedNoiseFor,
  studentQuantile,
  takeLook,
  twoWayError,
  twoWayInterval,
  type Influence,
} from '../../src/stats/index.js';

const calibrated = { sd: 2, degreesOfFreedom: 20 };
const own = (sd: number, degreesOfFreedom = 4) => ({ sd, degreesOfFreedom });
const normals = (rng: Rng, count: number, sd = 1) => Array.from({ length: count }, () => sd * rng.normal());

describe('ownNoise', () => {
  it('is the sample sd', () => {
    // numpy.std([2, 4, 4, 4, 5, 5, 7, 9], ddof=1)
    expect(ownNoise([2, 4, 4, 4, 5, 5, 7, 9]).sd).toBeCloseTo(2.138089935299395, 14);
    expect(ownNoise([3, 3, 3])).toEqual({ sd: 0, degreesOfFreedom: 2 });
    expect(ownNoise([3])).toEqual({ sd: 0, degreesOfFreedom: 0 });
  });
});

describe('believedNoise', () => {
  it('takes the runs’ own sd from the 10 % point of F on (tables: 2.249 at 4 and 20 degrees of freedom)', () => {
    expect(believedNoise(own(2 * Math.sqrt(2.24)), calibrated)).toBe(calibrated);
    const noisy = own(2 * Math.sqrt(2.26));
    expect(believedNoise(noisy, calibrated)).toBe(noisy);
    // 2.589 at 2 and 20
    expect(believedNoise(own(2 * Math.sqrt(2.58), 2), calibrated)).toBe(calibrated);
    expect(believedNoise(own(2 * Math.sqrt(2.6), 2), calibrated).sd).toBeGreaterThan(2);
  });

  it('never believes a spread that is small by chance, nor one of a single run', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2, noNaN: true }), fc.integer({ min: 0, max: 30 }), (sd, df) => {
        expect(believedNoise(own(sd, df), calibrated)).toBe(calibrated);
      }),
    );
    expect(believedNoise(own(0, 0), calibrated)).toBe(calibrated);
  });

  it('believes any spread where calibration saw none', () => {
    expect(believedNoise(own(0.001), own(0, 20)).sd).toBe(0.001);
    expect(believedNoise(own(0), own(0, 20)).sd).toBe(0);
  });
});

describe('noiseOfDifference', () => {
  it('is sqrt(2) of the calibrated noise where neither side contradicts it', () => {
    expect(noiseOfDifference(own(1), own(2.5), calibrated)).toEqual({
      sd: Math.SQRT2 * 2,
      degreesOfFreedom: 20,
      mostDf: Number.POSITIVE_INFINITY,
    });
  });

  it('adds the variances of both sides, with the degrees of freedom of the few runs', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 5, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.integer({ min: 1, max: 9 }),
        (a, b, runs) => {
          const noise = noiseOfDifference(own(a), own(b, runs), calibrated);
          const other = believedNoise(own(b, runs), calibrated);
          expect(noise.sd).toBeCloseTo(Math.hypot(a, other.sd), 9);
          expect(noise.sd).toBeGreaterThan(Math.SQRT2 * 2);
          expect(noise.degreesOfFreedom).toBe(other === calibrated ? 4 : Math.min(4, runs));
          expect(noise.mostDf).toBe(noise.degreesOfFreedom);
          expect(noiseOfDifference(own(b, runs), own(a), calibrated)).toEqual(noise);
        },
      ),
    );
  });

  it('bounds the degrees of freedom of the whole error, however much is the users’', () => {
    const { sd, degreesOfFreedom, mostDf } = noiseOfDifference(own(6), own(1), calibrated);
    const parts = {
      seedVariance: sd ** 2,
      seedDf: degreesOfFreedom,
      seeds: 5,
      userVariance: 50,
      userDf: 999,
    };
    expect(twoWayError({ ...parts, mostDf }).df).toBe(4);
    expect(twoWayError({ ...parts, mostDf }).se).toBe(twoWayError(parts).se);
    expect(twoWayError(parts).df).toBeGreaterThan(100);
  });
});

/** First looks at candidates without a gain whose seed sd is `times` that of the two calibrated configurations. */
function falseAccepts(times: number, looks: number) {
  let pooledAlone = 0;
  let asEvolve = 0;
  for (let i = 0; i < looks; i += 1) {
    const rng = new Rng(['noisy-candidate', times, i]);
    const [base, deep, candidate] = [normals(rng, 11), normals(rng, 11), normals(rng, 5, times)];
    const noise = pooledSeedNoise([
      { family: 'lr', values: base },
      { family: 'dnn', values: deep },
    ]);
    const assumed = seedNoiseFor(noise, 'dnn', 'lr');
    const ancestor = base.slice(0, 5);
    const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
    const difference = mean(candidate) - mean(ancestor) + 0.25 * rng.normal();
    const accepts = ({ sd, degreesOfFreedom, mostDf }: typeof assumed & { mostDf?: number }) => {
      const parts = { seeds: 5, userVariance: 0.0625, userDf: 999, mostDf };
      const error = twoWayError({ seedVariance: sd ** 2, seedDf: degreesOfFreedom, ...parts });
      return takeLook(1, { ...error, difference, oneRunSd: 1 }, gatePlan, 0).verdict.verdict === 'accept';
    };
    if (accepts({ sd: Math.SQRT2 * assumed.sd, degreesOfFreedom: assumed.degreesOfFreedom }))
      pooledAlone += 1;
    if (accepts(noiseOfDifference(ownNoise(candidate), ownNoise(ancestor), assumed))) asEvolve += 1;
  }
  return { pooledAlone: pooledAlone / looks, asEvolve: asEvolve / looks };
}

describe('a candidate that is noisier than what was calibrated', () => {
  // The level of the first look is .4 %.
  it.each([2, 3, 5, 10])('by %i times is hardly ever accepted for its luck', (times) => {
    const { pooledAlone, asEvolve } = falseAccepts(times, 2500);
    // .9 % at most in the long run; four binomial standard errors of 2500 are .8 %
    expect(asEvolve).toBeLessThan(0.017);
    // Negative control: the pooled sd takes its luck for a gain (3.6 % at twice, 20 % at five times the sd).
    expect(pooledAlone).toBeGreaterThan(times === 2 ? 0.024 : 0.07);
  });

  it('costs candidates of the calibrated noise nothing of their level', () => {
    const { pooledAlone, asEvolve } = falseAccepts(1, 2500);
    expect(asEvolve).toBeLessThanOrEqual(pooledAlone + 0.001);
    expect(pooledAlone).toBeLessThan(0.01);
  });
});

describe('intervals', () => {
  /** Runs whose users all agree: what differs is the seed. */
  const runs = (values: readonly number[]): Influence[] =>
    values.map((value) => ({ value, perCluster: new Float64Array([0.01, -0.01]), clusters: 2 }));

  it('are as wide as the runs say where they contradict the pooled noise, on one side or on both', () => {
    const seedNoise = { sd: 0.1, degreesOfFreedom: 20 };
    const calm = [0.05, -0.05, 0.02, -0.02, 0];
    const wild = [3, -3, 1, -1, 0];
    const { sd } = ownNoise(wild);
    expect(twoWayInterval(runs(calm), { seedNoise }).seedSe).toBeCloseTo(0.1 / Math.sqrt(5), 12);
    expect(twoWayInterval(runs(wild), { seedNoise }).seedSe).toBeCloseTo(sd / Math.sqrt(5), 12);
    const seedSe = (a: number[], b: number[]) => pairedDifference(runs(a), runs(b), { seedNoise }).seedSe;
    expect(seedSe(calm, calm)).toBeCloseTo((Math.SQRT2 * 0.1) / Math.sqrt(5), 12);
    for (const sides of [
      [wild, calm],
      [calm, wild],
    ] as const)
      expect(seedSe([...sides[0]], [...sides[1]])).toBeCloseTo(Math.hypot(sd, 0.1) / Math.sqrt(5), 12);
    expect(seedSe(wild, wild)).toBeCloseTo((Math.SQRT2 * sd) / Math.sqrt(5), 12);
    const { difference, lower, se, df } = pairedDifference(runs(wild), runs(calm), { seedNoise });
    expect(difference - lower).toBeCloseTo(studentQuantile(0.975, df) * se, 12);
    expect(df).toBe(4);
  });
});

describe('a family that was never calibrated', () => {
  /** Two calm and noisy calibrated families; candidate and ancestor are both of noisy families nobody has measured. */
  it('is judged by the noisiest that was, and so holds its level against another such', () => {
    const looks = 3000;
    let asEvolve = 0;
    let byPool = 0;
    for (let i = 0; i < looks; i += 1) {
      const rng = new Rng(['uncalibrated', i]);
      const noise = pooledSeedNoise([
        { family: 'lr', values: normals(rng, 11, 0.05) },
        { family: 'dnn', values: normals(rng, 11) },
      ]);
      const difference = Math.sqrt(2 / 5) * rng.normal();
      const accepts = ({ sd, degreesOfFreedom: df }: { sd: number; degreesOfFreedom: number }) =>
        difference > studentQuantile(0.95, df) * Math.sqrt(2 / 5) * sd;
      if (accepts(seedNoiseFor(noise, 'deepfm', 'dcnv2'))) asEvolve += 1;
      if (accepts(noise)) byPool += 1;
    }
    // 5 %; three binomial standard errors are 1.2 %
    expect(asEvolve / looks).toBeLessThan(0.062);
    expect(asEvolve / looks).toBeGreaterThan(0.038);
    expect(byPool / looks).toBeGreaterThan(0.09);
  });
});
