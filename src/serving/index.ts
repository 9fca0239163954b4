/**
 * serving: what lives behind a recommender that answers. So far the event log: durable before it acknowledges, idempotent, and
 * whole again after a crash.
 */
export { EventLog, type Appended, type EventLogOptions, type ServedEvent } from './event-log.js';
