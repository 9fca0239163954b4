/**
 * serving: what lives behind a recommender that answers. So far the event log (durable before it acknowledges, idempotent, whole
 * again after a crash), what every user did last, and the admission of requests (how many are let in, which wait together).
 */
export { Admission, type AdmissionCounts, type AdmissionOptions, type ServedBatch } from './admission.js';
export { UserHistories } from './user-histories.js';
export { EventLog, type EventLogOptions } from './event-log.js';
