/**
 * world: a simulated short-video service with planted truth. It makes people, videos, sessions and an event log, so that
 * the engine can be tried, and its verdicts checked, without data from outside. It sees policies, never models.
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
export { createWorld, type World } from './world.js';
export { worldReport, type WorldReport } from './world-report.js';
export { writeWorld } from './write-world.js';
export { InteractiveWorld } from './live/interactive-world.js';
export { LiveLog } from './live/live-log.js';
export { flatLog } from './live/flat-log.js';
