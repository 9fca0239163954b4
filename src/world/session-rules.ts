import { uniformAt } from '../platform/index.js';
import { drawAt, drawFor } from './outcomes.js';
import { drawTopic } from './topic-map.js';
import { interestSlots } from './users.js';
import type { World } from './world.js';

/** Most requests of one session. */
export const requestLimit = 20;
/** Chance to leave after a page for reasons of one's own. */
export const leaveChance = 0.3;
/** Seconds of time that a unit of satisfaction buys back. */
export const refundSeconds = 12;

/** Counters of a session's own random numbers. */
const sessionDraw = { wifi: 0, hasTopic: 1, topicSource: 2, topic: 3, budget: 4 } as const;

/** Seconds that a user has for a session, before any are bought back. */
export function sessionBudget(sessionKey: number): number {
  return 40 * Math.exp(0.6 * Math.sqrt(3) * (2 * uniformAt(sessionKey, sessionDraw.budget) - 1));
}

export function isOnWifi(sessionKey: number): boolean {
  return uniformAt(sessionKey, sessionDraw.wifi) < 0.6;
}

/** Topic that a session is about; -1 when it is about nothing in particular. */
export function sessionTopic({ users, topics }: World, user: number, sessionKey: number): number {
  if (uniformAt(sessionKey, sessionDraw.hasTopic) >= 0.4) return -1;
  const uniform = uniformAt(sessionKey, sessionDraw.topic);
  return uniformAt(sessionKey, sessionDraw.topicSource) < 0.6
    ? users.interestTopic[user * interestSlots + (uniform < 0.6 ? 0 : 1)]
    : drawTopic(topics, uniform);
}

/** Seconds between an impression and the report of what came of it; most within a minute, some by hours. */
export function reportDelay(
  requestKey: number,
  position: number,
  dwellMs: number,
  delayedShare: number,
): number {
  const late = drawAt(requestKey, position, drawFor.late) < delayedShare;
  const wait = -Math.log(1 - drawAt(requestKey, position, drawFor.delay)) * (late ? 6 * 3600 : 20);
  return Math.round(wait + dwellMs / 1000);
}
