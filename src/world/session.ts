import { hash32, hashKeys, uniformAt } from '../platform/index.js';
import type { Situation } from './appeal.js';
import { weekdayOf } from './calendar.js';
import { blankEventRow, type EventRow } from './event-columns.js';
import { drawAt, drawFor, drawOutcome, normalAt, type Outcome } from './outcomes.js';
import type { Policy } from './policy.js';
import { drawTopic } from './topic-map.js';
import { interestSlots } from './users.js';
import type { World } from './world.js';

/** Most requests of one session. */
const requestLimit = 20;
/** Click probability of a bot, whatever it is shown. */
const botClickProbability = 0.3;
/** Counters of a session's own random numbers. */
const sessionDraw = { wifi: 0, hasTopic: 1, topicSource: 2, topic: 3, budget: 4 } as const;

/** Where shown positions go. Called once per position with an object that is reused. */
export type EventSink = (row: EventRow) => void;

/** Plays sessions of one world under one policy. Holds only scratch memory and the id counters. */
export class SessionPlayer {
  private readonly seedKey: number;
  private readonly slate: Int32Array;
  private readonly propensities: Float64Array;
  private readonly candidates: Int32Array;
  private readonly drawnBy: Int32Array;
  private readonly situation: Situation;
  private readonly row = blankEventRow();
  private readonly outcome: Outcome = {
    click: false,
    dwellMs: 0,
    liked: false,
    disliked: false,
    satisfaction: 0,
    seconds: 0,
  };
  private requests = 0;
  private sessions = 0;

  constructor(
    private readonly world: World,
    private readonly policy: Policy,
  ) {
    const { settings, items, topics } = world;
    this.seedKey = hashKeys(settings.seed, 'sessions');
    this.slate = new Int32Array(settings.slateSize);
    this.propensities = new Float64Array(settings.slateSize);
    this.candidates = new Int32Array(Math.min(settings.candidates, items.count));
    this.drawnBy = new Int32Array(items.count);
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
      const shown = this.fillSlate(user, day, now, requestKey);
      for (let position = 0; position < shown; position += 1) {
        this.situation.hour = Math.floor((now % 86_400) / 3600);
        this.show(user, now, position, requestKey, sink);
        satisfaction += this.outcome.satisfaction;
        now += 1 + Math.round(this.outcome.seconds);
        // Cascade: whoever stops here never sees what lies below, so it is not an impression.
        if (drawAt(requestKey, position, drawFor.stop) >= this.world.users.patience[user]) break;
      }
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

  /** Draws different live items as candidates and lets the policy choose; returns the number of positions. */
  private fillSlate(user: number, day: number, second: number, requestKey: number): number {
    const { items, settings } = this.world;
    const live = items.liveUntil[day + settings.warmupDays];
    const wanted = Math.min(this.candidates.length, live);
    const candidateKey = hash32(requestKey, 1);
    let count = 0;
    if (wanted === live) {
      for (; count < live; count += 1) this.candidates[count] = count;
    } else {
      for (let counter = 0; count < wanted; counter += 1) {
        const item = Math.floor((hash32(candidateKey, counter) / 4294967296) * live);
        if (this.drawnBy[item] === this.requests) continue;
        this.drawnBy[item] = this.requests;
        this.candidates[count++] = item;
      }
    }
    const request = {
      user,
      second,
      candidates: this.candidates,
      candidateCount: count,
      randomKey: hash32(requestKey, 2),
    };
    return this.policy.choose(request, this.slate, this.propensities);
  }

  private show(user: number, second: number, position: number, requestKey: number, sink: EventSink): void {
    const { users, items, appeal } = this.world;
    const { situation, outcome, row } = this;
    const item = this.slate[position];
    situation.position = position;
    const probability =
      users.isBot[user] === 1 ? botClickProbability : appeal.clickProbability(user, item, situation);
    const interest = appeal.interest(user, item, situation);
    drawOutcome(users, items, user, item, probability, interest, requestKey, position, outcome);
    const topic = items.topic[item];
    if (situation.shownOfTopic[topic] < 255) situation.shownOfTopic[topic] += 1;
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
    row.clickProbability = probability;
    row.satisfaction = outcome.satisfaction;
    sink(this.reported(row, requestKey));
  }

  /** When the feedback arrives, and the columns that the plan calls useless or leaking. */
  private reported(row: EventRow, requestKey: number): EventRow {
    const { position } = row;
    const late = drawAt(requestKey, position, drawFor.late) < this.world.settings.delayedShare;
    const wait = -Math.log(1 - drawAt(requestKey, position, drawFor.delay)) * (late ? 6 * 3600 : 20);
    row.reportedSecond = row.second + Math.round(wait + row.dwellMs / 1000);
    row.shard = Math.floor(16 * drawAt(requestKey, position, drawFor.shard));
    row.jitter = drawAt(requestKey, position, drawFor.jitter);
    row.engagementScore =
      1 / (1 + Math.exp(1.5 - 3 * row.click - normalAt(requestKey, position, drawFor.score)));
    return row;
  }
}
