/**
 * serving: what lives behind a recommender that answers. So far the event log (durable before it acknowledges, idempotent, whole
 * again after a crash) and what every user did last.
 */
export { UserHistories } from './user-histories.js';
export { EventLog, readEventLog, type EventLogOptions } from './event-log.js';
