/**
 * journal: the append-only, checksummed memory of a project. One writer at a time, many readers; every event is hashed
 * onto the one before. What a run decided is the canonical projection of its events.
 */
export { readAll, type Journal, type JournalEvent, type JournalHead, type ReadOptions } from './journal.js';
export { openJournal, type JournalOptions } from './open-journal.js';
export { salvageJournal, type KeepLater, type Salvage } from './salvage-journal.js';
export { mendJournal, type Mended } from './mend-journal.js';
export { takeWriterLock, type WriterLock } from './writer-lock.js';
export { MemoryJournal } from './memory-journal.js';
export {
  isInfrastructureFault,
  projectCanonical,
  type CanonicalEvent,
  type CanonicalProjection,
  type ProjectionRules,
} from './canonical-projection.js';
