import { hash32, hashKeys, uniformAt } from '../platform/index.js';
import type { Situation } from './appeal.js';
import { weekdayOf } from './calendar.js';
import { CandidateDraw } from './candidate-draw.js';
import { blankEventRow, type EventRow } from './event-columns.js';
import { drawAt, drawFor, drawOutcome, engagementScore, normalAt, type Outcome } from './outcomes.js';
import type { Policy } from './policy.js';
import { choosePosition, SlateChoice } from './slate-choice.js';
import { drawTopic } from './topic-map.js';
import { interestSlots } from './users.js';
import type { World } from './world.js';

/** Most requests of one session. */
const requestLimit = 20;
/** Click probability of a bot, whatever it is shown. */
const botClickProbability = 0.3;
/** Counters of a session's own random numbers. */
const sessionDraw = { wifi: 0, hasTopic: 1, topicSource: 2, topic: 3, budget: 4 } as const;

/**
 * Where shown positions go. Called once per position with an object that is reused.
 * @param lost whether the event never reaches the log
 * @param candidates items that the policy could choose from; overwritten by the next request
 */
export type EventSink = (row: EventRow, lost: boolean, candidates: Int32Array) => void;

/** Plays sessions of one world under one policy. Holds only scratch memory and the id counters. */
export class SessionPlayer {
  private readonly seedKey: number;
  private readonly slate: Int32Array;
  private readonly propensities: Float64Array;
  private readonly draw: CandidateDraw;
  private readonly choice: SlateChoice;
  private readonly situation: Situation;
  /** by position of the slate in hand */
  private readonly topicOf: Uint8Array;
  private readonly interest: Float64Array;
  private readonly alone: Float64Array;
  private readonly chances: Float64Array;
  private readonly clicked: Uint8Array;
  private readonly row = blankEventRow();
  private readonly outcome: Outcome = {
    click: false,
    dwellMs: 0,
    liked: false,
    disliked: false,
    satisfaction: 0,
    seconds: 0,
  };
  private candidates: Int32Array = new Int32Array(0);
  private requests = 0;
  private sessions = 0;

  constructor(
    private readonly world: World,
    private readonly policy: Policy,
  ) {
    const { settings, items, topics } = world;
    const { slateSize } = settings;
    this.seedKey = hashKeys(settings.seed, 'sessions');
    this.slate = new Int32Array(slateSize);
    this.propensities = new Float64Array(slateSize);
    this.draw = new CandidateDraw(settings.candidates, items.count);
    this.choice = new SlateChoice(slateSize, topics.count);
    this.topicOf = new Uint8Array(slateSize);
    this.interest = new Float64Array(slateSize);
    this.alone = new Float64Array(slateSize);
    this.chances = new Float64Array(slateSize);
    this.clicked = new Uint8Array(slateSize);
    this.situation = {
      day: 0,
      hour: 0,
      onWifi: false,
      position: 0,
      sessionTopic: -1,
      shownOfTopic: new Uint8Array(topics.count),
    };
  }

  /**
   * Plays one session that starts at `second` and hands every shown position to `sink`. Random numbers depend on the
   * seed, user, day, session number, request and position alone, so that two policies meet the same user.
   * @returns the satisfaction that the session brought
   */
  play(user: number, day: number, number: number, second: number, sink: EventSink): number {
    const key = hashKeys(this.seedKey, user, day, number);
    this.open(user, day, key);
    let now = second;
    let satisfaction = 0;
    let budget = 40 * Math.exp(0.6 * Math.sqrt(3) * (2 * uniformAt(key, sessionDraw.budget) - 1));
    for (let request = 0; request < requestLimit && budget > 0; request += 1) {
      const requestKey = hash32(key, request + 1000);
      const begin = now;
      const before = satisfaction;
      this.requests += 1;
      const reached = this.reachedPositions(user, this.fillSlate(user, day, now, requestKey), requestKey);
      this.situation.hour = Math.floor((now % 86_400) / 3600);
      this.decide(user, reached, requestKey);
      let watching = 0;
      for (let position = 0; position < reached; position += 1) {
        this.show(user, now, position, requestKey, sink);
        satisfaction += this.outcome.satisfaction;
        // The page is looked through first; what was opened is watched after that.
        if (this.outcome.click) watching += this.outcome.seconds;
        now += 1 + (this.outcome.click ? 0 : Math.round(this.outcome.seconds));
      }
      now += Math.round(watching);
      // Time runs out, but a good page buys a little more of it.
      budget -= now - begin - 12 * Math.max(0, satisfaction - before);
      if (drawAt(requestKey, 0, drawFor.leave) < 0.3) break;
    }
    return satisfaction;
  }

  private open(user: number, day: number, key: number): void {
    const { users, topics } = this.world;
    this.sessions += 1;
    this.situation.day = day;
    this.situation.onWifi = uniformAt(key, sessionDraw.wifi) < 0.6;
    this.situation.shownOfTopic.fill(0);
    this.situation.sessionTopic = -1;
    if (uniformAt(key, sessionDraw.hasTopic) >= 0.4) return;
    const uniform = uniformAt(key, sessionDraw.topic);
    this.situation.sessionTopic =
      uniformAt(key, sessionDraw.topicSource) < 0.6
        ? users.interestTopic[user * interestSlots + (uniform < 0.6 ? 0 : 1)]
        : drawTopic(topics, uniform);
  }

  /** Draws the candidates and lets the policy choose; returns the number of positions. */
  private fillSlate(user: number, day: number, second: number, requestKey: number): number {
    const { items, settings } = this.world;
    this.candidates = this.draw.draw(items.liveUntil[day + settings.warmupDays], hash32(requestKey, 1));
    const request = {
      user,
      second,
      candidates: this.candidates,
      candidateCount: this.candidates.length,
      randomKey: hash32(requestKey, 2),
    };
    return this.policy.choose(request, this.slate, this.propensities);
  }

  /** Cascade: whoever stops at a position never sees what lies below, so that is not an impression. */
  private reachedPositions(user: number, filled: number, requestKey: number): number {
    const patience = this.world.users.patience[user];
    let reached = 0;
    while (reached < filled) {
      reached += 1;
      if (drawAt(requestKey, reached - 1, drawFor.stop) >= patience) break;
    }
    return reached;
  }

  /** What the user makes of the positions that were reached: at most one click where they compete. */
  private decide(user: number, reached: number, requestKey: number): void {
    const { users, items, appeal } = this.world;
    const { situation, topicOf, interest, alone, chances, clicked } = this;
    const isBot = users.isBot[user] === 1;
    for (let position = 0; position < reached; position += 1) {
      const item = this.slate[position];
      const topic = items.topic[item];
      situation.position = position;
      topicOf[position] = topic;
      interest[position] = appeal.interest(user, item, situation);
      alone[position] = isBot ? botClickProbability : appeal.clickProbability(user, item, situation);
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

  private show(user: number, second: number, position: number, requestKey: number, sink: EventSink): void {
    const { users, items, settings } = this.world;
    const { situation, outcome, row } = this;
    const item = this.slate[position];
    const clicked = this.clicked[position] === 1;
    drawOutcome(users, items, user, item, clicked, this.interest[position], requestKey, position, outcome);
    row.requestId = this.requests;
    row.sessionId = this.sessions;
    row.user = user;
    row.item = item;
    row.second = second;
    row.position = position;
    row.hour = situation.hour;
    row.weekday = weekdayOf(second);
    row.onWifi = situation.onWifi ? 1 : 0;
    row.click = outcome.click ? 1 : 0;
    row.dwellMs = outcome.dwellMs;
    row.liked = outcome.liked ? 1 : 0;
    row.disliked = outcome.disliked ? 1 : 0;
    row.policyId = this.policy.id;
    row.modelVersion = this.policy.modelVersion;
    row.propensity = this.propensities[position];
    row.clickProbability = this.chances[position];
    row.aloneProbability = this.alone[position];
    row.satisfaction = outcome.satisfaction;
    const lost = drawAt(requestKey, position, drawFor.lost) < settings.lostShare;
    sink(this.reported(row, requestKey), lost, this.candidates);
  }

  /** When the feedback arrives, and the columns that the plan calls useless or leaking. */
  private reported(row: EventRow, requestKey: number): EventRow {
    const { position } = row;
    const late = drawAt(requestKey, position, drawFor.late) < this.world.settings.delayedShare;
    const wait = -Math.log(1 - drawAt(requestKey, position, drawFor.delay)) * (late ? 6 * 3600 : 20);
    row.reportedSecond = row.second + Math.round(wait + row.dwellMs / 1000);
    row.shard = Math.floor(16 * drawAt(requestKey, position, drawFor.shard));
    row.jitter = drawAt(requestKey, position, drawFor.jitter);
    row.engagementScore = engagementScore(row.click === 1, normalAt(requestKey, position, drawFor.score));
    return row;
  }
}
