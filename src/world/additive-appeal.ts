import { Rng } from '../platform/index.js';
import type { Appeal } from './appeal.js';
import { interceptFor } from './intercept.js';
import type { Items } from './items.js';
import type { WorldSettings } from './settings.js';
import type { Users } from './users.js';
import { ageBands, devices, regions } from './vocabulary.js';

/**
 * Clicks of the null world: log odds = a + user + item + context, every part a plain sum of effects of single observed
 * values. Nothing interacts, tires, drifts or remembers, so a tuned additive model is the best there can be.
 */
export function additiveAppeal(settings: WorldSettings, users: Users, items: Items): Appeal {
  const rng = new Rng([settings.seed, 'additive']);
  const effects = (count: number, sd: number): Float64Array =>
    Float64Array.from({ length: count }, () => sd * rng.normal());
  const byAge = effects(ageBands.length, 0.3);
  const byDevice = effects(devices.length, 0.3);
  const byRegion = effects(regions.length, 0.3);
  const byCategory = effects(settings.topics, 0.5);
  const byHour = effects(24, 0.15);
  const ofUser = users.readiness.map(
    (readiness, u) =>
      0.5 * readiness + byAge[users.ageBand[u]] + byDevice[users.device[u]] + byRegion[users.region[u]],
  );
  const ofItem = items.quality.map((quality, i) => 0.2 * quality + byCategory[items.category[i]]);
  const pairs = Float64Array.from(
    { length: 4000 },
    (_, n) =>
      // Two steps without a common factor visit users and items evenly.
      ofUser[(n * 7919) % users.count] + ofItem[(n * 104_729) % items.count],
  );
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
  const intercept = interceptFor(settings.baseClickRate, pairs, sigmoid);
  return {
    // A slate that competes is not additive in what a row holds.
    competes: false,
    clickProbability(user, item, { hour, onWifi, position }) {
      return sigmoid(
        intercept + ofUser[user] + ofItem[item] + byHour[hour] + (onWifi ? 0.15 : 0) - 0.08 * position,
      );
    },
    interest: () => 0.5,
  };
}
