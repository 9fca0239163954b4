/**
 * experiments: A/B tests, from the first treated user to the verdict. Two-sample comparisons from moments of units (means, shares,
 * ratios, quantiles, CUPED), fixed-horizon and always-valid inference, the Bayesian view, sample-ratio checks, guardrails, the planner,
 * and the rule that turns them into KEEP, EXTEND or DISCARD; assignment of units, the journal of experiments, epochs read off an
 * event log, the ramp with its rollback; what another policy would have earned. It reads files through the table engine.
 */
export { momentsFromSums, poolMoments, requireFinite, type Moments, type Sums } from './moments.js';
export { estimatePair, type ArmEstimate, type Estimand, type PairEstimate } from './arm-estimate.js';
export { differenceOf, type Difference, type Scale } from './difference.js';
export {
  criticalErrors,
  defaultTuning,
  lowerBound,
  posteriorOf,
  twoSided,
  type Inference,
  type InferenceRule,
  type LowerBound,
  type NormalPrior,
  type Posterior,
} from './inference.js';
export { sampleRatio, sampleRatioAlarm, sequentialSampleRatio, type SampleRatio } from './sample-ratio.js';
export { detectableEffect, powerOf, powerPerTest, unitsFor, type PowerQuestion } from './power.js';
export { alikeBefore, pastDefinitions } from './alike-before.js';
export { reportCheck, type ReportedArm } from './report-check.js';
export { noveltyOf, windowOf, windowStarts, type WindowedMeasure } from './novelty.js';
export { judgeArm, type GuardrailEvidence, type SuccessEvidence, type VerdictEvidence } from './verdict.js';
export {
  compareMetric,
  estimandOf,
  judgedScale,
  mostControlError,
  valueOf,
  type ArmMeasure,
  type Judgement,
} from './compare-metric.js';
export {
  analyseExperiment,
  fewestSequentialUnits,
  type Analysis,
  type AnalysisRules,
  type ExperimentArm,
  type ExperimentData,
  type MeasuredMetric,
  type SegmentData,
} from './analyse.js';
export { readExperiment, type ReadExperiment } from './reading/read-experiment.js';
export { bucketOf, murmur3, unitBucket } from './assignment/bucket.js';
export { assignUnit, plannedArms, treatedShare, type Assigned } from './assignment/assign-unit.js';
export { requireFreshSeed } from './assignment/fresh-seed.js';
export { holdersOf, requireFreeHolds } from './assignment/holds.js';
export { ExperimentStates } from './store/experiment-states.js';
export { ExperimentStore, type ExperimentEvent, type StoreOptions } from './store/experiment-store.js';
export { ExperimentsReader, type UnitVariant } from './store/experiments-reader.js';
export { combineEpochs, type EpochOverlap } from './ramp/combine-epochs.js';
export { decideRamp, isJudged, lossToRuleOut, type RampSight, type RampState } from './ramp/decide-ramp.js';
export { guardLevel, sightGuardrails } from './ramp/sight-guardrails.js';
export { UnitLedger } from './playing/unit-ledger.js';
export {
  judgeCombined,
  playExperiment,
  type ExperimentDoor,
  type ExperimentedTraffic,
  type PlayedExperiment,
} from './playing/play-experiment.js';
export { estimatePolicy, type EstimateRules, type PolicyLog } from './counterfactual/estimate-policy.js';
export { readPolicyLog, type PolicyColumns } from './counterfactual/read-policy-log.js';
export { checkMetrics } from './event-log/epoch-tables.js';
export { readRunning, type ReadEpoch, type ReadRunning } from './event-log/read-running.js';
export { readBaseline, type Baseline } from './event-log/read-baseline.js';
export { summarise } from './store/summarise.js';
