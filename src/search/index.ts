/**
 * search: policies. Proposers, their shares, asynchronous successive halving, and what may be concluded from the trials.
 * It sees a space and scores, never a model; and it decides as a pure function of (seed, results in job order).
 */
export { successShare } from './allocator.js';
export { searchCurve, type CurvePoint } from './curve.js';
export { parameterEffects, type LevelEffect, type ParameterEffect } from './effects.js';
export { compareWithRandom, expectedBest, type ProposerComparison } from './expected-best.js';
export { finalists, type FinalistTrial } from './finalists.js';
export {
  createFinish,
  finishRuns,
  type Finalist,
  type Finish,
  type FinishOptions,
  type FinishResult,
  type FinishRun,
  type Standing,
} from './finish.js';
export { gainBandit, type GainBanditOptions } from './gain-bandit.js';
export { promotable } from './halving.js';
export { leaders, type Leader } from './leaders.js';
export { projectedOverSpace } from './projection.js';
export type { Allocator, Proposal, ProposalContext, Proposer } from './proposer.js';
export { localMutation } from './proposers/local-mutation.js';
export { randomProposer } from './proposers/random.js';
export { regularisedEvolution, type RegularisedEvolutionOptions } from './proposers/regularised-evolution.js';
export { surrogate, type SurrogateOptions } from './proposers/surrogate.js';
export { treeParzen, type TreeParzenOptions } from './proposers/tree-parzen.js';
export {
  createSearch,
  type BudgetStep,
  type Search,
  type SearchOptions,
  type SearchRecord,
  type SearchSnapshot,
} from './search.js';
export { projectedValues, type Job, type Trial } from './trial.js';
