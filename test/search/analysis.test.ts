import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  compareWithRandom,
  createSearch,
  expectedBest,
  leaders,
  localMutation,
  parameterEffects,
  projectedValues,
  searchCurve,
  type Trial,
} from '../../src/search/index.js';
import { fitGaussianProcess } from '../../src/search/gaussian-process.js';
import { sample, type Assignment, type Space } from '../../src/space/index.js';
import { drive, scored } from './drive.js';
import { trial as madeTrial } from './make-trial.js';
import { problems, score } from './problems.js';

const space: Space = {
  x: { kind: 'float', min: 0, max: 1, default: 0.5 },
  kind: { kind: 'categorical', values: ['a', 'b', 'c'], default: 'a' },
  useless: { kind: 'integer', min: 0, max: 9, default: 0 },
};

const trial = (
  index: number,
  assignment: Assignment,
  scores: readonly number[],
  over: Partial<Trial> = {},
): Trial => madeTrial(space, index, assignment, scores, 'finished', over);

describe('projectedValues', () => {
  it('carry lower rungs to the top by the median gain of those who climbed', () => {
    const trials = [
      trial(0, sample(space, new Rng(1)), [1, 2, 5]),
      trial(1, sample(space, new Rng(2)), [1, 3]),
      trial(2, sample(space, new Rng(3)), [0.5]),
      trial(3, sample(space, new Rng(4)), [], { state: 'running' }),
    ];
    // gains: first to second rung 1 and 2 (median 1.5), second to third 3
    expect([...projectedValues(trials, 3)]).toEqual([5, 6, 5, Number.NaN]);
  });

  it('keep the order within a rung', () => {
    const rows = fc.array(fc.tuple(fc.double({ min: -5, max: 5, noNaN: true }), fc.boolean()), {
      minLength: 2,
      maxLength: 20,
    });
    fc.assert(
      fc.property(rows, (list) => {
        const trials = list.map(([value, climbs], i) => trial(i, {}, climbs ? [value, value + 1] : [value]));
        const values = projectedValues(trials, 2);
        for (let i = 0; i < list.length; i += 1) {
          for (let j = 0; j < list.length; j += 1) {
            if (list[i][1] === list[j][1] && list[i][0] > list[j][0])
              expect(values[i]).toBeGreaterThanOrEqual(values[j]);
          }
        }
      }),
    );
  });
});

describe('fitGaussianProcess', () => {
  const points = Array.from({ length: 40 }, (_, i) => Float64Array.of((i + 0.5) / 40));
  const truth = (x: number): number => Math.sin(5 * x);

  it('recovers a smooth function and its noise', () => {
    const rng = new Rng(6);
    const process = fitGaussianProcess(
      points,
      points.map((p) => truth(p[0]) + 0.2 * rng.normal()),
    );
    expect(process.noiseSd).toBeGreaterThan(0.12);
    expect(process.noiseSd).toBeLessThan(0.3);
    let worst = 0;
    for (const p of points) worst = Math.max(worst, Math.abs(process.predict(p).mean - truth(p[0])));
    expect(worst).toBeLessThan(0.2); // far below the noise of one look plus the error of any single point
  });

  it('interpolates what has no noise and is unsure far away', () => {
    const few = points.filter((_, i) => i < 20);
    const process = fitGaussianProcess(
      few,
      few.map((p) => truth(p[0])),
      1e-4,
    );
    for (const p of few) expect(process.predict(p).mean).toBeCloseTo(truth(p[0]), 2);
    expect(process.predict(Float64Array.of(1)).sd).toBeGreaterThan(5 * process.predict(few[10]).sd);
  });

  it('has an honest posterior: the truth lies within two sds about 95 % of the time', () => {
    let inside = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      const rng = new Rng([seed, 3]);
      const shift = rng.next();
      const process = fitGaussianProcess(
        points,
        points.map((p) => truth(p[0] + shift) + 0.3 * rng.normal()),
        0.3,
      );
      for (const p of points) {
        const { mean, sd } = process.predict(p);
        if (Math.abs(mean - truth(p[0] + shift)) < 2 * sd) inside += 1;
      }
    }
    expect(inside / (60 * 40)).toBeGreaterThan(0.85);
  });

  it('of constant values is the constant', () => {
    expect(
      fitGaussianProcess(
        points,
        points.map(() => 3),
      ).predict(points[0]).mean,
    ).toBe(3);
  });
});

describe('leaders', () => {
  const noise = 0.5;
  const truth = (a: Assignment): number => -4 * (Number(a['x']) - 0.4) ** 2;
  const make = (seed: number, n: number): readonly Trial[] => {
    const rng = new Rng([seed, 'leaders']);
    return Array.from({ length: n }, (_, i) => {
      const assignment = sample(space, rng);
      return trial(i, assignment, [truth(assignment) + noise * rng.normal()]);
    });
  };

  it('report a shrunk estimate: the observed score of the best is optimistic, the estimate hardly', () => {
    let observedError = 0;
    let estimateError = 0;
    let regretOfObserved = 0;
    let regretOfEstimate = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      const trials = make(seed, 40);
      const [first] = leaders(space, trials, 1, noise);
      const luckiest = trials.reduce((a, b) => (b.scores[0] > a.scores[0] ? b : a));
      observedError += (luckiest.scores[0] - truth(luckiest.assignment)) / 60;
      estimateError += (first.estimate - truth(first.assignment)) / 60;
      regretOfObserved -= truth(luckiest.assignment) / 60;
      regretOfEstimate -= truth(first.assignment) / 60;
    }
    expect(observedError).toBeGreaterThan(0.5);
    expect(Math.abs(estimateError)).toBeLessThan(observedError / 2);
    expect(regretOfEstimate).toBeLessThan(regretOfObserved);
  });

  it('compare at the highest rung that anyone reached, leave out failures, and come best first', () => {
    const assignment = (x: number): Assignment => ({ x, kind: 'a', useless: 0 });
    const trials = [
      trial(0, assignment(0.1), [9]),
      trial(1, assignment(0.2), [1, 2]),
      trial(2, assignment(0.3), [1, 3]),
      trial(3, assignment(0.4), [1, 9], { state: 'failed' }),
    ];
    const top = leaders(space, trials, 5);
    expect(top.map((l) => l.trialIndex)).toEqual([2, 1]);
    expect(top.every((l) => l.rung === 1 && l.estimateSd === undefined)).toBe(true);
    expect(leaders(space, [], 3)).toEqual([]);
  });
});

describe('expectedBest', () => {
  it('equals the mean maximum over all subsets', () => {
    const values = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(values, fc.nat(), (list, pick) => {
        const m = 1 + (pick % list.length);
        let sum = 0;
        let count = 0;
        for (let mask = 0; mask < 1 << list.length; mask += 1) {
          const subset = list.filter((_, i) => (mask >> i) % 2 === 1);
          if (subset.length !== m) continue;
          sum += Math.max(...subset);
          count += 1;
        }
        expect(expectedBest(list, m)).toBeCloseTo(sum / count, 9);
      }),
    );
  });

  it('refuses more draws than there are', () => {
    expect(() => expectedBest([1], 2)).toThrow(RangeError);
  });
});

describe('compareWithRandom', () => {
  const runs = (seed: number, advantage: number): readonly Trial[] => {
    const rng = new Rng([seed, 'compare']);
    return Array.from({ length: 100 }, (_, i) => {
      const proposer = i % 5 === 0 ? 'random' : 'clever';
      return trial(i, sample(space, rng), [rng.normal() + (proposer === 'clever' ? advantage : 0)], {
        proposer,
      });
    });
  };

  it('compares at equal own trials: many mediocre trials win nothing by their number', () => {
    let alarms = 0;
    for (let seed = 0; seed < 40; seed += 1) {
      const [row] = compareWithRandom(runs(seed, 0), 1);
      expect([row.proposer, row.ownTrials, row.comparedAt]).toEqual(['clever', 80, 20]);
      if (row.ci[0] > 0 || row.ci[1] < 0) alarms += 1;
    }
    expect(alarms).toBeLessThan(9); // a bootstrap of a maximum is rough; it must not cry wolf often
  });

  it('finds a real advantage', () => {
    let found = 0;
    for (let seed = 0; seed < 20; seed += 1)
      if (compareWithRandom(runs(seed, 2.5), 1)[0].ci[0] > 0) found += 1;
    expect(found).toBeGreaterThan(17);
  });

  it('counts own failures as bad, warm-up draws and lost runs not at all', () => {
    const base = runs(1, 1);
    const spoiled = base.map((t) =>
      t.proposer === 'clever' && t.index % 2 === 1 ? { ...t, scores: [], state: 'failed' as const } : t,
    );
    expect(compareWithRandom(spoiled, 1)[0].expectedBest).toBeLessThan(
      compareWithRandom(base, 1)[0].expectedBest,
    );
    const lost = base.map((t) => (t.index % 5 === 1 ? { ...t, scores: [], state: 'excluded' as const } : t));
    expect(compareWithRandom(lost, 1)[0].ownTrials).toBe(60);
    const warm = base.map((t) => (t.index < 50 ? { ...t, warmup: t.proposer === 'clever' } : t));
    expect(compareWithRandom(warm, 1)[0].ownTrials).toBe(40);
    expect(compareWithRandom([], 1)).toEqual([]);
  });
});

describe('parameterEffects', () => {
  const trials = (n: number): readonly Trial[] => {
    const rng = new Rng(12);
    return Array.from({ length: n }, (_, i) => {
      const a = sample(space, rng);
      const value = 3 * Number(a['x']) + (a['kind'] === 'b' ? 1 : 0) + 0.3 * rng.normal();
      return trial(i, a, [value]);
    });
  };

  it('rank parameters by what they explain and say which way', () => {
    const effects = parameterEffects(space, trials(200), 1);
    expect(effects.map((e) => e.parameter)).toEqual(['x', 'kind', 'useless']);
    expect(effects[0].importance).toBeGreaterThan(0.5);
    expect(effects[2].importance).toBeLessThan(0.05);
    const means = effects[0].levels.map((level) => level.effect);
    expect(means).toEqual([...means].sort((a, b) => a - b));
    expect(effects[0].levels.length).toBe(4);
    const b = effects[1].levels.find((level) => level.level === 'b');
    expect(b?.ci?.[0]).toBeGreaterThan(0);
    for (const level of effects[2].levels) {
      if (level.ci !== undefined) expect(level.ci[0] < 0.5 && level.ci[1] > -0.5).toBe(true);
    }
  });

  it('effects of the levels cancel out, weighted by their trials', () => {
    for (const effect of parameterEffects(space, trials(60), 1)) {
      const sum = effect.levels.reduce((s, level) => s + level.trials * level.effect, 0);
      expect(Math.abs(sum)).toBeLessThan(1e-9);
      expect(effect.levels.reduce((s, level) => s + level.trials, 0)).toBe(effect.trials);
    }
  });

  it('say nothing about parameters with too few trials', () => {
    expect(parameterEffects(space, trials(9), 1)).toEqual([]);
  });

  it('have intervals that hold the truth as often as they say, for rare levels too', () => {
    const rng = new Rng(77);
    let held = 0;
    const runs = 800;
    for (let run = 0; run < runs; run += 1) {
      // "b" in two trials of twelve, and it is better by 0.5 than "a"
      const some = Array.from({ length: 12 }, (_, i) => {
        const kind = i < 2 ? 'b' : 'a';
        return trial(i, { ...sample(space, rng), kind }, [(kind === 'b' ? 0.5 : 0) + 0.3 * rng.normal()]);
      });
      const levels = parameterEffects(space, some, 1).find((e) => e.parameter === 'kind')?.levels ?? [];
      const [low, high] = levels.find(({ level }) => level === 'b')?.ci ?? [NaN, NaN];
      // against the mean of all twelve
      const truth = 0.5 - (0.5 * 2) / 12;
      held += low <= truth && truth <= high ? 1 : 0;
    }
    expect(held / runs).toBeGreaterThan(0.93);
    expect(held / runs).toBeLessThan(0.97);
  });
});

describe('searchCurve', () => {
  it('adds up cost and fidelity, and its best never falls', () => {
    const [problem] = problems;
    const search = drive(
      createSearch({ space: problem.space, seed: 1, maxProposals: 30, proposers: [localMutation()] }),
      (job) =>
        job.index % 11 === 5
          ? { kind: 'fault', code: 'LOSS_NOT_FINITE', infrastructure: false }
          : scored(score(problem, job.assignment, job.fidelity, 1)),
    );
    const curve = searchCurve(search.records());
    expect(curve.length).toBe(search.records().length);
    expect(curve.at(-1)?.costSeconds).toBe(curve.filter((point) => point.score !== undefined).length);
    expect(curve.at(-1)?.spent).toBeCloseTo(
      search.records().reduce((sum, { job }) => sum + job.fidelity, 0),
      9,
    );
    const best = curve.map((point) => point.bestAtTop).filter((value) => value !== undefined);
    expect(best).toEqual([...best].sort((a, b) => a - b));
    const tops = search
      .history()
      .filter((t) => t.state === 'finished')
      .map((t) => t.scores[2]);
    expect(best.at(-1)).toBe(Math.max(...tops));
  });
});
