import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  DEFAULT_LOOKS,
  acceptanceChance,
  alphaForLook,
  judge,
  pooledSeedNoise,
  seedNoiseFor,
  seedsForGain,
  smallestGain,
  smallestResolvableGain,
  studentQuantile,
} from '../../src/stats/index.js';

const normals = (rng: Rng, n: number, sd: number): number[] =>
  Array.from({ length: n }, () => sd * rng.normal());

describe('alpha spending', () => {
  it('spends the budget exactly, never a negative part, under every rule', () => {
    const rules = fc.constantFrom<('pocock' | 'equal' | 'obrien-fleming')[]>(
      'pocock',
      'equal',
      'obrien-fleming',
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.001, max: 0.2, noNaN: true }),
        rules,
        (looks, alpha, rule) => {
          let total = 0;
          for (let look = 1; look <= looks; look += 1) {
            const part = alphaForLook(look, looks, alpha, rule);
            expect(part).toBeGreaterThanOrEqual(0);
            total += part;
          }
          expect(total).toBeCloseTo(alpha, 10);
        },
      ),
    );
  });

  it('of the Pocock type follows Lan and DeMets: alpha ln(1 + (e - 1) t)', () => {
    expect(alphaForLook(1, 5, 0.05)).toBeCloseTo(0.05 * Math.log(1 + (Math.E - 1) / 5), 12);
    expect(alphaForLook(1, 20)).toBeGreaterThan(alphaForLook(20, 20));
  });

  it('refuses a look beyond the plan', () => {
    expect(() => alphaForLook(21)).toThrow(/outside the 20 looks/);
    expect(() => alphaForLook(0)).toThrow(/outside/);
  });
});

describe('judge', () => {
  const base = { se: 1, df: 50, alpha: 0.01, minimumEffect: 0.5, oneRunSd: 1 };

  it('accepts what is above zero and above the minimum', () => {
    expect(judge({ ...base, difference: 3 }).verdict).toBe('accept');
    expect(judge({ ...base, difference: 3, minimumEffect: 3.5 }).verdict).toBe('indecisive');
  });

  it('rejects what is shown to be less than the minimum', () => {
    expect(judge({ ...base, difference: -2 }).verdict).toBe('reject');
    expect(judge({ ...base, difference: 0, se: 0.1 }).verdict).toBe('reject');
    // surely positive, surely too small
    expect(judge({ ...base, difference: 0.2, se: 0.01 }).verdict).toBe('reject');
  });

  it('says indecisive when the data do not tell', () => {
    expect(judge({ ...base, difference: 1 }).verdict).toBe('indecisive');
    expect(judge({ ...base, difference: 0, minimumEffect: 0 }).verdict).toBe('indecisive');
  });

  it('never accepts below its minimum or with a lower bound at or below zero; a larger gain is never worse', () => {
    const order = { reject: 0, indecisive: 1, accept: 2 };
    const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(
        number(-5, 5),
        number(0, 2),
        number(0.05, 3),
        number(0, 2),
        number(3, 200),
        (d, more, se, minimumEffect, df) => {
          const evidence = { se, df, alpha: 0.01, minimumEffect, oneRunSd: 1 };
          const first = judge({ ...evidence, difference: d });
          const second = judge({ ...evidence, difference: d + more });
          if (first.verdict === 'accept') {
            expect(first.lower).toBeGreaterThan(0);
            expect(d).toBeGreaterThan(minimumEffect);
          }
          expect(order[second.verdict]).toBeGreaterThanOrEqual(order[first.verdict]);
        },
      ),
    );
  });

  it('reports power in single-run sds, and power at the resolvable gain is 80 %', () => {
    const verdict = judge({ ...base, difference: 1, oneRunSd: 0.5 });
    expect(verdict.power.map((p) => p.gainInSd)).toEqual([1, 2, 4]);
    expect(verdict.power[0].power).toBeLessThan(verdict.power[2].power);
    expect(acceptanceChance(base, verdict.resolvable)).toBeCloseTo(0.8, 9);
    expect(verdict.resolvableInSd).toBeCloseTo(verdict.resolvable / 0.5, 12);
  });

  it('told power agrees with simulated acceptance', () => {
    const rng = new Rng(5);
    const evidence = { ...base, df: 1e9, minimumEffect: 1 };
    for (const gain of [1, 2.5, 4]) {
      let accepted = 0;
      for (let i = 0; i < 4000; i += 1) {
        if (judge({ ...evidence, difference: gain + rng.normal() }).verdict === 'accept') accepted += 1;
      }
      expect(Math.abs(accepted / 4000 - acceptanceChance(evidence, gain))).toBeLessThan(0.03);
    }
  });
});

describe('family-wise error of a run', () => {
  /**
   * One null run: 20 candidates of no true gain on one set of gate users. Candidates are relatives (their user noise is
   * correlated, as when each mutates the best so far), seeds are fresh each time, the seed sd is estimated once.
   */
  function anyFalseAccept(rng: Rng, alphaOf: (look: number) => number): boolean {
    const seedSd = 1;
    const userSd = 0.8;
    const df = 20;
    const pooled = seedSd * Math.sqrt(normals(rng, df, 1).reduce((s, z) => s + z * z, 0) / df);
    let family = rng.normal();
    for (let look = 1; look <= DEFAULT_LOOKS; look += 1) {
      family = 0.7 * family + Math.sqrt(1 - 0.49) * rng.normal();
      const difference = userSd * family + seedSd * Math.sqrt(2 / 3) * rng.normal();
      const seedPart = (2 / 3) * pooled ** 2;
      const se = Math.sqrt(userSd ** 2 + seedPart);
      const satterthwaite = se ** 4 / (seedPart ** 2 / df + userSd ** 4 / 500);
      const evidence = {
        difference,
        se,
        df: satterthwaite,
        alpha: alphaOf(look),
        minimumEffect: 0,
        oneRunSd: seedSd,
      };
      if (judge(evidence).verdict === 'accept') return true;
    }
    return false;
  }

  const runs = 2000;
  const rate = (alphaOf: (look: number) => number): number => {
    const rng = new Rng(99);
    let hits = 0;
    for (let i = 0; i < runs; i += 1) if (anyFalseAccept(rng, alphaOf)) hits += 1;
    return hits / runs;
  };

  it('stays within its budget of 5 %', () => {
    // three binomial standard errors above 5 % are 6.5 %
    expect(rate((look) => alphaForLook(look))).toBeLessThan(0.065);
  });

  it('would exceed 30 % if every look were tested at 5 % (negative control)', () => {
    expect(rate(() => 0.05)).toBeGreaterThan(0.3);
  });
});

describe('pooledSeedNoise', () => {
  it('pools within groups: differences of level do not count', () => {
    const noise = pooledSeedNoise([
      { family: 'lr', values: [1, 2, 3] },
      { family: 'din', values: [101, 102, 103] },
      { family: 'din', values: [7] },
    ]);
    expect(noise.sd).toBeCloseTo(1, 12);
    expect(noise.degreesOfFreedom).toBe(4);
    expect(noise.enough).toBe(false);
    expect(noise.driftPValue).toBeCloseTo(1, 9);
  });

  it("agrees with R's bartlett.test", () => {
    // bartlett.test(list(c(1,2,3,4,5), c(2,4,6,8,10,12))): K-squared by the definition in Snedecor & Cochran
    const noise = pooledSeedNoise([
      { family: 'a', values: [1, 2, 3, 4, 5] },
      { family: 'b', values: [2, 4, 6, 8, 10, 12] },
    ]);
    const pooled = (4 * 2.5 + 5 * 14) / 9;
    const k =
      (9 * Math.log(pooled) - 4 * Math.log(2.5) - 5 * Math.log(14)) / (1 + (1 / 4 + 1 / 5 - 1 / 9) / 3);
    // one degree of freedom: p = P(|Z| > sqrt(k))
    expect(noise.driftPValue).toBeCloseTo(2 * (1 - normal(Math.sqrt(k))), 6);
  });

  it('raises drift for a family whose noise is another, seldom for families alike', () => {
    let falseAlarms = 0;
    let found = 0;
    for (let i = 0; i < 400; i += 1) {
      const rng = new Rng([i, 7]);
      const calm = (family: string, sd: number): { family: string; values: number[] } => ({
        family,
        values: normals(rng, 9, sd),
      });
      if (pooledSeedNoise([calm('a', 1), calm('b', 1), calm('c', 1)]).drifted) falseAlarms += 1;
      if (pooledSeedNoise([calm('a', 1), calm('b', 1), calm('c', 5)]).drifted) found += 1;
    }
    expect(falseAlarms).toBeLessThan(14); // 1 % of 400, three standard errors above
    expect(found).toBeGreaterThan(340);
  });

  it('gives the gate the larger family noise after drift, the pooled one otherwise', () => {
    const rng = new Rng(1);
    const quiet = { family: 'lr', values: normals(rng, 15, 0.1) };
    const loud = { family: 'din', values: normals(rng, 15, 3) };
    const drifted = pooledSeedNoise([quiet, loud]);
    expect(drifted.drifted).toBe(true);
    expect(seedNoiseFor(drifted, 'lr', 'din').sd).toBeGreaterThan(drifted.sd);
    expect(seedNoiseFor(drifted, 'lr').sd).toBeLessThan(drifted.sd);
    expect(seedNoiseFor(drifted, 'unknown')).toEqual(seedNoiseFor(drifted, 'din'));
    expect(seedNoiseFor(drifted, 'lr', 'unknown').sd).toBeGreaterThan(drifted.sd);
    expect(seedNoiseFor(drifted).sd).toBe(drifted.sd);
    const alike = pooledSeedNoise([quiet, { family: 'fm', values: normals(rng, 15, 0.1) }]);
    expect(seedNoiseFor(alike, 'lr')).toEqual({ sd: alike.sd, degreesOfFreedom: 28 });
  });

  it('covers the true sd with its interval', () => {
    let covered = 0;
    for (let i = 0; i < 1000; i += 1) {
      const rng = new Rng([i, 11]);
      const { ci } = pooledSeedNoise([
        { family: 'a', values: normals(rng, 6, 2) },
        { family: 'b', values: normals(rng, 6, 2) },
      ]);
      if (ci[0] <= 2 && 2 <= ci[1]) covered += 1;
    }
    expect(Math.abs(covered / 1000 - 0.95)).toBeLessThan(0.021);
  });

  it('refuses calibration without a repeat', () => {
    expect(() => pooledSeedNoise([{ family: 'a', values: [1] }])).toThrow(/two seeds/);
  });
});

function normal(z: number): number {
  // trapezoid over the density: independent of the code under test
  const n = 20_000;
  let sum = 0;
  for (let i = 0; i <= n; i += 1) {
    const x = (z * i) / n;
    sum += (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * (i === 0 || i === n ? 0.5 : 1);
  }
  return 0.5 + (sum * z) / n;
}

describe('resolvable gains', () => {
  const noise = { seedSd: 0.001, seedDegreesOfFreedom: 20, userSe: 0.0005, userDegreesOfFreedom: 2000 };

  it('shrink with seeds down to what the users allow', () => {
    const gains = [1, 3, 10, 1000].map((seeds) => smallestResolvableGain(noise, seeds, 0.0025));
    expect(gains).toEqual([...gains].sort((a, b) => b - a));
    const floor = smallestGain(noise.userSe, noise.userDegreesOfFreedom, 0.0025);
    expect(gains[3]).toBeGreaterThan(floor);
    expect(gains[3]).toBeLessThan(1.01 * floor);
  });

  it('smallestGain is the sum of the two quantiles in standard errors', () => {
    expect(smallestGain(2, 30, 0.05, 0.8)).toBeCloseTo(
      2 * (studentQuantile(0.95, 30) + studentQuantile(0.8, 30)),
      12,
    );
  });

  it('tell the least number of seeds, or that no number will do', () => {
    const wanted = smallestResolvableGain(noise, 7, 0.0025);
    expect(seedsForGain(noise, wanted, 0.0025)).toBe(7);
    expect(seedsForGain(noise, wanted * 0.999, 0.0025)).toBe(8);
    expect(seedsForGain(noise, noise.userSe, 0.0025)).toBeUndefined();
  });

  it('tell the least number also where more seeds resolve less, since a handful of users take over', () => {
    const few = { seedSd: 1, seedDegreesOfFreedom: 20, userSe: 0.3, userDegreesOfFreedom: 1 };
    const gains = [1, 2, 3, 5, 10, 50, 1000].map((seeds) => smallestResolvableGain(few, seeds, 0.004));
    expect(Math.max(...gains.slice(3))).toBeGreaterThan(2 * Math.min(...gains));
    const wanted = 1.01 * Math.min(...gains);
    const seeds = seedsForGain(few, wanted, 0.004);
    if (seeds === undefined) throw new Error('some number resolves it');
    expect(smallestResolvableGain(few, seeds, 0.004)).toBeLessThanOrEqual(wanted);
    for (let fewer = 1; fewer < seeds; fewer += 1)
      expect(smallestResolvableGain(few, fewer, 0.004)).toBeGreaterThan(wanted);
  });
});
