import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  auc,
  aucInfluence,
  meanInfluence,
  pairedDifference,
  twoWayInterval,
  type Influence,
  type PairedDifference,
} from '../../src/stats/index.js';

interface World {
  readonly users: number;
  readonly seeds: number;
  readonly seedSd: number;
  readonly userSd: number;
  /** noise of one user's result under one seed */
  readonly cellSd: number;
}

/** Per-seed influence records of a mean metric: truth 0, seeds and users crossed, plus their interaction. */
function draw(world: World, rng: Rng, userEffects: Float64Array): readonly Influence[] {
  return Array.from({ length: world.seeds }, () => {
    const seedEffect = world.seedSd * rng.normal();
    const perUser = userEffects.map((effect) => effect + seedEffect + world.cellSd * rng.normal());
    return meanInfluence(perUser, { of: Int32Array.from(perUser.keys()), count: world.users });
  });
}

const normals = (rng: Rng, n: number, sd: number): Float64Array =>
  Float64Array.from({ length: n }, () => sd * rng.normal());

function sd(values: readonly number[]): number {
  const mean = values.reduce((s, v) => s + v, 0) / values.length;
  return Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / (values.length - 1));
}

describe('twoWayInterval', () => {
  const world = { users: 40, seeds: 4, seedSd: 0.05, userSd: 0.5, cellSd: 0.5 };

  it('has, on average, the variance that fresh seeds and fresh users really cause', () => {
    const rng = new Rng('truth'.split('').map((c) => c.charCodeAt(0)));
    const means: number[] = [];
    const variances: number[] = [];
    for (let i = 0; i < 3000; i += 1) {
      const result = twoWayInterval(draw(world, rng, normals(rng, world.users, world.userSd)));
      means.push(result.mean);
      variances.push(result.se ** 2);
    }
    const expected = sd(means) ** 2;
    const mean = variances.reduce((s, v) => s + v, 0) / variances.length;
    // the simulated variance itself is known to about 2.6 %
    expect(Math.abs(mean / expected - 1)).toBeLessThan(0.09);
    const analytic = world.seedSd ** 2 / 4 + world.userSd ** 2 / 40 + world.cellSd ** 2 / 160;
    expect(Math.abs(mean / analytic - 1)).toBeLessThan(0.05);
  });

  it('covers at its level; an interval from seeds alone does not (negative control)', () => {
    const rng = new Rng(17);
    let covered = 0;
    let seedsOnly = 0;
    const runs = 2000;
    for (let i = 0; i < runs; i += 1) {
      const result = twoWayInterval(draw(world, rng, normals(rng, world.users, world.userSd)));
      if (result.ci[0] <= 0 && 0 <= result.ci[1]) covered += 1;
      if (Math.abs(result.mean) <= (3.182 * result.sd) / 2) seedsOnly += 1;
    }
    // binomial band at three standard errors is 1.5 %; Satterthwaite is allowed to be a little wide
    expect(covered / runs).toBeGreaterThan(0.933);
    expect(covered / runs).toBeLessThan(0.98);
    expect(seedsOnly / runs).toBeLessThan(0.85);
  });

  it('uses pooled seed noise where it is given, and says when seed noise is unknown', () => {
    const rng = new Rng(4);
    const runs = draw({ ...world, seeds: 1 }, rng, normals(rng, world.users, world.userSd));
    const alone = twoWayInterval(runs);
    expect(alone.seedNoiseKnown).toBe(false);
    expect(alone.sd).toBe(0);
    expect(alone.seedSe).toBe(0);
    const pooled = twoWayInterval(runs, { seedNoise: { sd: 0.3, degreesOfFreedom: 20 } });
    expect(pooled.seedNoiseKnown).toBe(true);
    expect(pooled.seedSe).toBeCloseTo(0.3, 12);
    expect(pooled.se).toBeCloseTo(Math.hypot(alone.se, 0.3), 12);
    expect(pooled.df).toBeGreaterThan(20);
  });

  it('more seeds shrink the seed part and never the user part', () => {
    const rng = new Rng(6);
    const effects = normals(rng, world.users, world.userSd);
    const noise = { seedNoise: { sd: 0.05, degreesOfFreedom: 30 } };
    const few = twoWayInterval(draw({ ...world, seeds: 2, cellSd: 0 }, rng, effects), noise);
    const many = twoWayInterval(draw({ ...world, seeds: 50, cellSd: 0 }, rng, effects), noise);
    expect(many.seedSe).toBeCloseTo(few.seedSe / 5, 12);
    expect(many.userSe).toBeCloseTo(few.userSe, 12);
  });

  it('says when user noise cannot be seen, and never compares on one user alone', () => {
    const alone = [
      meanInfluence([1, 2], { of: [0, 0], count: 1 }),
      meanInfluence([2, 3], { of: [0, 0], count: 1 }),
    ];
    expect(twoWayInterval(alone).userNoiseKnown).toBe(false);
    expect(() => pairedDifference(alone, alone)).toThrow(/one user/);
    const two = [meanInfluence([1, 2], { of: [0, 1], count: 2 })];
    expect(twoWayInterval(two).userNoiseKnown).toBe(true);
    expect(() => pairedDifference(two, two)).not.toThrow();
  });

  it('refuses runs that were scored on different users', () => {
    const one = meanInfluence([1, 2], { of: [0, 1], count: 2 });
    const other = meanInfluence([1, 2, 3], { of: [0, 1, 2], count: 3 });
    expect(() => twoWayInterval([one, other])).toThrow(/different users/);
    expect(() => pairedDifference([one], [one, one])).toThrow(/cannot be paired/);
    expect(() => twoWayInterval([])).toThrow(/at least one run/);
  });
});

describe('pairedDifference of AUC', () => {
  const users = 120;
  const seeds = 12;

  /**
   * Two models on the same rows; model a knows more. Each model misjudges rows in its own way, each seed shifts the
   * model's quality and adds `cellSd` of its own noise to every row (the interaction of seeds and users).
   */
  function simulate(
    rng: Rng,
    k: number,
    cellSd: number,
  ): { labels: Float64Array; of: Int32Array; a: Float64Array[]; b: Float64Array[] } {
    const labels: number[] = [];
    const of: number[] = [];
    const signal: number[] = [];
    for (let u = 0; u < users; u += 1) {
      const level = rng.normal();
      const rows = 3 + rng.integer(6);
      for (let r = 0; r < rows; r += 1) {
        const taste = level + rng.normal();
        labels.push(rng.next() < 1 / (1 + Math.exp(-taste)) ? 1 : 0);
        signal.push(taste);
        of.push(u);
      }
    }
    const model = (weight: number): Float64Array[] => {
      const blind = Float64Array.from(signal, () => rng.normal());
      return Array.from({ length: k }, () => {
        const quality = weight + 0.2 * rng.normal();
        return Float64Array.from(signal, (s, i) => quality * s + blind[i] + cellSd * rng.normal());
      });
    };
    return { labels: Float64Array.from(labels), of: Int32Array.from(of), a: model(1), b: model(0.8) };
  }

  const compare = ({ labels, of, a, b }: ReturnType<typeof simulate>): PairedDifference => {
    const clusters = { of, count: users };
    return pairedDifference(
      a.map((scores) => aucInfluence(scores, labels, clusters)),
      b.map((scores) => aucInfluence(scores, labels, clusters)),
    );
  };

  it('has the standard error of a paired bootstrap over seeds and users', () => {
    const rng = new Rng(23);
    const world = simulate(rng, 15, 0.15);
    const { labels, of, a, b } = world;
    const result = compare(world);
    const rowsOf = Array.from({ length: users }, (_, u) => Array.from(of.keys()).filter((i) => of[i] === u));
    const differences = Array.from({ length: 500 }, () => {
      const rows: number[] = [];
      for (let u = 0; u < users; u += 1) rows.push(...rowsOf[rng.integer(users)]);
      const picked = Float64Array.from(rows, (i) => labels[i]);
      const value = (scores: Float64Array): number =>
        auc(
          Float64Array.from(rows, (i) => scores[i]),
          picked,
        );
      let sum = 0;
      for (let s = 0; s < a.length; s += 1) {
        const seed = rng.integer(a.length);
        sum += (value(a[seed]) - value(b[seed])) / a.length;
      }
      return sum;
    });
    // 500 draws know their sd to 3 %; the crossed bootstrap is a little wide, since it counts the (small) interaction
    // three times (Owen, Annals of Applied Statistics 2007)
    const ratio = result.se / sd(differences);
    expect(ratio).toBeGreaterThan(0.87);
    expect(ratio).toBeLessThan(1.1);
    expect(result.lower).toBeLessThan(result.difference);
    expect(result.upper).toBeGreaterThan(result.difference);
  });

  it('has the variance of fresh worlds also under strong interaction, where the bootstrap is too wide', () => {
    const rng = new Rng(41);
    const results = Array.from({ length: 500 }, () => compare(simulate(rng, 3, 1)));
    const truth = sd(results.map((r) => r.difference)) ** 2;
    const told = results.reduce((sum, r) => sum + r.se ** 2, 0) / results.length;
    // the variance of 500 worlds is known to 6.3 %
    expect(Math.abs(told / truth - 1)).toBeLessThan(0.2);
  });

  it('pairing cancels what both models find hard', () => {
    const rng = new Rng(29);
    const { labels, of, a, b } = simulate(rng, seeds, 0.5);
    const clusters = { of, count: users };
    const left = a.map((scores) => aucInfluence(scores, labels, clusters));
    const right = b.map((scores) => aucInfluence(scores, labels, clusters));
    const paired = pairedDifference(left, right);
    const unpaired = Math.hypot(twoWayInterval(left).userSe, twoWayInterval(right).userSe);
    expect(paired.userSe).toBeLessThan(0.7 * unpaired);
    expect(paired.difference).toBeCloseTo(twoWayInterval(left).mean - twoWayInterval(right).mean, 12);
  });

  it('is exactly zero, with no user noise, between a model and itself', () => {
    const rng = new Rng(31);
    const { labels, of, a } = simulate(rng, seeds, 0.5);
    const runs = a.map((scores) => aucInfluence(scores, labels, { of, count: users }));
    const same = pairedDifference(runs, runs);
    expect([same.difference, same.se, same.lower, same.upper].map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  it('doubles the variance of one run when seed noise is pooled', () => {
    const rng = new Rng(37);
    const { labels, of, a, b } = simulate(rng, seeds, 0.5);
    const clusters = { of, count: users };
    const left = a.slice(0, 3).map((scores) => aucInfluence(scores, labels, clusters));
    const right = b.slice(0, 3).map((scores) => aucInfluence(scores, labels, clusters));
    const result = pairedDifference(left, right, { seedNoise: { sd: 0.2, degreesOfFreedom: 24 } });
    expect(result.seedSe).toBeCloseTo(0.2 * Math.sqrt(2 / 3), 12);
    expect(result.seeds).toBe(3);
  });
});
