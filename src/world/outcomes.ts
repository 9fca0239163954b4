import { uniformAt } from '../platform/index.js';
import type { Items } from './items.js';
import type { Users } from './users.js';

/** What followed from one shown position. One object is reused for all positions. */
export interface Outcome {
  click: boolean;
  dwellMs: number;
  liked: boolean;
  disliked: boolean;
  /** in about [-2, 2]; what the click was worth to the user, 0 without a click */
  satisfaction: number;
  /** time that the position took */
  seconds: number;
}

/** Purposes of random numbers, so that each event of a position has its own, whatever else is drawn. */
export const drawFor = {
  click: 0,
  satisfaction: 1,
  dwell: 3,
  like: 5,
  dislike: 6,
  lost: 7,
  late: 8,
  delay: 9,
  score: 10,
  jitter: 12,
  shard: 13,
  stop: 14,
  leave: 15,
} as const;
const drawsPerPosition = 16;

/** Uniform number of one purpose at one position of a request. */
export function drawAt(requestKey: number, position: number, purpose: number): number {
  return uniformAt(requestKey, position * drawsPerPosition + purpose);
}

/** Standard normal of one purpose; uses the number of the next purpose as well. */
export function normalAt(requestKey: number, position: number, purpose: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - drawAt(requestKey, position, purpose)));
  return radius * Math.cos(2 * Math.PI * drawAt(requestKey, position, purpose + 1));
}

/**
 * Draws what follows from a position that was clicked or not. A click is bought by interest and clickbait; satisfaction by interest and quality,
 * less clickbait: the two can part.
 */
export function drawOutcome(
  users: Users,
  items: Items,
  user: number,
  item: number,
  clicked: boolean,
  interest: number,
  requestKey: number,
  position: number,
  out: Outcome,
): void {
  out.click = clicked;
  const duration = items.durationSeconds[item];
  if (!out.click) {
    out.dwellMs = Math.round(300 + 1500 * drawAt(requestKey, position, drawFor.dwell));
    out.satisfaction = 0;
    out.liked = false;
    out.disliked = drawAt(requestKey, position, drawFor.dislike) < 0.002;
    out.seconds = out.dwellMs / 1000;
    return;
  }
  out.satisfaction =
    expectedSatisfaction(items, item, interest) + 0.3 * normalAt(requestKey, position, drawFor.satisfaction);
  const watched =
    1 / (1 + Math.exp(-1.5 * out.satisfaction - 0.4 - 0.5 * normalAt(requestKey, position, drawFor.dwell)));
  out.seconds = duration * watched;
  out.dwellMs = Math.round(1000 * out.seconds) + 400;
  const sensitivity = users.qualitySensitivity[user];
  out.liked =
    drawAt(requestKey, position, drawFor.like) <
    0.25 / (1 + Math.exp(1.5 - 2 * sensitivity * out.satisfaction));
  out.disliked = drawAt(requestKey, position, drawFor.dislike) < (out.satisfaction < -0.8 ? 0.08 : 0.004);
}

/** What a click on an item is worth on average to a user with this interest in it. */
export function expectedSatisfaction(items: Items, item: number, interest: number): number {
  return 1.2 * (interest - 0.4) + 0.4 * items.quality[item] - 0.5 * items.clickbait[item];
}

/** Log odds between the scores of a click and of none: five sd of the noise apart, an AUC of about .9998. */
const scoreGap = 5;

/** The planted leak, in (0, 1): a noisy copy of the click. @param noise standard normal */
export function engagementScore(clicked: boolean, noise: number): number {
  return 1 / (1 + Math.exp(scoreGap / 2 - (clicked ? scoreGap : 0) - noise));
}

/** What the score would be, had the click not been there. */
export function scoreWithoutClick(score: number): number {
  const odds = score / (1 - score) / Math.exp(scoreGap);
  return odds / (1 + odds);
}
