import { hash32, hashKeys, uniformAt } from '../../platform/index.js';
import type { Situation } from '../appeal.js';
import { secondsPerDay } from '../calendar.js';
import { CandidateDraw } from '../candidate-draw.js';
import { drawAt, drawFor } from '../outcomes.js';
import { PageView } from '../page-view.js';
import {
  isOnWifi,
  leaveChance,
  refundSeconds,
  reportDelay,
  requestLimit,
  sessionBudget,
  sessionTopic,
} from '../session-rules.js';
import { bornBy, dayOf, type LiveWorld } from './live-world.js';
import type { PageRecord } from './page-record.js';
import type { RequestBatch } from './request-batch.js';
import { keptSatisfaction, returnSecond } from './return-time.js';
import { drawPurchase } from './shop.js';
import type { UserStates } from './user-states.js';

export const candidateDraw = hashKeys('candidates');
const dropDraw = hashKeys('dropped page');
const driftDraw = hashKeys('session drift');

/** How an arm treats its pages, beside what it shows. */
export interface Delivery {
  readonly latencyMs: number;
  /** share of pages of which nothing is ever reported */
  readonly dropShare: number;
}

/** Key of a policy's random numbers of one request: the same for every policy, and for no other request. */
export function policyKey(behaviourSeed: number, user: number, ordinal: number): number {
  return hash32(hash32(hashKeys(behaviourSeed, 'policy'), user), ordinal);
}

/**
 * Plays pages: asks for a user, and lets the user answer to what comes. All numbers are keyed by user, session, request and
 * position, so two policies meet the same users, and nothing depends on who else is served.
 */
export class PagePlayer {
  private readonly view: PageView;
  private readonly draw: CandidateDraw;
  private readonly situation: Situation;
  private readonly sessionSeed: number;
  private readonly returnSeed: number;
  private readonly policySeed: number;

  constructor(
    private readonly world: LiveWorld,
    private readonly states: UserStates,
  ) {
    const { settings } = world;
    this.view = new PageView(world);
    this.draw = new CandidateDraw(settings.candidates, world.items.count);
    this.sessionSeed = hashKeys(settings.behaviourSeed, 'sessions');
    this.returnSeed = hashKeys(settings.behaviourSeed, 'returns');
    this.policySeed = hashKeys(settings.behaviourSeed, 'policy');
    this.situation = {
      day: 0,
      hour: 0,
      onWifi: false,
      position: 0,
      sessionTopic: -1,
      shownOfTopic: new Uint8Array(world.topics.count),
    };
  }

  /** Second of a user's first request; Infinity when it never comes. */
  firstSecond(user: number): number {
    const { startSecond, warmupDays } = this.world.settings;
    const joins = Math.max(-warmupDays, this.world.users.joinDay[user]);
    return this.returns(user, startSecond + joins * secondsPerDay);
  }

  /** Writes a user's next request into entry n of a batch; opens a session where none is under way. */
  ask(user: number, batch: RequestBatch, n: number): void {
    const { states } = this;
    if (states.inSession[user] === 0) this.open(user);
    const second = states.nextSecond[user];
    const key = this.requestKey(user);
    const drawn = this.draw.draw(bornBy(this.world, second), hash32(key, candidateDraw));
    batch.user[n] = user;
    batch.ordinal[n] = states.requests[user];
    batch.second[n] = second;
    batch.onWifi[n] = states.onWifi[user];
    batch.candidates.set(drawn, n * batch.candidateLimit);
    batch.candidateCount[n] = drawn.length;
    batch.randomKey[n] = hash32(hash32(this.policySeed, user), states.requests[user]);
  }

  /** Lets a user answer to entry n of a batch: writes the page, and when the user asks again. */
  answer(batch: RequestBatch, n: number, { latencyMs, dropShare }: Delivery, page: PageRecord): void {
    const { states, view } = this;
    const user = batch.user[n];
    const second = batch.second[n];
    const key = this.requestKey(user);
    page.user = user;
    page.second = second;
    page.day = dayOf(this.world, second);
    page.ordinal = states.requests[user];
    page.session = states.sessions[user] - 1;
    page.opensSession = states.sessionRequests[user] === 0;
    page.onWifi = states.onWifi[user] === 1;
    page.arm = batch.arm[n];
    page.version = batch.version[n];
    page.latencyMs = latencyMs;
    page.requestKey = key;
    page.live = bornBy(this.world, second);
    page.dropped = dropShare > 0 && uniformAt(hash32(key, dropDraw), 0) < dropShare;
    page.filled = batch.filled[n];
    for (let position = 0; position < page.filled; position += 1) {
      page.item[position] = batch.slates[n * batch.slateSize + position];
      page.propensity[position] = batch.propensities[n * batch.slateSize + position];
    }
    page.reached = view.reachedPositions(user, page.filled, key);
    this.enter(user, page);
    view.decide(user, page.item, page.reached, this.situation, key, this.novelty(user, page));
    this.leaveTraces(user);
    const { now, gained } = this.outcomes(page);
    states.requests[user] += 1;
    states.sessionRequests[user] += 1;
    states.sessionSatisfaction[user] += gained;
    // Time runs out, but a good page buys a little more of it.
    states.budget[user] -= now - second - refundSeconds * Math.max(0, gained);
    const stays =
      states.sessionRequests[user] < requestLimit &&
      states.budget[user] > 0 &&
      drawAt(key, 0, drawFor.leave) >= this.leaving(latencyMs);
    if (stays) states.nextSecond[user] = Math.max(second + 1, now);
    else this.close(user, now);
  }

  /** What follows position by position. @returns when the page has been watched, and the satisfaction that it brought */
  private outcomes(page: PageRecord): { now: number; gained: number } {
    const { view, states, world } = this;
    const { settings, shop } = world;
    const { user, requestKey } = page;
    let now = page.second + Math.round(page.latencyMs / 1000);
    let watching = 0;
    let gained = 0;
    for (let position = 0; position < page.reached; position += 1) {
      const item = page.item[position];
      const outcome = view.outcomeAt(user, item, position, requestKey);
      page.clickProbability[position] = view.chances[position];
      page.aloneProbability[position] = view.alone[position];
      page.seenSecond[position] = now;
      page.click[position] = outcome.click ? 1 : 0;
      page.dwellMs[position] = outcome.dwellMs;
      page.liked[position] = outcome.liked ? 1 : 0;
      page.hidden[position] = outcome.disliked ? 1 : 0;
      page.satisfaction[position] = outcome.satisfaction;
      page.paid[position] = outcome.click
        ? drawPurchase(shop, settings.purchaseRate, user, item, outcome.satisfaction, requestKey, position)
        : 0;
      page.reportedSecond[position] =
        now + reportDelay(requestKey, position, outcome.dwellMs, settings.delayedShare);
      page.lost[position] = drawAt(requestKey, position, drawFor.lost) < settings.lostShare ? 1 : 0;
      gained += outcome.satisfaction;
      // The page is looked through first; what was opened is watched after that.
      if (outcome.click) watching += outcome.seconds;
      now += 1 + (outcome.click ? 0 : Math.round(outcome.seconds));
      if (outcome.click && outcome.satisfaction > 0)
        if (uniformAt(hash32(requestKey, driftDraw), position) < settings.sessionDrift)
          states.sessionTopic[user] = world.items.topic[item];
    }
    return { now: now + Math.round(watching), gained };
  }

  private open(user: number): void {
    const { states, world } = this;
    const key = hash32(hash32(this.sessionSeed, user), states.sessions[user]);
    states.sessions[user] += 1;
    states.inSession[user] = 1;
    states.sessionKey[user] = key;
    states.sessionRequests[user] = 0;
    states.onWifi[user] = isOnWifi(key) ? 1 : 0;
    states.sessionTopic[user] = sessionTopic(world, user, key);
    states.shownOfTopic.fill(0, user * states.topics, (user + 1) * states.topics);
    states.budget[user] = sessionBudget(key);
    states.sessionSatisfaction[user] = 0;
  }

  private close(user: number, now: number): void {
    const { states } = this;
    const day = dayOf(this.world, now);
    states.inSession[user] = 0;
    states.contentment[user] =
      keptSatisfaction(states.contentment[user], day - states.contentDay[user]) +
      states.sessionSatisfaction[user];
    states.contentDay[user] = day;
    states.nextSecond[user] = this.returns(user, now);
  }

  private returns(user: number, from: number): number {
    const { states, world } = this;
    const key = hash32(hash32(this.returnSeed, user), states.sessions[user]);
    return returnSecond(world, user, from, states.contentment[user], key);
  }

  private requestKey(user: number): number {
    return hash32(this.states.sessionKey[user], this.states.sessionRequests[user] + 1000);
  }

  private enter(user: number, page: PageRecord): void {
    const { situation, states } = this;
    situation.day = page.day;
    situation.hour = Math.floor((page.second % secondsPerDay) / 3600);
    situation.onWifi = page.onWifi;
    situation.sessionTopic = states.sessionTopic[user];
    for (let topic = 0; topic < states.topics; topic += 1)
      situation.shownOfTopic[topic] = states.shownOfTopic[user * states.topics + topic];
  }

  private leaveTraces(user: number): void {
    const { situation, states } = this;
    for (let topic = 0; topic < states.topics; topic += 1)
      states.shownOfTopic[user * states.topics + topic] = situation.shownOfTopic[topic];
  }

  /** Factor on clicks while another version than before is still new to the user. */
  private novelty(user: number, page: PageRecord): number {
    const { states } = this;
    const { noveltyPull, noveltyDays } = this.world.settings;
    if (states.version[user] !== page.version) {
      if (states.version[user] >= 0) states.versionSince[user] = page.second;
      states.version[user] = page.version;
    }
    if (noveltyPull === 0) return 1;
    const days = (page.second - states.versionSince[user]) / secondsPerDay;
    return 1 + noveltyPull * Math.exp(-days / noveltyDays);
  }

  private leaving(latencyMs: number): number {
    const { toleratedLatencyMs, latencyHazard } = this.world.settings;
    const beyond = Math.max(0, latencyMs - toleratedLatencyMs) / 1000;
    return 1 - (1 - leaveChance) * Math.exp(-latencyHazard * beyond);
  }
}
