import type { EventRow } from './event-columns.js';
import { drawAt, drawFor, engagementScore, normalAt, scoreWithoutClick } from './outcomes.js';

/** Fills the columns of a shown position that the plan calls useless or leaking. */
export function plantColumns(row: EventRow, requestKey: number): void {
  const { position } = row;
  row.shard = Math.floor(16 * drawAt(requestKey, position, drawFor.shard));
  row.jitter = drawAt(requestKey, position, drawFor.jitter);
  row.engagementScore = engagementScore(row.click === 1, normalAt(requestKey, position, drawFor.score));
}

/** Feedback that arrives after the end of the log: the click happened, but this log will never know. */
export function forgetFeedback(row: EventRow): void {
  row.click = 0;
  row.engagementScore = scoreWithoutClick(row.engagementScore);
  row.dwellMs = 0;
  row.liked = 0;
  row.disliked = 0;
}
