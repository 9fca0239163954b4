/**
 * serving: what lives behind a recommender that answers. The event log (durable before it acknowledges, idempotent, whole again
 * after a crash), the state of items and users that it feeds, snapshots of that state, and versions that are swapped while requests
 * are under way, and the admission of requests (how many are let in, which wait together). Pipelines and models are not its business.
 */
export { Admission, type AdmissionCounts, type AdmissionOptions, type ServedBatch } from './admission.js';
export { Catalogue, type CatalogueItem, type CatalogueState } from './catalogue.js';
export { EventLog, readEventLog, type EventLogOptions, type LogPosition } from './event-log.js';
export { IdWindow, type IdWindowState } from './id-window.js';
export { LiveVersions, type Lease, type Version } from './live-versions.js';
export { ServingState, type KnownRows, type StateContent } from './serving-state.js';
export { eventFolder, ServingStore, type Recovery, type ServingStoreOptions } from './serving-store.js';
export { Slices } from './slices.js';
export { StateSettings, type EventRule, type StateSettingsInput } from './state-settings.js';
export { UserHistories } from './user-histories.js';
