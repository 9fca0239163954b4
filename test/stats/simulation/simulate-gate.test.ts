import { describe, expect, it } from 'vitest';
import { simulationPlan } from '../../../src/agents/calibration/simulation-request.js';
import { Rng } from '../../../src/platform/index.js';
import {
  gateWorlds,
  mergeTallies,
  simulateGate,
  type GateTally,
  type SimulationPlan,
} from '../../../src/stats/index.js';
import { drawChiSquare } from '../../../src/stats/simulation/chi-square-draw.js';
import { Candidates } from '../../../src/stats/simulation/screening.js';

const plan = simulationPlan(500);
const small: SimulationPlan = { ...plan, candidates: 60 };
const runs = 300;
const [even] = gateWorlds;

const meanOf = ({ n, sum }: GateTally['reported']['naive']) => sum / n;
const seOf = ({ n, sum, squares }: GateTally['reported']['naive']) =>
  Math.sqrt((squares - (sum * sum) / n) / (n - 1) / n);

describe('runs of 500 candidates without any gain', () => {
  const tallies = gateWorlds.map((world) => ({
    world,
    tally: simulateGate(world, plan, { seed: 3, from: 0, to: runs, gains: [] }),
  }));

  it.each(tallies)(
    'in world $world.name are accepted no more often than the budget says',
    ({ world, tally }) => {
      // Were the true rate 5 %, more than 26 of 300 would come with a chance of .3 % (binomial).
      expect(tally.falseRuns.gate).toBeLessThanOrEqual(26);
      // The default minimum is .84 standard errors more: at .3 % of runs, more than 5 come with a chance of .04 %; at 1 %
      // among noisy candidates, whose few degrees of freedom make long tails, more than 9 with one of .1 %.
      expect(tally.falseRuns['gate-default-minimum']).toBeLessThanOrEqual(
        world.unstable === undefined ? 5 : 9,
      );
      expect(tally.falseRuns.gate).toBeGreaterThanOrEqual(tally.falseRuns['gate-default-minimum']);
      expect(tally.looks / runs).toBeGreaterThan(9);
      expect(tally.looks / runs).toBeLessThanOrEqual(20);
    },
  );

  it.each(tallies)('in world $world.name are often accepted by who does not pay (controls)', ({ tally }) => {
    // Three binomial standard errors of 300 at 30 % are 8 %.
    expect(tally.falseRuns['every-candidate'] / runs).toBeGreaterThan(0.38);
    expect(tally.falseRuns['same-users'] / runs).toBeGreaterThan(0.38);
    // The same few looks at 5 % each: far above the budget, below what all candidates give.
    expect(tally.falseRuns['looks-unpaid'] / runs).toBeGreaterThan(0.15);
  });

  it.each(tallies)('in world $world.name are reported truly on fresh seeds and users alone', ({ tally }) => {
    const { naive, raced, fresh } = tally.reported;
    expect(Math.abs(meanOf(fresh))).toBeLessThan(3 * seOf(fresh));
    // Fresh seeds on the users that chose leave the users' part of the luck in.
    expect(meanOf(raced)).toBeGreaterThan(2 * seOf(raced));
    expect(meanOf(naive)).toBeGreaterThan(meanOf(raced));
  });
});

describe('noisy candidates', () => {
  const world = gateWorlds.find(({ name }) => name === 'unstable');
  if (world?.unstable === undefined) throw new Error('there is no world of noisy candidates');

  it('are what the search sends, since the luckiest have the most luck to have', () => {
    const rng = new Rng(4);
    const candidates = new Candidates(500);
    candidates.begin(world, rng, 0, 1);
    candidates.screen(world, rng, 1, 501, 0, -1, 0);
    const noisy = (trials: readonly number[]) => trials.filter((c) => candidates.seedSd[c] === 4).length;
    const all = noisy(Array.from({ length: 500 }, (_, i) => i + 1)) / 500;
    expect(Math.abs(all - 0.2)).toBeLessThan(0.06); // three binomial standard errors
    expect(noisy(candidates.leaders(501, 5))).toBeGreaterThanOrEqual(4);
  });

  it('run on the gate’s seeds with the sd that they have, and are raced on the same seeds whenever they are', () => {
    const rng = new Rng(6);
    const candidates = new Candidates(1);
    candidates.begin(world, rng, 0, 1);
    let [squares, luck] = [0, 0];
    for (let i = 0; i < 4000; i += 1) {
      candidates.seedSd[1] = 4;
      candidates.runAtGate(rng, 1, 5);
      squares += candidates.gateSpread[1] ** 2 / 4000;
      luck += candidates.gateLuck[1] ** 2 / 4000;
    }
    // a variance of 4 degrees of freedom is known to 71 %, so its mean over 4000 to 1.1 %
    expect(Math.abs(squares / 16 - 1)).toBeLessThan(0.045);
    expect(Math.abs(luck / 3.2 - 1)).toBeLessThan(0.09);
    const first = candidates.racingScore(rng, 1, 1);
    expect(candidates.racingScore(rng, 1, 0)).not.toBe(first);
    expect(candidates.racingScore(rng, 1, 1)).toBe(first);
  });
});

describe('the race of a simulated run', () => {
  it('is the engine’s own: eliminated leaders get no more runs, and all of the runs are spent', () => {
    const truth = [0, 0, 9, 9, 0];
    const asked: (readonly [number, number])[] = [];
    const order = plan.race(
      truth.map((_, i) => ({ trial: 10 + i, estimate: 100 - i })),
      0.1,
      (trial, repeat) => {
        asked.push([trial, repeat]);
        return truth[trial - 10] + 0.01 * repeat;
      },
    );
    expect(asked).toHaveLength(10);
    const runsOf = (trial: number) => asked.filter(([t]) => t === trial).map(([, repeat]) => repeat);
    expect(runsOf(10)).toEqual([0]);
    expect(runsOf(12).length + runsOf(13).length).toBe(7);
    expect(runsOf(12)).toEqual(runsOf(12).map((_, i) => i));
    expect(
      order
        .slice(0, 2)
        .map(({ trial }) => trial)
        .toSorted(),
    ).toEqual([12, 13]);
    expect(order[0].mean).toBeGreaterThan(8.9);
    expect(plan.race([], 1, () => 0)).toEqual([]);
    expect(plan.race([{ trial: 3, estimate: 0 }], 1, (_, repeat) => repeat)).toMatchObject([
      { trial: 3, mean: 0.5 },
    ]);
  });
});

describe('planted gains', () => {
  const world = gateWorlds.find(({ name }) => name === 'seeds') ?? even;
  const { planted } = simulateGate(world, small, { seed: 5, from: 0, to: 400, gains: [1, 2, 4] });

  it('are found the more often the larger they are, and the minimum costs power', () => {
    const found = planted.map((gain) => gain.found.gate);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(found[2]).toBeGreaterThan(found[0]);
    for (const gain of planted)
      expect(gain.found['gate-default-minimum']).toBeLessThanOrEqual(gain.found.gate);
  });

  it('have the power at the first look that the gate tells', () => {
    for (const { firstLook } of planted) {
      const { n, accepted, told } = firstLook;
      // three binomial standard errors are at most 7.5 %, and what is told is a few percent off where a side has its own noise
      expect(Math.abs(accepted.gate - told.gate) / n).toBeLessThan(0.12);
      expect(Math.abs(accepted['gate-default-minimum'] - told['gate-default-minimum']) / n).toBeLessThan(
        0.12,
      );
    }
    // 92 % in the long run
    expect(planted[2].firstLook.accepted.gate / planted[2].firstLook.n).toBeGreaterThan(0.88);
  });

  it('do not make the gate accept falsely besides', () => {
    // 5 % of 400 is 20; three binomial standard errors are 13
    for (const { falseRuns } of planted) expect(falseRuns.gate).toBeLessThanOrEqual(33);
  });
});

describe('a simulation', () => {
  const simulate = (from: number, to: number, seed = 1) =>
    simulateGate(even, small, { seed, from, to, gains: [2] });

  it('is the same however its runs are divided, and another with another seed', () => {
    const whole = simulate(0, 30);
    const parts = [simulate(0, 7), simulate(7, 8), simulate(8, 30)].reduce(mergeTallies);
    expect(parts.falseRuns).toEqual(whole.falseRuns);
    expect(parts.planted[0].found).toEqual(whole.planted[0].found);
    expect(parts.planted[0].firstLook.accepted).toEqual(whole.planted[0].firstLook.accepted);
    expect([parts.runs, parts.looks]).toEqual([whole.runs, whole.looks]);
    expect(parts.reported.naive.sum).toBeCloseTo(whole.reported.naive.sum, 9);
    expect(simulate(0, 30)).toEqual(whole);
    expect(simulate(0, 30, 2).reported.naive.sum).not.toBe(whole.reported.naive.sum);
  });

  it('errs as its plan lets it: a budget of a half, and a seed sd of two runs each', () => {
    const falseRuns = (over: Partial<SimulationPlan>) =>
      simulateGate(even, { ...small, ...over }, { seed: 1, from: 0, to: 200, gains: [] }).falseRuns.gate;
    // 13 % of runs in the long run; three binomial standard errors are 7 %
    expect(falseRuns({ alpha: 0.5 })).toBeGreaterThan(12);
    // 2 degrees of freedom make wide bounds and no more errors: 5 % of 200 is 10, three standard errors are 9
    expect(falseRuns({ calibrationSeeds: 2 })).toBeLessThanOrEqual(19);
  });
});

describe('what is drawn', () => {
  it('candidates resemble their parent on both shares, and the shares know nothing of each other', () => {
    const rng = new Rng(11);
    const candidates = new Candidates(1);
    const pairs = Array.from({ length: 4000 }, () => {
      candidates.begin(even, rng, 0, 1);
      candidates.screen(even, rng, 1, 2, 0, -1, 0);
      const { onGate, onSearch } = candidates;
      return { search: [onSearch[0], onSearch[1]], gate: [onGate[0], onGate[1]] };
    });
    const covariance = (a: (p: (typeof pairs)[number]) => number, b: typeof a) =>
      pairs.reduce((sum, pair) => sum + a(pair) * b(pair), 0) / pairs.length;
    // sd of one model is userSe / sqrt(2); a covariance of 4000 pairs is known to about .5 / 63
    expect(
      covariance(
        (p) => p.gate[1],
        (p) => p.gate[1],
      ),
    ).toBeCloseTo(0.5, 1);
    expect(
      Math.abs(
        covariance(
          (p) => p.gate[0],
          (p) => p.gate[1],
        ) - 0.35,
      ),
    ).toBeLessThan(0.03);
    expect(
      Math.abs(
        covariance(
          (p) => p.search[0],
          (p) => p.search[1],
        ) - 0.35,
      ),
    ).toBeLessThan(0.03);
    expect(
      Math.abs(
        covariance(
          (p) => p.search[1],
          (p) => p.gate[1],
        ),
      ),
    ).toBeLessThan(0.03);
  });

  it('kinship counts the steps over the common ancestor', () => {
    const candidates = new Candidates(5);
    // 0 ← 1 ← 2 ← 4 and 1 ← 3
    candidates.parent.set([-1, 0, 1, 1, 2, 0]);
    candidates.depth.set([0, 1, 2, 2, 3, 1]);
    expect(candidates.kin(4, 3)).toBe(3);
    expect(candidates.kin(3, 4)).toBe(3);
    expect(candidates.kin(4, 0)).toBe(3);
    expect(candidates.kin(5, 4)).toBe(4);
    expect(candidates.kin(2, 2)).toBe(0);
  });

  it('leaders are the best screening scores, best first', () => {
    const candidates = new Candidates(6);
    candidates.screened.set([9, 0.1, 0.5, 0.4, 0.9, 0.2, 0.6]);
    expect(candidates.leaders(7, 3)).toEqual([4, 6, 2]);
    expect(candidates.leaders(4, 5)).toEqual([2, 3, 1]);
    expect(candidates.leaders(1, 3)).toEqual([]);
  });

  it.each([2, 10, 40, 999])('chi-square with %i degrees of freedom has its mean and variance', (df) => {
    const rng = new Rng(['chi-square', df]);
    const draws = Array.from({ length: 20_000 }, () => drawChiSquare(rng, df));
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean / df - 1)).toBeLessThan((4 * Math.sqrt(2 / df)) / Math.sqrt(20_000));
    // the variance of 20,000 draws is known to 1 % for a normal, to 2.2 % at 2 df
    expect(Math.abs(variance / (2 * df) - 1)).toBeLessThan(0.08);
  });
});
