/** The situation in which one position is looked at. */
export interface Situation {
  /** logged day; negative during warm-up */
  day: number;
  /** 0 .. 23 */
  hour: number;
  onWifi: boolean;
  position: number;
  /** topic that this session is about; -1 when it is about nothing in particular */
  sessionTopic: number;
  /** items of a topic that were shown before in this session, by topic */
  readonly shownOfTopic: Uint8Array;
}

/** What the user would make of an item: the truth of the world. */
export interface Appeal {
  /** whether the items of a slate compete for one click; otherwise each is clicked or not on its own */
  readonly competes: boolean;
  /**
   * Probability of a click on a shown position if nothing else were shown, attention included.
   * Pure: the same arguments give the same number, whatever was drawn before.
   */
  clickProbability(user: number, item: number, situation: Situation): number;
  /** How well the item suits the user's interests now, in [0, 1]; drives satisfaction. */
  interest(user: number, item: number, situation: Situation): number;
}
