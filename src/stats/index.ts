/**
 * stats: what the engine believes and why. Metrics from raw predictions (one metric, one definition), their influence
 * per user, two-way intervals over seeds and users, and the gate that decides whether a gain is real. Pure functions on
 * arrays; nothing here reads a file or knows a model.
 */
export { median } from './median.js';
export { medianInterval, type MedianInterval } from './median-interval.js';
export type { Numbers } from './numbers.js';
export { alignScores, checkScores } from './predictions.js';
export { auc, aucPlacements, type AucPlacements } from './auc.js';
export { gauc, type GroupWeights } from './group-auc.js';
export { PROBABILITY_CLIP, logloss, mae, ne, probabilities, rmse, type ScoreKind } from './losses.js';
export { calibrationBins, ece, type CalibrationBin } from './calibration-error.js';
export {
  discountedGain,
  hit,
  hrAtK,
  meanTieRank,
  mrrAtK,
  ndcgAtK,
  recallAtK,
  reciprocalRank,
  type CandidateOptions,
  type RankingMetric,
} from './ranking.js';
export { exactUpTo, rankInList, topKWithTies, type TopK } from './top-k.js';
export { WorstFirst } from './worst-first.js';
export {
  aucInfluence,
  clusterDegreesOfFreedom,
  clusterVariance,
  eceInfluence,
  gaucInfluence,
  loglossInfluence,
  maeInfluence,
  meanInfluence,
  neInfluence,
  rankingInfluence,
  rmseInfluence,
  type Clusters,
  type Influence,
} from './influences.js';
export {
  ctrMetrics,
  metricValues,
  nextItemMetrics,
  scoreCtr,
  scoreNextItem,
  scoreRating,
  type Scoreboard,
} from './scoreboard.js';
export {
  pairedDifference,
  twoWayError,
  twoWayInterval,
  type ErrorParts,
  type PairedDifference,
  type TwoWayError,
  type TwoWayInterval,
  type TwoWayOptions,
} from './two-way.js';
export {
  REQUIRED_SEED_DEGREES_OF_FREEDOM,
  pooledSeedNoise,
  seedNoiseFor,
  type CalibrationGroup,
  type FamilyNoise,
  type PooledSeedNoise,
  type SeedNoise,
} from './seed-noise.js';
export { believedNoise, noiseOfDifference, ownNoise, type DifferenceNoise } from './own-noise.js';
export {
  DEFAULT_LOOKS,
  acceptanceChance,
  alphaForLook,
  judge,
  seedsForGain,
  smallestGain,
  smallestResolvableGain,
  type GateEvidence,
  type GateVerdict,
  type NoiseBudget,
  type SpendingRule,
} from './gate.js';
export {
  contendersOf,
  gatePlan,
  resolvingPower,
  takeLook,
  type GatePlan,
  type Look,
  type LookEvidence,
} from './gate-look.js';
export { adjustPValues, benjaminiHochberg, holm, type Correction } from './multiplicity.js';
export { kolmogorovSmirnov, type KolmogorovSmirnov } from './kolmogorov-smirnov.js';
export { wilsonInterval, type Proportion } from './proportion.js';
export { aaPairs, type AaPair } from './aa-pairs.js';
export {
  gatePolicies,
  gateWorlds,
  mergeTallies,
  negativeControls,
  simulateGate,
  type GatePolicy,
  type GateTally,
  type GateWorld,
  type NegativeControl,
  type SimulatedRace,
  type SimulationPlan,
} from './simulation/index.js';
export { logGamma } from './gamma-functions.js';
export {
  chiSquareCdf,
  chiSquareQuantile,
  chiSquareTail,
  fTail,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from './distributions.js';
export { DecayedCounts, type DecayedCountsOptions, type DecayedCountsState } from './decayed-counts.js';
