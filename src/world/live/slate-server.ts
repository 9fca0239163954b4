import type { ItemFeedback } from '../policy.js';
import type { RequestBatch } from './request-batch.js';

/** Answers batches. The fast way into a world; a Recommender is adapted to it. */
export interface SlateServer {
  /** Called at the first midnight and every one after it, with everything that was reported of this server's own pages. */
  startDay?(feedback: ItemFeedback): void;
  /** Writes slates, propensities, filled and version of every entry; entries do not depend on each other. */
  serve(batch: RequestBatch): Promise<void> | undefined;
}
