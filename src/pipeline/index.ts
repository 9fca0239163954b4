/**
 * pipeline: from a request to a list of items. Recall channels, their merge under quotas, and what comes after the ranking
 * model: diversity, freshness, caps, exploration. Stages are pure functions over candidates; where items, users and models live is not
 * their business.
 */
export { byScore, type Candidate, type Recall } from './candidate.js';
export {
  hashComposition,
  parseComposition,
  withCandidates,
  type Composition,
  type Reranking,
} from './composition.js';
export { mergeRecalled, recallsOf, type Recalled } from './merge.js';
export { Pipeline, type PipelineParts, type RankItems, type Recommended } from './pipeline.js';
export type { RecallChannel, RecallList, RecallRequest } from './recall/channel.js';
export { NearestVectors, type NearestVectorOptions } from './recall/nearest-vectors.js';
export { NeighbourItems, type NeighbourLists, type NeighbourOptions } from './recall/neighbours.js';
export { NewestItems } from './recall/newest.js';
export { PopularItems } from './recall/popular.js';
export { SameValueItems, type ItemValues, type SameValueOptions } from './recall/same-value.js';
export { capped, type CapOptions } from './reranking/caps.js';
export {
  determinantalPointProcess,
  type DeterminantalPointProcessOptions,
} from './reranking/determinantal-point-process.js';
export { explored, type ExplorationOptions } from './reranking/exploration.js';
export { freshness, type FreshnessOptions } from './reranking/freshness.js';
export {
  maximalMarginalRelevance,
  type MaximalMarginalRelevanceOptions,
} from './reranking/maximal-marginal-relevance.js';
export { cosine, unitVectors, type ItemVectors } from './reranking/similarity.js';
