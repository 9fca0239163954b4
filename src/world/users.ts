import { Rng } from '../platform/index.js';
import type { WorldSettings } from './settings.js';
import { drawTopic, latentDim, placeNear, type TopicMap } from './topic-map.js';
import { ageBands, devices, regions } from './vocabulary.js';

/** Interests of a user: the main one, a second one, and the one that replaces the second when taste drifts. */
export const interestSlots = 3;

/** All users, hidden and observed sides, one entry per user. Codes index the lists of vocabulary.ts. */
export interface Users {
  readonly count: number;
  // observed
  readonly ageBand: Uint8Array;
  readonly device: Uint8Array;
  readonly region: Uint8Array;
  /** topic that the user named when signing up; mostly the main interest */
  readonly declaredTopic: Uint8Array;
  readonly registerDays: Int32Array;
  readonly cohortCode: Uint8Array;
  // hidden
  readonly joinDay: Int32Array;
  /** sessions per day, log-normal around the setting */
  readonly activity: Float32Array;
  /** chance to go on to the next position */
  readonly patience: Float32Array;
  /** how fast attention falls with the position */
  readonly positionDecay: Float32Array;
  readonly qualitySensitivity: Float32Array;
  /** pull of clickbait, negative for the sceptical */
  readonly curiosity: Float32Array;
  /** general readiness to click */
  readonly readiness: Float32Array;
  readonly interestTopic: Uint8Array;
  /** [count * interestSlots * latentDim] */
  readonly interests: Float32Array;
  readonly driftDay: Int32Array;
  readonly isBot: Uint8Array;
}

export function createUsers(settings: WorldSettings, topics: TopicMap): Users {
  const { users: n, seed } = settings;
  const users: Users = {
    count: n,
    ageBand: new Uint8Array(n),
    device: new Uint8Array(n),
    region: new Uint8Array(n),
    declaredTopic: new Uint8Array(n),
    registerDays: new Int32Array(n),
    cohortCode: new Uint8Array(n),
    joinDay: new Int32Array(n),
    activity: new Float32Array(n),
    patience: new Float32Array(n),
    positionDecay: new Float32Array(n),
    qualitySensitivity: new Float32Array(n),
    curiosity: new Float32Array(n),
    readiness: new Float32Array(n),
    interestTopic: new Uint8Array(n * interestSlots),
    interests: new Float32Array(n * interestSlots * latentDim),
    driftDay: new Int32Array(n),
    isBot: new Uint8Array(n),
  };
  for (let u = 0; u < n; u += 1) {
    const rng = new Rng([seed, 'user', u]);
    users.ageBand[u] = rng.integer(ageBands.length);
    users.device[u] = rng.integer(devices.length);
    users.region[u] = rng.integer(regions.length);
    users.cohortCode[u] = rng.integer(10);
    users.registerDays[u] = Math.floor(Math.exp(4 + 1.2 * rng.normal()));
    users.joinDay[u] = rng.next() < 0.8 ? -settings.warmupDays : rng.integer(settings.days);
    users.activity[u] = settings.sessionsPerDay * Math.exp(0.7 * rng.normal() - 0.245);
    users.patience[u] = 0.86 + 0.12 * rng.next();
    users.positionDecay[u] = 0.1 * rng.next();
    users.qualitySensitivity[u] = Math.exp(0.5 * rng.normal());
    users.readiness[u] = 0.4 * rng.normal();
    // Younger people fall for clickbait, older ones avoid it, with exceptions.
    users.curiosity[u] = (users.ageBand[u] < 2 ? 0.8 : -0.5) + 0.3 * rng.normal();
    for (let slot = 0; slot < interestSlots; slot += 1) {
      const at = u * interestSlots + slot;
      users.interestTopic[at] = drawTopic(topics, rng.next());
      placeNear(topics, users.interestTopic[at], 0.12, rng, users.interests, at * latentDim);
    }
    const honest = rng.next() < settings.attributeTruth;
    const otherTopic = rng.integer(topics.count);
    users.declaredTopic[u] = honest ? users.interestTopic[u * interestSlots] : otherTopic;
    users.driftDay[u] = rng.integer(2 * settings.days);
    if (rng.next() < settings.botShare) {
      users.isBot[u] = 1;
      users.activity[u] *= 6;
    }
  }
  return users;
}
