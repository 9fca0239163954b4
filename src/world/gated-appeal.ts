import { Rng } from '../platform/index.js';
import type { Appeal, Situation } from './appeal.js';
import { riseTo } from './intercept.js';
import type { Items } from './items.js';
import type { WorldSettings } from './settings.js';
import { latentDim, type TopicMap } from './topic-map.js';
import { interestSlots, type Users } from './users.js';

/** Cosine of interest and item from which a reason of taste begins, and at which it is whole. */
const tasteFrom = 0.55;
const tasteWhole = 0.95;
/** Longest video by age band that fits into a moment, seconds; the first number without wifi, the second with. */
const momentLimits = [
  [16, 30],
  [20, 38],
  [28, 50],
  [40, 70],
  [60, 120],
];
/** How much more often an item is clicked that is alone on its page than one among others. */
const lonelyFactor = 1.7;
/** Random pairs by which the strength of all reasons is set. */
const sampledPairs = 1200;
/** No reason is ever certain. */
const strongest = 0.97;

/**
 * Clicks of the second family. A user opens an item for at least one of a few reasons, each of which is a conjunction: noisy-or
 * over gates, `1 - Π(1 - g_k)`. No sum of effects passes through one link, so no model of the library has this form either.
 *
 * Taste: the best fitting of the user's interests (a maximum, not a mixture), cut off below an angle, damped by a hidden quality that
 * the user's own demand must clear. Companion: the creator's home is the user's, and the video fits into the moment. Habit: the
 * session's topic at the hour of that topic. Bait: curiosity against clickbait, unless the topic was shown too often before.
 */
export function gatedAppeal(settings: WorldSettings, topics: TopicMap, users: Users, items: Items): Appeal {
  // hidden: the quality that a user demands
  const demand = Float64Array.from(
    { length: users.count },
    (_, u) => 0.5 * new Rng([settings.seed, 'demand', u]).normal() - 0.3,
  );

  const cosine = (at: number, item: number): number => {
    let product = 0;
    let left = 0;
    let right = 0;
    for (let d = 0; d < latentDim; d += 1) {
      const a = users.interests[at + d];
      const b = items.place[item * latentDim + d];
      product += a * b;
      left += a * a;
      right += b * b;
    }
    return product / Math.sqrt(left * right);
  };

  const interest = (user: number, item: number, { day, sessionTopic }: Situation): number => {
    const slots = user * interestSlots;
    const second = day >= users.driftDay[user] ? slots + 2 : slots + 1;
    const main = ramp(cosine(slots * latentDim, item));
    const other = 0.6 * ramp(cosine(second * latentDim, item));
    const passing = sessionTopic === items.topic[item] ? 0.45 : 0;
    return Math.max(main, other, passing);
  };

  const gates = (user: number, item: number, situation: Situation, strength: number): number => {
    const topic = items.topic[item];
    const quality = 1 / (1 + Math.exp(-3 * (items.quality[item] - demand[user])));
    const taste = interest(user, item, situation) * (0.35 + 0.65 * quality);
    const limit = momentLimits[users.ageBand[user]][situation.onWifi ? 1 : 0];
    const fits = items.durationSeconds[item] <= limit;
    const companion = fits && items.homeRegion[item] === users.region[user] ? 0.55 : 0;
    const angle = (2 * Math.PI * situation.hour) / 24 - topics.moodAngles[topic];
    const inMood = Math.cos(angle) > 0.6;
    const habit = inMood ? (situation.sessionTopic === topic ? 0.6 : 0.18) : 0;
    const bait = users.curiosity[user] > 0 && items.clickbait[item] > 0.7 ? 0.4 : 0;
    const tired = 1 / (1 + 0.5 * Math.max(0, situation.shownOfTopic[topic] - 2));
    const fresh = situation.day - items.birthDay[item] <= 2 ? 0.1 : 0;
    const observed = settings.interactions * strength;
    const none =
      (1 - Math.min(strongest, settings.taste * strength * taste)) *
      (1 - Math.min(strongest, observed * companion)) *
      (1 - Math.min(strongest, observed * habit)) *
      (1 - Math.min(strongest, observed * bait * tired)) *
      (1 - Math.min(strongest, strength * fresh));
    // Too long for the moment: most reasons come to nothing.
    return (1 - none) * tired * (fits ? 1 : 0.55) * Math.exp(0.3 * users.readiness[user]);
  };

  const strength = strengthFor(settings, users, items, gates);
  return {
    competes: true,
    interest,
    clickProbability(user, item, at) {
      const attention = 1 / (1 + 2 * users.positionDecay[user] * at.position);
      return Math.min(0.95, attention * gates(user, item, at, strength));
    },
  };
}

function ramp(cosine: number): number {
  return Math.max(0, Math.min(1, (cosine - tasteFrom) / (tasteWhole - tasteFrom)));
}

type Gates = (user: number, item: number, situation: Situation, strength: number) => number;

/** Strength of all gates at which random pairs are clicked as often as the settings say, each as if it were alone. */
function strengthFor(settings: WorldSettings, users: Users, items: Items, gates: Gates): number {
  const wanted = Math.min(0.5, lonelyFactor * settings.baseClickRate);
  const situation: Situation = {
    day: 0,
    hour: 0,
    onWifi: true,
    position: 0,
    sessionTopic: -1,
    shownOfTopic: new Uint8Array(256),
  };
  const meanRate = (strength: number): number => {
    let sum = 0;
    for (let n = 0; n < sampledPairs; n += 1) {
      situation.hour = n % 24;
      situation.onWifi = n % 2 === 0;
      // Two steps without a common factor visit users and items evenly.
      sum += gates((n * 7919) % users.count, (n * 104_729) % items.count, situation, strength);
    }
    return sum / sampledPairs;
  };
  return riseTo(wanted, 0, 20, meanRate);
}
