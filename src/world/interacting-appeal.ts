import type { Appeal, Situation } from './appeal.js';
import { interceptFor } from './intercept.js';
import type { Items } from './items.js';
import type { WorldSettings } from './settings.js';
import { latentDim, type TopicMap } from './topic-map.js';
import { interestSlots, type Users } from './users.js';

/** Squared width of the radial affinity. */
const widthSquared = 0.4;
/** Weights of the main, the second and the drifted-to interest. */
const mainWeight = 0.8;
const secondWeight = 0.35;
const sessionWeight = 0.25;
/** Below this interest an item leaves the user cold, whatever its quality. */
const interestThreshold = 0.12;
/** Longest video that an age band sits through on a mobile network, seconds; on wifi 1.7 times that. */
const durationLimits = [14, 19, 28, 45, 75];
/** How much more often a pair is clicked that is alone on its page than one among the others of a slate. */
const lonelyFactor = 1.7;

/**
 * Clicks of the ordinary world. Interest is a mixture of radial affinities in a hidden space with a threshold; hidden
 * quality counts only above it; observed attributes interact (age with duration, hour with topic, the user's region
 * with the creator's home); repeated topics tire; positions are examined or not. The click rate is 1 - exp(-exp(v)), so
 * no model of the library has this form.
 */
export function interactingAppeal(
  settings: WorldSettings,
  topics: TopicMap,
  users: Users,
  items: Items,
): Appeal {
  const moodByHour = hourMoods(topics);
  const sessionCentre = new Float64Array(latentDim);

  const affinity = (places: Float32Array | Float64Array, at: number, item: number): number => {
    let squared = 0;
    for (let d = 0; d < latentDim; d += 1) {
      const difference = places[at + d] - items.place[item * latentDim + d];
      squared += difference * difference;
    }
    return Math.exp(-squared / (2 * widthSquared));
  };

  const interest = (user: number, item: number, situation: Situation): number => {
    const slots = user * interestSlots;
    const second = situation.day >= users.driftDay[user] ? slots + 2 : slots + 1;
    let sum =
      mainWeight * affinity(users.interests, slots * latentDim, item) +
      secondWeight * affinity(users.interests, second * latentDim, item);
    if (situation.sessionTopic >= 0) {
      const from = situation.sessionTopic * latentDim;
      for (let d = 0; d < latentDim; d += 1) sessionCentre[d] = topics.centres[from + d];
      sum += sessionWeight * affinity(sessionCentre, 0, item);
    }
    return Math.min(1, sum);
  };

  const utility = (user: number, item: number, situation: Situation): number => {
    const liking = interest(user, item, situation);
    const quality = items.quality[item];
    const topic = items.topic[item];
    const freshness = Math.exp(-Math.max(0, situation.day - items.birthDay[item]) / 2);
    const repeats = situation.shownOfTopic[topic];
    let v = users.readiness[user] + 0.25 * quality + 0.25 * freshness - 0.25 * Math.max(0, repeats - 1);
    if (liking > interestThreshold) {
      v +=
        settings.taste * (4.2 * Math.sqrt(liking) + 0.5 * liking * quality * users.qualitySensitivity[user]);
    } else {
      v -= 0.65 * settings.taste;
    }
    const limit = durationLimits[users.ageBand[user]] * (situation.onWifi ? 1.7 : 1);
    const suits = items.durationSeconds[item] <= limit ? 0.35 : -0.75;
    const near = items.homeRegion[item] === users.region[user] ? 0.8 : -0.1;
    const mood = moodByHour[situation.hour * topics.count + topic];
    const bait = users.curiosity[user] * Math.min(1.5, items.clickbait[item]);
    return v + settings.interactions * (suits + near + mood + 0.6 * bait);
  };

  const clickRate = (v: number): number => -Math.expm1(-Math.exp(v));
  const aloneRate = Math.min(1, lonelyFactor * settings.baseClickRate);
  const intercept = interceptFor(aloneRate, sampleUtilities(users, items, utility), clickRate);
  return {
    competes: true,
    interest,
    clickProbability(user, item, situation) {
      const attention = (1 + situation.position) ** -users.positionDecay[user];
      return attention * clickRate(utility(user, item, situation) + intercept);
    },
  };
}

/** Mood for a topic at an hour: a bump around the topic's favourite hour, about zero on average. [24 * topics] */
function hourMoods(topics: TopicMap): Float64Array {
  return Float64Array.from({ length: 24 * topics.count }, (_, at) => {
    const angle = (2 * Math.PI * Math.floor(at / topics.count)) / 24 - topics.moodAngles[at % topics.count];
    return 0.9 * Math.exp(2 * (Math.cos(angle) - 1)) - 0.3;
  });
}

/** Utilities of random pairs in various situations, for finding the intercept. */
function sampleUtilities(
  users: Users,
  items: Items,
  utility: (user: number, item: number, situation: Situation) => number,
): Float64Array {
  const situation: Situation = {
    day: 0,
    hour: 0,
    onWifi: true,
    position: 0,
    sessionTopic: -1,
    shownOfTopic: new Uint8Array(256),
  };
  return Float64Array.from({ length: 4000 }, (_, n) => {
    situation.hour = n % 24;
    situation.onWifi = n % 2 === 0;
    // Two steps without a common factor visit users and items evenly.
    return utility((n * 7919) % users.count, (n * 104_729) % items.count, situation);
  });
}
