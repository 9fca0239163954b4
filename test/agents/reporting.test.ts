import { describe, expect, it } from 'vitest';
import type { ConcludedScore } from '../../src/agents/loop/conclusion.js';
import { projectRun, type RecordedDecisionAt } from '../../src/agents/loop/run-projection.js';
import type { CommittedJob } from '../../src/agents/loop/screening.js';
import { betterOn, costOf, evolveResult } from '../../src/agents/reporting/evolve-result.js';
import { lessons } from '../../src/agents/reporting/lessons.js';
import { packageVersion } from '../../src/platform/index.js';
import { reportModel } from '../../src/agents/reporting/report-model.js';
import { reportTrials, searchCurves, tallies } from '../../src/agents/reporting/trial-table.js';
import { EvolveResult, projectPaths, type ReportTrial } from '../../src/schema/index.js';

const paths = projectPaths('/data/shop');
const minute = 60_000;

function job(trial: number, over: Partial<CommittedJob> = {}): CommittedJob {
  return {
    index: trial,
    trial,
    assignment: { model: 'fm', 'fm.dim': 8 },
    proposer: 'random',
    parent: null,
    rung: 2,
    fidelity: 1,
    value: 0.7,
    ci: null,
    faultCode: null,
    infrastructureFault: false,
    costSeconds: 2,
    work: 2,
    ...over,
  };
}

function score(role: ConcludedScore['role'], model: string, mean: number): ConcludedScore {
  return {
    role,
    model,
    assignment: {},
    metrics: { test: { auc: { mean, sd: 0, n: 3, ci: [mean - 0.01, mean + 0.01] } } },
    bestEpoch: 1,
    cost: { seconds: 5, trainings: 3, samples: 300 },
  };
}

const start = {
  settings: {
    version: 1,
    seed: 7,
    contractHash: 'c',
    encoding: 'encoded',
    task: 'ctr',
    lag: 4,
    workers: 2,
    threads: 1,
    nullSeed: null,
    rungs: [1 / 9, 1 / 3, 1],
    gateSeeds: 5,
    finalSeeds: 3,
    maxLooks: 20,
    alpha: 0.05,
    minimumGain: null,
    refit: 'train+validation',
    control: 'full',
  },
  contract: {
    hash: 'c',
    task: 'ctr',
    split: 'time',
    regime: 'frozen',
    label: 'click',
    candidateSet: 'impressions',
    duplicates: 'kept',
    rows: { train: 10, validation: 5, test: 5 },
    clusterBy: 'user',
  },
  refused: [
    { table: 'events', column: 'future', role: 'leak', reason: 'it tells the label' },
    { table: 'events', column: 'dwell', role: 'signal', reason: 'measured later' },
  ],
  warnings: [{ code: 'DUPLICATE_ROWS', message: 'two' }],
};

const effect = (parameter: string, low: number) => ({
  parameter,
  trials: 6,
  importance: 0.4,
  levels: [
    { level: 'small', trials: 3, effect: -0.01, ci: null },
    { level: 'large', trials: 3, effect: 0.01, ci: [low, 0.02] },
  ],
});
const proposer = (name: string, ci: [number, number]) => ({
  proposer: name,
  ownTrials: 5,
  comparedAt: 5,
  expectedBest: 0.7,
  randomExpectedBest: 0.69,
  difference: 0.01,
  ci,
});

/** Decisions of a run that proposed five trials, accepted the fourth and told its story. */
function wholeRun(): RecordedDecisionAt[] {
  const told: [string, unknown][] = [
    ['run-started', start],
    ['budget-granted', { trials: 4, minutes: null }],
    ['trial-committed', { arm: 'main', ...job(0, { rung: 0, fidelity: 1 / 9, value: 0.6 }) }],
    ['trial-committed', { arm: 'main', ...job(1, { rung: 0, fidelity: 1 / 9, value: 0.65 }) }],
    ['trial-committed', { arm: 'main', ...job(1, { value: 0.71 }) }],
    ['trial-committed', { arm: 'main', ...job(2, { value: null, faultCode: 'LOSS_NOT_FINITE', rung: 0 }) }],
    ['trial-committed', { arm: 'main', ...job(3, { value: 0.74, proposer: 'local', parent: 1 }) }],
    ['trial-committed', { arm: 'control', ...job(0, { value: 0.7 }) }],
    ['trial-committed', { arm: 'control', ...job(1, { value: 0.5, rung: 0 }) }],
    [
      'search-analysed',
      {
        effects: [effect('fm.dim', 0.001), effect('recipe.dropout', -0.001)],
        proposers: [
          proposer('random', [0, 0]),
          proposer('local', [0.001, 0.02]),
          proposer('tpe', [-0.01, 0.02]),
        ],
      },
    ],
    [
      'gate-looked',
      {
        look: 1,
        trial: 3,
        model: 'fm',
        verdict: 'accept',
        difference: 0.03,
        lower: 0.01,
        upper: 0.05,
        alpha: 0.01,
        power: 0.9,
        minimumGain: 0.02,
        seeds: 4,
        lost: 1,
        failed: 0,
      },
    ],
    ['incumbent-changed', { trial: 3 }],
    ['test-opened', { contractHash: 'c', keys: ['a'] }],
    [
      'run-concluded',
      {
        scores: [
          score('floor', 'popularity', 0.6),
          score('baseline', 'lr', 0.7),
          score('best', 'fm', 0.73),
          score('control', 'dnn', 0.71),
        ],
        improvement: { metric: 'auc', split: 'test', difference: 0.03, ci: [0.01, 0.05], se: 0.01 },
      },
    ],
    ['refit-finished', { artefact: 'abc', fittedOn: 'train+validation', epochs: 3 }],
    ['grant-spent', { minimumGain: { value: 0.002, source: 'resolvable' } }],
  ];
  return told.map(([kind, payload], i) => ({ kind, payload, at: 1_700_000_000_000 + i * minute }));
}

const projected = (decisions = wholeRun()) => projectRun('run-1', decisions);
const upTo = (kind: string) => {
  const decisions = wholeRun();
  return projected(
    decisions.slice(
      0,
      decisions.findIndex((decision) => decision.kind === kind),
    ),
  );
};

describe('projectRun', () => {
  it('folds decisions into one record', () => {
    const run = projected();
    expect(run.jobs.map(({ trial }) => trial)).toEqual([0, 1, 1, 2, 3]);
    expect(run.controlJobs).toHaveLength(2);
    expect(run.incumbentTrials).toEqual([3]);
    expect(run.testOpenings).toBe(1);
    expect(run.refit).toMatchObject({ artefact: 'abc' });
    expect([run.grantsSpent, run.lastAt - run.startedAt]).toEqual([1, 15 * minute]);
  });

  it('gives a partial record of every prefix, and takes the latest conclusion of a topped-up run', () => {
    const decisions = wholeRun();
    for (let end = 1; end <= decisions.length; end += 1)
      expect(() => projected(decisions.slice(0, end))).not.toThrow();
    const begun = projected(decisions.slice(0, 1));
    expect([begun.jobs.length, begun.scores.length, begun.refit, begun.analysis]).toEqual([
      0,
      0,
      null,
      undefined,
    ]);
    const later = { scores: [score('baseline', 'lr', 0.7)], improvement: null };
    const twice = projected([...decisions, { kind: 'run-concluded', payload: later, at: 1 }]);
    expect(twice.scores).toHaveLength(1);
    expect(twice.improvement).toBeNull();
  });

  it('keeps no artefact where the refit made none', () => {
    const none = wholeRun().map((decision) =>
      decision.kind === 'refit-finished'
        ? { ...decision, payload: { artefact: null, fittedOn: 'all', epochs: 1 } }
        : decision,
    );
    expect(projected(none).refit).toBeNull();
  });
});

describe('the table of trials', () => {
  const trials = reportTrials(projected(), 'auc');

  it('has one line per trial, with its last rung and the cost of all', () => {
    expect(trials.map(({ status }) => status)).toEqual(['stopped-early', 'scored', 'fault', 'scored']);
    expect(trials[1]).toMatchObject({ value: 0.71, fidelity: 1, costSeconds: 4, parents: [] });
    expect(trials[2]).toMatchObject({ value: null, faultCode: 'LOSS_NOT_FINITE' });
    expect(trials[3]).toMatchObject({ parents: [1], proposer: 'local', incumbent: true, model: 'fm' });
  });

  it('tells values of a metric that is better when small in its own units', () => {
    const run = projected();
    const negative = { ...run, jobs: run.jobs.map((one) => ({ ...one, value: one.value && -one.value })) };
    expect(reportTrials(negative, 'rmse').map(({ value }) => value)).toEqual([0.6, 0.71, null, 0.74]);
  });

  it('is counted per proposer; only finished trials have a best', () => {
    const { all, byProposer } = tallies(trials, betterOn('auc'));
    expect(all).toEqual({ proposed: 4, scored: 2, stoppedEarly: 1, faults: 1, best: 0.74 });
    expect(byProposer).toEqual({
      random: { proposed: 3, scored: 1, stoppedEarly: 1, faults: 1, best: 0.71 },
      local: { proposed: 1, scored: 1, stoppedEarly: 0, faults: 0, best: 0.74 },
    });
    expect(tallies(trials, betterOn('rmse')).all.best).toBe(0.71);
    expect(tallies([], betterOn('auc')).all).toMatchObject({ proposed: 0, best: null });
  });

  it('gives curves that never get worse', () => {
    const curves = searchCurves(trials, projected().controlJobs, 'auc', 2, betterOn('auc'));
    expect(curves.map(({ name }) => name)).toEqual(['all proposers', 'random share', 'random, whole budget']);
    const points = curves.map((curve) => curve.points.map(({ trial, best }) => [trial, best]));
    expect(points[0]).toEqual([
      [2, 0.71],
      [3, 0.71],
      [4, 0.74],
    ]);
    expect(points[1]).toEqual([
      [2, 0.71],
      [3, 0.71],
    ]);
    expect(points[2]).toEqual([
      [1, 0.7],
      [2, 0.7],
    ]);
    const unfinished: ReportTrial[] = trials.filter(({ status }) => status !== 'scored');
    expect(searchCurves(unfinished, [], 'auc', 2, betterOn('auc'))).toEqual([]);
  });
});

describe('lessons', () => {
  it('name leaks, the gain, effects that hold and proposers beside random', () => {
    const told = lessons(projected(), 'auc');
    expect(told).toHaveLength(5);
    expect(told[0]).toContain('Refused events.future');
    expect(told[1]).toContain('improves auc on test by +0.0300');
    expect(told[2]).toContain('Hypothesis: fm.dim near large');
    expect(told[3]).toContain('local beats random');
    expect(told[4]).toContain('tpe cannot be told from random');
    expect(told.join()).not.toContain('dwell');
    expect(told.join()).not.toContain('recipe.dropout');
  });

  it('say that nothing was accepted only of a run that ended', () => {
    const nothing = { ...projected(), improvement: null };
    expect(lessons(nothing, 'auc').join()).toContain('nothing was accepted');
    expect(lessons({ ...nothing, grantsSpent: 0 }, 'auc').join()).not.toContain('nothing was accepted');
  });
});

describe('evolveResult', () => {
  const about = { resumed: false, openingsBefore: 2, report: '/r.html' };

  it('is the result of the command, in its schema', () => {
    const result = evolveResult(projected(), paths, about);
    expect(EvolveResult.safeParse(result).error).toBeUndefined();
    expect(result).toMatchObject({
      outcome: 'accepted',
      metric: 'auc',
      floors: [{ model: 'popularity' }],
      baseline: { model: 'lr' },
      best: { model: 'fm' },
      testOpenings: { before: 2, thisRun: 1 },
      control: { model: 'dnn', policy: 'random', trials: 2 },
      refit: { artefact: 'abc', artefactPath: '/data/shop/.automodel/artefacts/abc' },
      minimumGain: { value: 0.002, source: 'resolvable' },
    });
    expect(Object.keys(result.baseline)).not.toContain('role');
  });

  it('takes the baseline for the best when nothing was better', () => {
    const run = projected();
    const scores = run.scores.filter(({ role }) => role !== 'best');
    const result = evolveResult({ ...run, scores, improvement: null }, paths, about);
    expect(result).toMatchObject({ outcome: 'nothing-better', best: { model: 'lr' }, improvement: null });
  });

  it('sums what was spent', () => {
    expect(costOf(projected())).toEqual({ seconds: 7 * 2 + 4 * 5, trainings: 7 + 12, samples: 1200 });
  });

  it('is not made of a run without a conclusion', () => {
    expect(() => evolveResult(upTo('run-concluded'), paths, about)).toThrow(RangeError);
  });
});

describe('reportModel', () => {
  it('shows a finished run', () => {
    const model = reportModel(projected(), paths, 2);
    expect(model).toMatchObject({
      project: 'shop',
      engineVersion: packageVersion,
      outcome: 'accepted',
      direction: 'up',
      testOpenings: { before: 2, thisRun: 1 },
      budget: { seed: 7, trials: 4, minutes: null, workers: 2, elapsedSeconds: 900 },
    });
    expect(model.generatedAt).toBe(new Date(1_700_000_000_000 + 15 * minute).toISOString());
    expect(model.effects[0].points.map(({ value }) => value)).toEqual(['small', 'large']);
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
  });

  it('shows what there is of an unfinished run, at every decision', () => {
    const decisions = wholeRun();
    for (let end = 1; end < decisions.length; end += 1) {
      const model = reportModel(projected(decisions.slice(0, end)), paths, 0);
      expect(model.outcome).toBe('unfinished');
    }
    expect(reportModel(upTo('budget-granted'), paths, 0)).toMatchObject({
      trials: [],
      searchCurves: [],
      budget: { trials: null, minutes: null, elapsedSeconds: 0 },
    });
  });

  it('adds up the grants of a run that was topped up', () => {
    const more = (payload: object) => ({ kind: 'budget-granted', payload, at: 1_700_000_000_000 });
    const [first, ...rest] = wholeRun();
    const topped = [first, ...rest, more({ trials: 6, minutes: 5 })];
    expect(reportModel(projected(topped), paths, 0).budget).toMatchObject({ trials: 10, minutes: null });
  });
});
