import { hash32, hashKeys } from '../platform/index.js';
import type { Situation } from './appeal.js';
import { weekdayOf } from './calendar.js';
import { CandidateDraw } from './candidate-draw.js';
import { blankEventRow, type EventRow } from './event-columns.js';
import { drawAt, drawFor } from './outcomes.js';
import { PageView } from './page-view.js';
import { plantColumns } from './planted-row.js';
import type { Policy } from './policy.js';
import {
  isOnWifi,
  leaveChance,
  refundSeconds,
  reportDelay,
  requestLimit,
  sessionBudget,
  sessionTopic,
} from './session-rules.js';
import type { World } from './world.js';

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
  private readonly page: PageView;
  private readonly situation: Situation;
  private readonly row = blankEventRow();
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
    this.page = new PageView(world);
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
    let budget = sessionBudget(key);
    for (let request = 0; request < requestLimit && budget > 0; request += 1) {
      const requestKey = hash32(key, request + 1000);
      const begin = now;
      const before = satisfaction;
      this.requests += 1;
      const filled = this.fillSlate(user, day, now, requestKey);
      const reached = this.page.reachedPositions(user, filled, requestKey);
      this.situation.hour = Math.floor((now % 86_400) / 3600);
      this.page.decide(user, this.slate, reached, this.situation, requestKey);
      let watching = 0;
      for (let position = 0; position < reached; position += 1) {
        this.show(user, now, position, requestKey, sink);
        const { outcome } = this.page;
        satisfaction += outcome.satisfaction;
        // The page is looked through first; what was opened is watched after that.
        if (outcome.click) watching += outcome.seconds;
        now += 1 + (outcome.click ? 0 : Math.round(outcome.seconds));
      }
      now += Math.round(watching);
      // Time runs out, but a good page buys a little more of it.
      budget -= now - begin - refundSeconds * Math.max(0, satisfaction - before);
      if (drawAt(requestKey, 0, drawFor.leave) < leaveChance) break;
    }
    return satisfaction;
  }

  private open(user: number, day: number, key: number): void {
    this.sessions += 1;
    this.situation.day = day;
    this.situation.onWifi = isOnWifi(key);
    this.situation.shownOfTopic.fill(0);
    this.situation.sessionTopic = sessionTopic(this.world, user, key);
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

  private show(user: number, second: number, position: number, requestKey: number, sink: EventSink): void {
    const { situation, page, row } = this;
    const item = this.slate[position];
    const outcome = page.outcomeAt(user, item, position, requestKey);
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
    row.clickProbability = page.chances[position];
    row.aloneProbability = page.alone[position];
    row.satisfaction = outcome.satisfaction;
    const lost = drawAt(requestKey, position, drawFor.lost) < this.world.settings.lostShare;
    sink(this.reported(row, requestKey), lost, this.candidates);
  }

  /** When the feedback arrives, and the columns that the plan calls useless or leaking. */
  private reported(row: EventRow, requestKey: number): EventRow {
    const { position } = row;
    const { delayedShare } = this.world.settings;
    row.reportedSecond = row.second + reportDelay(requestKey, position, row.dwellMs, delayedShare);
    plantColumns(row, requestKey);
    return row;
  }
}
