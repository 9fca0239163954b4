import { hash32, hashKeys } from '../../platform/index.js';
import type { Situation } from '../appeal.js';
import { secondsPerDay } from '../calendar.js';
import { expectedSatisfaction } from '../outcomes.js';
import type { World } from '../world.js';
import type { LiveRequest } from './live-policy.js';
import type { Score } from './ranked-policy.js';

/** What a world is made of; what an oracle must be told. */
type Truth = Pick<World, 'settings' | 'users' | 'items' | 'topics' | 'appeal'>;

/**
 * Truth by which an oracle ranks: the chance of a click on top of a page; what a click would be worth to the user, times its chance; or the chance of a click with
 * more weight on clickbait than users themselves give it.
 */
export type OracleAim = 'click' | 'value' | 'bait';

/**
 * Knows everything about users and items, hidden sides included, and nothing of the mood of the session (its topic, what was
 * shown in it). The upper end of what a model can learn, or nearly so.
 */
export function oracleScore(world: Truth, aim: OracleAim): Score {
  const { settings, users, items, topics, appeal } = world;
  const situation: Situation = {
    day: 0,
    hour: 0,
    onWifi: false,
    position: 0,
    sessionTopic: -1,
    shownOfTopic: new Uint8Array(topics.count),
  };
  return (request, item) => {
    situation.day = Math.floor((request.second - settings.startSecond) / secondsPerDay);
    situation.hour = Math.floor((request.second % secondsPerDay) / 3600);
    situation.onWifi = request.onWifi;
    const chance = appeal.clickProbability(request.user, item, situation);
    if (aim === 'click') return chance;
    if (aim === 'bait') return chance * Math.exp(0.6 * Math.min(2, items.clickbait[item]));
    const worth = expectedSatisfaction(items, item, appeal.interest(request.user, item, situation));
    return users.isBot[request.user] === 1 ? chance : chance * Math.exp(worth);
  };
}

/** People and hours over which an item's mean is taken. */
const meanUsers = 96;
const meanHours = [1, 9, 13, 20];

/**
 * The mean of an oracle's score over people and hours, item by item: what is best for all, with nothing for anybody in particular. As
 * cheap as a table, so it carries the drills with many users.
 */
export function itemScore(world: Truth, aim: OracleAim): Score {
  const { settings, users, items } = world;
  const score = oracleScore(world, aim);
  const candidates = new Int32Array(0);
  const mean = Float64Array.from({ length: items.count }, (_, item) => {
    let sum = 0;
    for (let n = 0; n < meanUsers; n += 1) {
      const user = Math.floor(((n + 0.5) / meanUsers) * users.count);
      const hour = meanHours[n % meanHours.length];
      const second = settings.startSecond + hour * 3600;
      sum += score({ user, second, onWifi: n % 5 < 3, candidates, candidateCount: 0, randomKey: 0 }, item);
    }
    return sum / meanUsers;
  });
  return (_, item) => mean[item];
}

/**
 * A score seen through noise: times exp(noise · z), where z is a standard normal of its own for each user and item. 0 leaves the ranking as it is; the
 * larger, the nearer to chance.
 */
export function degradedScore(score: Score, noise: number, seed: number): Score {
  if (noise === 0) return score;
  const key = hashKeys(seed, 'degraded');
  return (request, item) => {
    const own = hash32(hash32(key, request.user), item);
    const radius = Math.sqrt(-2 * Math.log(1 - hash32(own, 1) / 4294967296));
    return (
      score(request, item) * Math.exp(noise * radius * Math.cos(2 * Math.PI * (hash32(own, 2) / 4294967296)))
    );
  };
}

/** One score for the users of a segment, another for everybody else. */
export function segmentScore(inside: (user: number) => boolean, score: Score, otherwise: Score): Score {
  return (request: LiveRequest, item) =>
    inside(request.user) ? score(request, item) : otherwise(request, item);
}

/** Chance alone: a number of its own for every request and item. */
export const randomScore: Score = (request, item) => hash32(request.randomKey ^ 0x2545f491, item);
