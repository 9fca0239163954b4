/** One recall of an item. */
export interface Recall {
  readonly channel: string;
  /** the channel's own score: comparable within the channel alone */
  readonly score: number;
  /** place among what the channel recalled, from 0 */
  readonly rank: number;
}

/** An item on its way through a request. */
export interface Candidate {
  /** dense index in the catalogue */
  readonly item: number;
  /** what orders candidates now: of the ranking model, then of the stages after it */
  readonly score: number;
  /** every channel that recalled it */
  readonly recalledBy: readonly Recall[];
  /** what stages added to the score, by stage: the answer to "why this item?" */
  readonly parts: Readonly<Record<string, number>>;
  /** chance that the policy puts it where it stands, given the places before; absent: it stands there for certain */
  readonly propensity?: number;
}

/** Best first; ties by item, so that equal requests have equal answers. */
export const byScore = (a: Candidate, b: Candidate): number => b.score - a.score || a.item - b.item;
