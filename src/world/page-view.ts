import type { Situation } from './appeal.js';
import { drawAt, drawFor, drawOutcome, type Outcome } from './outcomes.js';
import { choosePosition, SlateChoice } from './slate-choice.js';
import type { World } from './world.js';

/** Click probability of a bot, whatever it is shown. */
const botClickProbability = 0.3;
/** Highest chance of a click that a pull from outside can lift an item to. */
const highestChance = 0.95;

/** What one user makes of one page. Holds only scratch memory; every number depends on its arguments alone. */
export class PageView {
  /** by position of the page in hand: interest, chance if nothing else were shown, chance on this page, whether it was clicked */
  readonly interest: Float64Array;
  readonly alone: Float64Array;
  readonly chances: Float64Array;
  readonly clicked: Uint8Array;
  /** what followed from the position that was asked for last */
  readonly outcome: Outcome = {
    click: false,
    dwellMs: 0,
    liked: false,
    disliked: false,
    satisfaction: 0,
    seconds: 0,
  };
  private readonly topicOf: Uint8Array;
  private readonly choice: SlateChoice;

  constructor(private readonly world: World) {
    const { slateSize } = world.settings;
    this.choice = new SlateChoice(slateSize, world.topics.count);
    this.topicOf = new Uint8Array(slateSize);
    this.interest = new Float64Array(slateSize);
    this.alone = new Float64Array(slateSize);
    this.chances = new Float64Array(slateSize);
    this.clicked = new Uint8Array(slateSize);
  }

  /** Cascade: whoever stops at a position never sees what lies below, so that is not an impression. */
  reachedPositions(user: number, filled: number, requestKey: number): number {
    const patience = this.world.users.patience[user];
    let reached = 0;
    while (reached < filled) {
      reached += 1;
      if (drawAt(requestKey, reached - 1, drawFor.stop) >= patience) break;
    }
    return reached;
  }

  /**
   * Decides about the first `reached` positions: at most one click where they compete. Counts them as shown in the situation.
   * @param pull factor on every chance, for what lies outside page and user: a new look, say
   */
  decide(
    user: number,
    slate: Int32Array,
    reached: number,
    situation: Situation,
    requestKey: number,
    pull = 1,
  ): void {
    const { users, items, appeal } = this.world;
    const { topicOf, interest, alone, chances, clicked } = this;
    const isBot = users.isBot[user] === 1;
    for (let position = 0; position < reached; position += 1) {
      const item = slate[position];
      const topic = items.topic[item];
      situation.position = position;
      topicOf[position] = topic;
      interest[position] = appeal.interest(user, item, situation);
      alone[position] = isBot ? botClickProbability : appeal.clickProbability(user, item, situation);
      if (pull !== 1 && !isBot) alone[position] = Math.min(highestChance, pull * alone[position]);
      chances[position] = alone[position];
      clicked[position] = drawAt(requestKey, position, drawFor.click) < alone[position] ? 1 : 0;
      if (situation.shownOfTopic[topic] < 255) situation.shownOfTopic[topic] += 1;
    }
    if (isBot || !appeal.competes) return;
    this.choice.share(alone, topicOf, reached, chances);
    clicked.fill(0);
    const chosen = choosePosition(chances, reached, drawAt(requestKey, 0, drawFor.click));
    if (chosen >= 0) clicked[chosen] = 1;
  }

  /** What followed from a position that was decided about; the object is reused. */
  outcomeAt(user: number, item: number, position: number, requestKey: number): Outcome {
    const { users, items } = this.world;
    const clicked = this.clicked[position] === 1;
    drawOutcome(
      users,
      items,
      user,
      item,
      clicked,
      this.interest[position],
      requestKey,
      position,
      this.outcome,
    );
    return this.outcome;
  }
}
