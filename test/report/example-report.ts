import { Rng } from '../../src/platform/index.js';
import type { MetricTable, ReportModel, ReportScore, ReportTrial } from '../../src/schema/index.js';

/** A made-up run of 60 trials; `name` stands wherever a run shows text that comes from data. */
export function exampleReport(name = 'dropout', trialCount = 60): ReportModel {
  const trials = exampleTrials(name, trialCount);
  return {
    project: name === 'dropout' ? 'kuairand' : name,
    runId: 'run-7f3a',
    engineVersion: '0.1.0',
    generatedAt: '2026-01-02T03:04:05.000Z',
    nullRun: false,
    outcome: 'accepted',
    metric: 'auc',
    direction: 'up',
    contract: {
      hash: 'c0ffee'.repeat(10),
      task: 'ctr',
      split: `column:${name}@20220505,20220507`,
      regime: 'frozen',
      label: name,
      candidateSet: 'impressions',
      duplicates: 'kept',
      rows: { train: 1_143_000, validation: 141_200, test: 152_409 },
      clusterBy: 'user',
    },
    scores: [
      score('floor', 'popularity', 0.6412, 0),
      score('floor', 'rates', 0.7302, 0),
      score('baseline', 'lr', 0.7318, 0.0003),
      score('best', 'dcnv2', 0.7391, 0.0006),
      score('control', `random ${name}`, 0.7366, 0.0009),
    ],
    improvement: { metric: 'auc', split: 'test', difference: 0.0073, ci: [0.0041, 0.0104], se: 0.0016 },
    minimumGain: { value: 0.0012, source: 'resolvable' },
    trials,
    searchCurves: [
      curve('engine', trials, () => true),
      curve('random', trials, (trial) => trial.proposer === 'random'),
    ],
    effects: [
      effect(name, 'linear', 0.31, [0, 0.1, 0.2, 0.3, 0.5], [0.732, 0.7352, 0.7361, 0.734, 0.729]),
      effect('learningRate', 'log', 0.22, [1e-4, 3e-4, 1e-3, 3e-3], [0.729, 0.7345, 0.7362, 0.731]),
      effect('model', 'categorical', 0.18, ['lr', 'dnn', 'dcnv2', name], [0.7318, 0.734, 0.7366, 0.7351]),
      effect('embeddingDim', 'log', 0.06, [4, 8, 16, 32], [0.7325, 0.7338, 0.7345, 0.7341]),
    ],
    proposers: {
      random: { proposed: 12, scored: 9, stoppedEarly: 3, faults: 0, best: 0.7359 },
      mutation: { proposed: 24, scored: 15, stoppedEarly: 8, faults: 1, best: 0.7381 },
      [name === 'dropout' ? 'surrogate' : name]: {
        proposed: 24,
        scored: 16,
        stoppedEarly: 8,
        faults: 0,
        best: 0.7388,
      },
    },
    gate: [
      look(1, 14, name === 'dropout' ? 'deepfm' : name, 'indecisive', 0.0021, -0.0004),
      look(2, 31, 'dnn', 'reject', 0.0008, -0.0017),
      look(3, 52, 'dcnv2', 'accept', 0.0069, 0.0038),
    ],
    testOpenings: { before: 2, thisRun: 1 },
    refused: [
      {
        table: 'events',
        column: name === 'dropout' ? 'play_time_ms' : name,
        role: 'leak',
        reason: `${name}: AUC of this column alone is 0.994`,
      },
    ],
    learned: [`${name} between 0.1 and 0.2 helps on this contract`, 'history added nothing over item rates'],
    warnings: [{ code: 'DUPLICATE_ROWS', message: `1,204 duplicate rows in ${name}` }],
    budget: { seed: 1, trials: trialCount, minutes: 60, workers: 2, elapsedSeconds: 3120, costSeconds: 5840 },
    refit: { fittedOn: 'train+validation', artefact: 'a4b1'.repeat(16) },
  };
}

function exampleTrials(name: string, count: number): ReportTrial[] {
  const random = new Rng(7);
  const trials: ReportTrial[] = [];
  let best = -Infinity;
  let leader = 0;
  for (let trial = 0; trial < count; trial += 1) {
    const proposer = trial % 5 === 0 ? 'random' : trial % 2 === 0 ? 'mutation' : 'surrogate';
    const fault = trial === 23;
    const stopped = !fault && random.next() < 0.3;
    const value =
      0.727 + 0.01 * (1 - Math.exp(-trial / 25)) + 0.0025 * random.normal() - (stopped ? 0.004 : 0);
    const incumbent = !fault && !stopped && value > best;
    const parents = proposer === 'random' || trial < 5 ? [] : [leader];
    if (incumbent) {
      best = value;
      leader = trial;
    }
    trials.push({
      trial,
      parents,
      proposer,
      model: random.pick(['lr', 'dnn', 'dcnv2', 'deepfm']),
      assignment: {
        [name]: random.pick([0, 0.1, 0.2]),
        learningRate: random.pick([0.001, 0.003]),
        embeddingDim: 16,
      },
      status: fault ? 'fault' : stopped ? 'stopped-early' : 'scored',
      fidelity: stopped ? 1 / 3 : 1,
      value: fault ? null : value,
      ci: fault ? null : [value - 0.003, value + 0.003],
      faultCode: fault ? 'LOSS_NOT_FINITE' : null,
      costSeconds: stopped ? 30 : 95,
      incumbent,
    });
  }
  return trials;
}

function curve(
  name: string,
  trials: readonly ReportTrial[],
  own: (trial: ReportTrial) => boolean,
): ReportModel['searchCurves'][number] {
  let best = -Infinity;
  const points = trials.filter(own).map(({ status, value }, index) => {
    if (status === 'scored' && value !== null) best = Math.max(best, value);
    return { trial: index + 1, best, ci: [best - 0.0025, best + 0.0025] as const };
  });
  return { name, points };
}

function effect(
  parameter: string,
  scale: 'linear' | 'log' | 'categorical',
  importance: number,
  values: readonly (number | string)[],
  means: readonly number[],
): ReportModel['effects'][number] {
  const points = values.map((value, index) => {
    const mean = means[index];
    return { value, mean, ci: [mean - 0.001, mean + 0.001] as const, trials: 12 };
  });
  return { parameter, scale, importance, points };
}

function look(
  number: number,
  trial: number,
  model: string,
  verdict: 'accept' | 'reject' | 'indecisive',
  difference: number,
  lower: number,
): ReportModel['gate'][number] {
  return {
    look: number,
    trial,
    model,
    verdict,
    difference,
    lower,
    upper: 2 * difference - lower,
    alpha: 0.0125,
    power: 0.81,
    minimumGain: 0.0031,
    seeds: 5,
    lost: 0,
    failed: 0,
  };
}

function score(role: ReportScore['role'], model: string, mean: number, sd: number): ReportScore {
  const metrics: MetricTable = {
    test: {
      auc: { mean, sd, n: sd === 0 ? 1 : 3, ci: [mean - 0.0021, mean + 0.0021] },
      gauc: { mean: mean - 0.06, sd, n: sd === 0 ? 1 : 3, ci: [mean - 0.064, mean - 0.056] },
      logloss: { mean: 0.61 - mean / 4, sd, n: sd === 0 ? 1 : 3, ci: [0.42, 0.44] },
    },
  };
  return {
    role,
    model,
    assignment: {},
    metrics,
    cost: { seconds: sd === 0 ? 2 : 95, trainings: 3, samples: 3_400_000 },
  };
}
