/**
 * world: a simulated short-video service with planted truth. It makes people, videos, sessions and event logs, lets any Recommender serve
 * them day by day, and knows the true effect of one way of serving against another. So the engine, the server and experiments can be
 * tried, and their verdicts checked, without data from outside. It sees policies and recommenders, never models.
 */
export type { Appeal, Situation } from './appeal.js';
export type { EventColumns, EventRow } from './event-columns.js';
export { generateWorld } from './generate-world.js';
export { interactionGap, type InteractionGap } from './interaction-gap.js';
export type { Items } from './items.js';
export {
  popularityPolicy,
  type ItemFeedback,
  type Policy,
  type PolicyRequest,
  type PopularityPolicyOptions,
} from './policy.js';
export { SessionPlayer, type EventSink } from './session.js';
export { defaultWorldSettings, resolveWorldSettings, type WorldSettings } from './settings.js';
export type { Users } from './users.js';
export type { PlantedColumns, WorldLog } from './world-log.js';
export { createWorld, worldFamilies, type World, type WorldFamily } from './world.js';
export { worldReport, type WorldReport } from './world-report.js';
export { writeWorld } from './write-world.js';
export {
  InteractiveWorld,
  type Assign,
  type InteractiveWorldOptions,
  type WorldArm,
} from './live/interactive-world.js';
export { defaultLiveSettings, resolveLiveSettings, type LiveSettings } from './live/live-settings.js';
export { bornBy, createLiveWorld, dayOf, withBehaviour, type LiveWorld } from './live/live-world.js';
export { LiveLog, type ImpressionColumns, type RequestColumns } from './live/live-log.js';
export { credibility, type CredibilityCheck } from './live/credibility.js';
export { flatLog } from './live/flat-log.js';
export { idOf, indexOf, partsOfRequestId, requestIdOf } from './live/ids.js';
export { PageRecord, type Recorder } from './live/page-record.js';
export {
  trueEffect,
  type EffectMetric,
  type EffectScope,
  type TrueEffect,
  type TrueEffectOptions,
} from './live/true-effect.js';
export { unitCounts, UnitTotals, type UnitCount, type UnitTotalsOptions } from './live/unit-totals.js';
export { versionOf, type LivePolicy, type LiveRequest } from './policies/live-policy.js';
export { PolicyRecommender } from './policies/policy-recommender.js';
export { rankedPolicy, type RankedPolicyOptions, type Score } from './policies/ranked-policy.js';
export {
  degradedScore,
  itemScore,
  oracleScore,
  randomScore,
  segmentScore,
  type OracleAim,
} from './policies/scores.js';
export { drillMetrics, type Drill, type ExpectedEffect, type ExpectedVerdict } from './drills/drill.js';
export { drillPolicy, mixedPolicy, ordinaryScore } from './drills/drill-arms.js';
export { calibrateLift, drillTruth, type CalibratedLift, type DrillEffect } from './drills/drill-truth.js';
export {
  baitDrill,
  carryOverDrill,
  drills,
  droppedDrill,
  latencyDrill,
  liftDrill,
  noveltyDrill,
  sameDrill,
  segmentDrill,
} from './drills/drills.js';
