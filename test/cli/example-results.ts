import type {
  AuditResult,
  Cost,
  CounterfactualResult,
  DoctorResult,
  EvaluateResult,
  EvolveResult,
  ExperimentAnalyzeResult,
  ExperimentChangeResult,
  ExperimentLook,
  ExperimentPlanResult,
  ExperimentRampResult,
  ExperimentStartResult,
  ExperimentStatusResult,
  ExperimentSummary,
  InitResult,
  MetricSummary,
  MetricTable,
  ModelScore,
  DemoOnlineResult,
  PlanFigures,
  PlanServingResult,
  PlanTrainingResult,
  TrainingFigures,
  PredictResult,
  ProfileResult,
  MeasuredCalibration,
  ReportResult,
  SalvageResult,
  ServeResult,
  SimulatedGate,
  TrainResult,
  WorldResult,
} from '../../src/schema/index.js';

/** One believable result per operation, for a fake engine. */

const cost: Cost = { seconds: 95.2, trainings: 3, samples: 3_400_000 };

export function summary(mean: number, sd = 0.0004, n = 3): MetricSummary {
  return { mean, sd, n, ci: [mean - 0.002, mean + 0.002] };
}

export function metrics(mean: number): MetricTable {
  return {
    validation: { auc: summary(mean + 0.001), logloss: summary(0.43) },
    test: { auc: summary(mean), logloss: summary(0.431) },
  };
}

export function modelScore(model: string, mean: number): ModelScore {
  return { model, assignment: { dropout: 0.1 }, metrics: metrics(mean), cost };
}

const contract: ProfileResult['contract'] = {
  hash: 'c0ffee'.repeat(10),
  task: 'ctr',
  split: 'time',
  regime: 'frozen',
  label: 'click',
  candidateSet: 'impressions',
  duplicates: 'kept',
  rows: { train: 8000, validation: 1000, test: 1000 },
  clusterBy: 'user',
};

export const initResult: InitResult = {
  configPath: '/work-dir/automodel.json',
  task: 'ctr',
  split: 'time',
  label: 'click',
  tables: [{ name: 'events', kind: 'events', files: ['events.csv'], rows: 10_000, joinKeys: [] }],
  columns: [
    { table: 'events', column: 'user', role: 'user_id', confidence: 0.97, reason: 'name and many repeats' },
    {
      table: 'events',
      column: 'watch_ms',
      role: 'leak',
      confidence: 0.9,
      reason: 'AUC of this column alone is 0.99',
    },
  ],
  questions: [
    {
      id: 'label',
      question: 'Which column is the label?',
      guess: 'click',
      options: ['click', 'like'],
      setting: 'label',
    },
  ],
};

export const profileResult: ProfileResult = {
  contract,
  tables: initResult.tables,
  columns: [
    {
      table: 'events',
      column: 'user',
      role: 'user_id',
      type: 'BIGINT',
      distinct: 900,
      missing: 0.031,
      min: '1',
      max: '900',
    },
  ],
  duplicateRows: 12,
  users: 900,
  items: 300,
  labelMean: { train: 0.31, validation: 0.3, test: null },
  probes: [
    { probe: 'label-copy', table: 'events', column: 'watch_ms', verdict: 'leak', message: 'AUC 0.99 alone' },
    { probe: 'id-permutation', table: null, column: null, verdict: 'clean', message: 'nothing moved' },
  ],
  refused: [{ table: 'events', column: 'watch_ms', role: 'leak', reason: 'AUC 0.99 alone' }],
};

export const auditResult: AuditResult = {
  findings: [
    {
      probe: 'label-copy',
      severity: 'medium',
      columns: ['events.watch_ms'],
      evidence: 'alone it ranks the label with AUC 0.990 (0.98 or more is a copy)',
      remedy: 'Give events.watch_ms the role leak (or signal) in automodel.json, or accept it there.',
    },
    {
      probe: 'duplicate-rows',
      severity: 'medium',
      columns: [],
      evidence: '120 of 10000 rows of events (1.20 %) repeat another row in every column',
      remedy: 'Set "duplicates": "drop" in automodel.json, unless an event may happen twice in one moment.',
    },
  ],
  probes: [
    { probe: 'label-copy', outcome: 'found', reason: null, seconds: 1.25 },
    { probe: 'duplicate-rows', outcome: 'found', reason: null, seconds: 0.01 },
    { probe: 'future-rows', outcome: 'passed', reason: null, seconds: 2.5 },
    {
      probe: 'tie-order',
      outcome: 'skipped',
      reason: 'only next-item tasks go by the order of events',
      seconds: 0,
    },
  ],
  worst: 'medium',
  cached: [],
};

export const trainResult: TrainResult = {
  model: 'dcnv2',
  seeds: [1, 2, 3],
  hyperParameters: { dropout: 0.1 },
  contract,
  metrics: metrics(0.739),
  floors: [modelScore('popularity', 0.64), modelScore('lr', 0.732)],
  comparisons: [
    { against: 'lr', metric: 'auc', split: 'test', difference: 0.007, ci: [0.004, 0.01], se: 0.0015 },
  ],
  cost,
  parameters: 1_200_000,
  flopsPerSample: 400_000,
  artefact: 'a4b1'.repeat(16),
  artefactPath: '/work-dir/.automodel/artefacts/a4b1',
  tuned: { trials: 6, chosen: { dropout: 0.1 } },
  testOpenings: 1,
};

export const predictResult: PredictResult = {
  artefact: 'a4b1'.repeat(16),
  model: 'dcnv2',
  rows: 1000,
  out: '/work-dir/scores.parquet',
};

export const evaluateResult: EvaluateResult = {
  contract,
  rows: 1000,
  metrics: metrics(0.739),
  testOpenings: 2,
};

export const evolveResult: EvolveResult = {
  runId: 'run-1',
  outcome: 'accepted',
  nullRun: false,
  resumed: false,
  metric: 'auc',
  contract,
  floors: [modelScore('popularity', 0.64), modelScore('rates', 0.73)],
  baseline: modelScore('lr', 0.7318),
  best: modelScore('dcnv2', 0.7391),
  improvement: { metric: 'auc', split: 'test', difference: 0.0073, ci: [0.0041, 0.0104], se: 0.0016 },
  trials: {
    proposed: 24,
    scored: 16,
    stoppedEarly: 7,
    faults: 1,
    best: 0.7388,
    byProposer: { random: { proposed: 5, scored: 4, stoppedEarly: 1, faults: 0, best: 0.736 } },
  },
  gate: [
    {
      look: 1,
      trial: 14,
      model: 'dcnv2',
      verdict: 'accept',
      difference: 0.0069,
      lower: 0.0038,
      upper: 0.01,
      alpha: 0.0125,
      power: 0.81,
      minimumGain: 0.0031,
      seeds: 5,
      lost: 0,
      failed: 0,
    },
  ],
  minimumGain: { value: 0.0012, source: 'resolvable' },
  testOpenings: { before: 2, thisRun: 1 },
  refit: {
    fittedOn: 'train+validation',
    epochs: 3,
    artefact: 'b2'.repeat(32),
    artefactPath: '/work-dir/.automodel/artefacts/b2',
  },
  refused: [{ table: 'events', column: 'watch_ms', role: 'leak', reason: 'AUC 0.99 alone' }],
  learned: ['dropout near 0.1 helps'],
  control: null,
  cost,
  report: '/work-dir/.automodel/reports/run-1.html',
};

export const nothingBetter: EvolveResult = {
  ...evolveResult,
  outcome: 'nothing-better',
  best: evolveResult.baseline,
  improvement: null,
  refit: null,
  gate: [],
};

export const salvageResult: SalvageResult = {
  journal: '/work-dir/.automodel/journal.sqlite',
  events: 41,
  laterFacts: 12,
  damage: 'Journal /work-dir/.automodel/journal.sqlite is damaged: event 42 does not match its hash',
  damagedCopy: '/work-dir/.automodel/journal.sqlite.damaged',
};

export const calibrateResult: MeasuredCalibration = {
  kind: 'measured',
  contractHash: contract.hash,
  metric: 'auc',
  alpha: 0.0042,
  power: 0.8,
  gateSeeds: 5,
  models: [
    { model: 'lr', role: 'baseline', runs: 16, lost: 0, failed: 0, secondsPerRun: 1.2 },
    { model: 'dnn', role: 'deep', runs: 14, lost: 2, failed: 0, secondsPerRun: 4.5 },
  ],
  metrics: [
    {
      metric: 'auc',
      primary: true,
      models: [
        { model: 'lr', mean: 0.7311, sd: 0.0021, seedSd: 0.0001, userSe: 0.0021 },
        { model: 'dnn', mean: 0.7348, sd: 0.0024, seedSd: 0.0012, userSe: 0.0021 },
      ],
      pooled: { sd: 0.0009, degreesOfFreedom: 28, ci: [0.0007, 0.0012], drifted: true },
      difference: { userSe: 0.0008, userDf: 212 },
      falseAccepts: [
        {
          level: 'one-look',
          alpha: 0.05,
          pairs: 200,
          disjointPairs: 2,
          accepted: 9,
          rate: 0.045,
          ci: [0.001, 0.68],
        },
      ],
      resolvable: [
        { seeds: 2, gain: 0.0052 },
        { seeds: 5, gain: 0.0041 },
      ],
      userLimit: 0.0028,
      affordable: { seeds: 31, gain: 0.0031 },
      wanted: {
        gain: 0.001,
        seeds: null,
        reason:
          'the users of the validation split alone allow no less than 0.0028; more users are needed, not more seeds',
      },
    },
    {
      metric: 'logloss',
      primary: false,
      models: [{ model: 'lr', mean: 0.43, sd: 0.0031, seedSd: 0.0003, userSe: 0.0031 }],
      pooled: { sd: 0.0003, degreesOfFreedom: 15, ci: [0.0002, 0.0005], drifted: false },
      difference: null,
      falseAccepts: [],
      resolvable: [],
      userLimit: null,
      affordable: null,
      wanted: null,
    },
  ],
  cost: { seconds: 82, trainings: 30 },
};

const share = { rate: 0.021, ci: [0.018, 0.024] as [number, number] };

export const simulateResult: SimulatedGate = {
  kind: 'simulated',
  runs: 10_000,
  candidates: 500,
  seed: 1,
  plan: { maxLooks: 20, alpha: 0.05, gateSeeds: 5, contenders: 3, calibrationSeeds: 11, finalSeeds: 3 },
  worlds: [
    {
      name: 'even',
      userSe: 1,
      userDf: 999,
      kinship: 0.7,
      looksPerRun: 13.2,
      falseAccepts: [
        { decides: 'gate', control: false, runs: 210, ...share },
        { decides: 'same-users', control: true, runs: 8722, rate: 0.8722, ci: [0.866, 0.879] },
      ],
      planted: [
        {
          gainInSd: 4,
          decides: 'gate',
          found: share,
          falseAccepts: share,
          firstLook: share,
          toldPower: 0.02,
        },
      ],
      reported: [{ report: 'best-screening', meanError: 4.34, se: 0.006 }],
    },
  ],
  target: 0.056,
  kept: true,
  seconds: 61,
};

export const reportResult: ReportResult = { runId: 'run-1', html: '/work-dir/.automodel/reports/run-1.html' };

export const worldResult: WorldResult = {
  out: '/work-dir/world',
  seed: 1,
  nullWorld: false,
  files: [{ path: '/work-dir/world/events.parquet', rows: 10_000 }],
  rows: 10_000,
  planted: [{ column: 'watch_ms', kind: 'leak' }],
};

export const doctorResult: DoctorResult = {
  checks: [
    { name: 'node', ok: true, message: 'Node 20.19', remedy: null },
    { name: 'libsql', ok: false, message: 'does not load', remedy: 'Run npm ci again.' },
  ],
  healthy: false,
};

export const experimentAnalyzeResult: ExperimentAnalyzeResult = {
  control: 'old',
  form: 'long',
  inference: 'fixed-horizon',
  alpha: 0.05,
  tunedFor: 5000,
  correction: 'holm',
  arms: [
    { variant: 'old', units: 5010, expectedShare: 0.5 },
    { variant: 'new', units: 4990, expectedShare: 0.5 },
  ],
  checks: [
    { name: 'sample-ratio', passed: true, p: 0.84, message: 'units fell into the variants as planned' },
    { name: 'one-variant-per-unit', passed: true, p: null, message: 'every unit saw one variant' },
  ],
  metrics: [
    {
      name: 'clicks',
      role: 'success',
      kind: 'mean',
      direction: 'up',
      arms: [
        { variant: 'old', units: 5010, value: 2.01, sd: 3.1 },
        { variant: 'new', units: 4990, value: 2.22, sd: 3.2 },
      ],
      comparisons: [
        {
          variant: 'new',
          absolute: {
            estimate: 0.21,
            se: 0.063,
            df: 9980.2,
            fixedHorizon: { p: 0.0009, ci: [0.087, 0.333] },
            alwaysValid: { p: 0.021, ci: [0.014, 0.406] },
          },
          relative: {
            estimate: 0.1045,
            se: 0.033,
            df: 9980.2,
            fixedHorizon: { p: 0.0015, ci: [0.04, 0.169] },
            alwaysValid: { p: 0.03, ci: [0.003, 0.206] },
          },
          note: null,
          judgedOn: 'relative',
          p: 0.0015,
          adjustedP: 0.0015,
          outcome: 'better',
          worse: false,
          guardrail: null,
          covariate: { theta: 0.61, varianceRemoved: 0.34 },
          bayesian: {
            estimate: 0.1045,
            ci: [0.04, 0.169],
            chanceToWin: 0.9992,
            risk: { control: 0.1045, treatment: 0.00001 },
          },
          novelty: {
            lateFromDay: 4,
            units: 7000,
            windows: [
              { fromDay: 0, toDay: 1, lift: 0.21, se: 0.04 },
              { fromDay: 1, toDay: 2, lift: 0.12, se: 0.04 },
              { fromDay: 2, toDay: 4, lift: 0.06, se: 0.035 },
              { fromDay: 4, toDay: null, lift: -0.01, se: 0.03 },
            ],
            early: { lift: 0.14, se: 0.03 },
            late: { lift: -0.01, se: 0.03, p: 0.8 },
            fade: { lift: 0.15, se: 0.035, p: 0.0012 },
            outcome: 'fades',
          },
        },
      ],
    },
    {
      name: 'hides',
      role: 'guardrail',
      kind: 'proportion',
      direction: 'down',
      arms: [
        { variant: 'old', units: 5010, value: 0, sd: 0 },
        { variant: 'new', units: 4990, value: null, sd: null },
      ],
      comparisons: [
        {
          variant: 'new',
          absolute: null,
          relative: null,
          note: 'the values do not vary',
          judgedOn: 'relative',
          p: null,
          adjustedP: null,
          outcome: 'undecided',
          worse: false,
          guardrail: { margin: 0.02, bound: -0.011, p: 0.004 },
          covariate: null,
          bayesian: null,
          novelty: null,
        },
      ],
    },
  ],
  verdicts: [
    { variant: 'new', verdict: 'EXTEND', reasons: ['significantly better: clicks', 'not shown safe: hides'] },
  ],
  segments: [
    {
      column: 'country',
      value: 'DE',
      arms: [
        { variant: 'old', units: 2010 },
        { variant: 'new', units: 1990 },
      ],
      metrics: [
        {
          name: 'clicks',
          role: 'success',
          kind: 'mean',
          direction: 'up',
          arms: [
            { variant: 'old', units: 2010, value: 2, sd: 3 },
            { variant: 'new', units: 1990, value: 2.1, sd: 3 },
          ],
          comparisons: [
            {
              variant: 'new',
              absolute: null,
              relative: {
                estimate: 0.05,
                se: 0.047,
                df: 3990,
                fixedHorizon: { p: 0.29, ci: [-0.042, 0.142] },
                alwaysValid: { p: 1, ci: [-0.11, 0.21] },
              },
              note: null,
              judgedOn: 'relative',
              p: 0.29,
              adjustedP: 0.58,
              outcome: 'undecided',
              worse: false,
              guardrail: null,
              covariate: null,
              bayesian: null,
              novelty: null,
            },
          ],
        },
      ],
    },
  ],
  leftOut: {
    unitsInSeveralVariants: 2,
    examples: ['exposures.csv, row 17', 'exposures.csv, row 40'],
    exposureRowsWithoutUnitOrVariant: 0,
    metricRowsOfUnexposedUnits: 12,
    metricRowsBeforeExposure: 3,
  },
};

export const experimentPlanResult: ExperimentPlanResult = {
  purpose: 'lift',
  inference: 'fixed-horizon',
  effect: 0.05,
  solvedFor: 'units',
  baseline: { mean: 0.1, sd: 0.3 },
  alpha: 0.05,
  power: 0.8,
  powerPerTest: 0.9,
  units: 154_480,
  arms: [
    { arm: 'control', share: 0.5, units: 77_240 },
    { arm: 'treatment', share: 0.5, units: 77_240 },
  ],
  days: 16,
  wholeWeeks: 21,
};

export const serveResult: ServeResult = {
  url: 'http://127.0.0.1:8080',
  host: '127.0.0.1',
  port: 8080,
  authenticated: true,
  version: 'popular-1',
  pid: 4711,
};

export const planFigures: PlanFigures = {
  plan: {
    precision: 'float32',
    tables: 'float32',
    modelThreads: 1,
    modelInstances: 1,
    optimisation: 'all',
    candidates: 500,
  },
  serviceMs: 4.1,
  p50Ms: 4.4,
  p99Ms: 12.5,
  utilisation: 0.41,
  memoryMb: 14.2,
  costPerThousand: 0.0000512,
  quality: [],
  breaks: [],
};

export const planServingResult: PlanServingResult = {
  model: 'dcnv2',
  artefact: '3f2a',
  limits: {
    rate: 100,
    p99Ms: 25,
    memoryMb: null,
    costPerThousand: null,
    pricePerCoreHour: 0.04,
    metricMargin: 0.001,
    valueMargin: 0.01,
  },
  machine: { threads: 2 },
  requests: 200,
  reference: planFigures,
  chosen: {
    ...planFigures,
    plan: {
      precision: 'int8',
      tables: 'float16',
      modelThreads: 1,
      modelInstances: 2,
      optimisation: 'all',
      candidates: 500,
    },
    serviceMs: 2.2,
    costPerThousand: 0.0000281,
    quality: [{ metric: 'auc', difference: -0.00004, lower: -0.0002, users: 812, margin: 0.001 }],
  },
  measured: [
    planFigures,
    {
      ...planFigures,
      p50Ms: null,
      p99Ms: null,
      utilisation: 1.2,
      breaks: [{ limit: 'p99', is: null, allowed: 25 }],
    },
  ],
  hopeless: 12,
  experiment: null,
  kernels: [
    {
      precision: 'int8',
      tables: 'float16',
      modelThreads: 1,
      optimisation: 'all',
      requestMs: 0.3,
      candidateMs: 0.004,
      error: 0.03,
      flopsPerSecond: 1.2e11,
    },
    {
      precision: 'float32',
      tables: 'float32',
      modelThreads: 1,
      optimisation: 'all',
      requestMs: 0.3,
      candidateMs: 0,
      error: 0.03,
      flopsPerSecond: null,
    },
  ],
  applied: false,
};

const trainingFigures: TrainingFigures = {
  plan: { workers: 1, threads: 2, prefetch: 1, batchSize: 1024 },
  rowsPerSecond: 41_200,
  ratio: { median: 1, lower: 1, upper: 1, confidence: 0.96 },
  rounds: 9,
  trainingsPerHour: 148.3,
  stepMs: 24.9,
  coresBusy: 1.94,
  rowsPerCoreSecond: 21_500,
  memoryMb: 310,
  breaks: [],
};

export const planTrainingResult: PlanTrainingResult = {
  model: 'dcnv2',
  hyperParameters: { embeddingDim: 16 },
  limits: { memoryMb: 500, cores: null, metricMargin: 0.001 },
  machine: { threads: 2, othersBusy: 0.04 },
  rowsPerEpoch: 100_000,
  maxEpochs: 10,
  stepFlops: 2.8e9,
  reference: trainingFigures,
  alone: trainingFigures,
  together: {
    ...trainingFigures,
    plan: { workers: 2, threads: 1, prefetch: 1, batchSize: 2048 },
    rowsPerSecond: 61_800,
    ratio: { median: 1.5, lower: 1.42, upper: 1.58, confidence: 0.96 },
    trainingsPerHour: 222.5,
  },
  measured: [
    trainingFigures,
    {
      ...trainingFigures,
      plan: { workers: 2, threads: 1, prefetch: 0, batchSize: 1024 },
      memoryMb: 620,
      breaks: [{ limit: 'memory', is: 620, allowed: 500 }],
    },
  ],
  kernels: [
    {
      workers: 1,
      threads: 2,
      prefetch: 1,
      stepMs: 2.4,
      flopsPerSecond: 1.21e11,
      bytesPerSecond: 3.3e10,
      error: 0.041,
    },
    {
      workers: 2,
      threads: 1,
      prefetch: 1,
      stepMs: 25,
      flopsPerSecond: null,
      bytesPerSecond: null,
      error: 0.1,
    },
  ],
  parts: { wallMs: 24.9, computeMs: 21.2, prepareMs: 6.1, updateMs: 4.4, deeperPrefetch: 0.004 },
  evaluationMs: 380,
  batch: {
    given: 1024,
    chosen: 2048,
    trials: [
      {
        batchSize: 4096,
        faster: 1.31,
        metric: 'auc',
        difference: -0.0021,
        lower: -0.0034,
        seeds: 5,
        margin: 0.001,
        rowsSeen: 1.1,
        accepted: false,
      },
      {
        batchSize: 2048,
        faster: 1.17,
        metric: 'auc',
        difference: 0.0001,
        lower: -0.0006,
        seeds: 5,
        margin: 0.001,
        rowsSeen: 1,
        accepted: true,
      },
    ],
    seeds: 5,
  },
  applied: false,
};

const experimentLook: ExperimentLook = {
  atMs: 1_700_000_000_000,
  epoch: 1,
  share: 0.05,
  arms: [
    { variant: 'control', units: 95_000 },
    { variant: 'treatment', units: 5010 },
  ],
  sampleRatioP: 1,
  guards: [
    {
      metric: 'hides',
      variant: 'treatment',
      outcome: 'undecided',
      worse: false,
      lift: -0.001,
      lossAtMost: 0.05,
    },
  ],
  verdicts: [{ variant: 'treatment', verdict: 'EXTEND', reasons: ['no success metric is better'] }],
  decision: { kind: 'advance', reasons: ['nothing speaks against 10 %'], step: 2 },
};

const experimentSummary: ExperimentSummary = {
  id: 'new-model',
  hypothesis: 'it finds more that is liked',
  status: 'running',
  outcome: null,
  reason: null,
  layer: { name: 'default', from: 0, to: 10_000 },
  surfaces: ['recommend'],
  parameters: ['model'],
  share: 0.05,
  step: 1,
  steps: 6,
  arms: [
    { variant: 'control', share: 0.95, units: 95_000 },
    { variant: 'treatment', share: 0.05, units: 5010 },
  ],
  epochs: [
    { share: 0.01, fromMs: 1_699_900_000_000, toMs: 1_699_990_000_000 },
    { share: 0.05, fromMs: 1_699_990_000_000, toMs: null },
  ],
  looks: 1,
  lastLook: experimentLook,
  plannedUnits: 200_000,
};

export const experimentStartResult: ExperimentStartResult = {
  experiment: { ...experimentSummary, looks: 0, lastLook: null },
  plan: { metric: 'clicks', units: 200_000, purpose: 'lift', detectableLift: 0.021, power: 0.8 },
};
export const experimentStatusResult: ExperimentStatusResult = {
  experiments: [experimentSummary],
  holds: [
    {
      surface: 'recommend',
      parameter: 'model',
      holders: [{ experiment: 'new-model', layer: 'default', from: 0, to: 10_000 }],
    },
  ],
};
export const experimentChangeResult: ExperimentChangeResult = {
  experiment: { ...experimentSummary, status: 'stopped', outcome: 'killed', reason: 'errors', share: 0 },
};
export const experimentRampResult: ExperimentRampResult = {
  experiment: experimentSummary,
  look: experimentLook,
  metrics: [],
  checks: [],
};
export const counterfactualResult: CounterfactualResult = {
  identifiable: true,
  reasons: [],
  rows: 10_000,
  units: 1200,
  logged: { value: 0.1, se: 0.003 },
  estimates: [{ method: 'snips', value: 0.12, se: 0.006, ci: [0.108, 0.132] }],
  weights: {
    mean: 1.01,
    se: 0.02,
    largest: 12,
    effectiveSampleSize: 3400,
    clip: 50,
    clippedShare: 0,
    unsupported: null,
  },
  alpha: 0.05,
};

export const demoOnlineResult: DemoOnlineResult = {
  dir: '/home/me/online',
  seed: 11,
  users: 4000,
  items: 600,
  log: { days: 6, impressions: 110_942, clickRate: 0.081 },
  model: { name: 'dcnv2', auc: 0.7312, floor: 'popularity', floorAuc: 0.7015 },
  experiments: [
    {
      id: 'ranking',
      hypothesis: 'A ranking model finds what people want to see',
      control: 'what is newest',
      treatment: 'ranked by dcnv2',
      outcome: 'KEEP',
      reasons: ['treatment: clicks is better'],
      days: 2.5,
      units: 2400,
      treatedUnits: 1200,
      looks: [experimentLook],
      metrics: [
        {
          name: 'clicks',
          role: 'success',
          estimate: 0.512,
          ci: [0.31, 0.72],
          truth: 0.498,
          truthError: 0.013,
        },
        { name: 'likes', role: 'guardrail', estimate: null, ci: null, truth: -0.02, truthError: 0.004 },
      ],
    },
  ],
  answerMs: 1.4,
  report: '/home/me/online/online.html',
  seconds: 312.4,
};
