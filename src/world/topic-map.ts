import { Rng } from '../platform/index.js';

/** Dimensions of the latent space that interests and items live in. */
export const latentDim = 8;

/** Where topics lie in the latent space, how common they are and at which hour people are in the mood for them. */
export interface TopicMap {
  readonly count: number;
  /** [count * latentDim], unit vectors */
  readonly centres: Float64Array;
  /** cumulative share of items and interests per topic */
  readonly cumulative: Float64Array;
  /** favourite hour, as an angle in [0, 2π) */
  readonly moodAngles: Float64Array;
}

export function createTopicMap(count: number, seed: number): TopicMap {
  const rng = new Rng([seed, 'topics']);
  const centres = new Float64Array(count * latentDim);
  for (let t = 0; t < count; t += 1) {
    const centre = centres.subarray(t * latentDim, (t + 1) * latentDim);
    for (let d = 0; d < latentDim; d += 1) centre[d] = rng.normal();
    const norm = Math.hypot(...centre);
    for (let d = 0; d < latentDim; d += 1) centre[d] /= norm;
  }
  const shares = Float64Array.from({ length: count }, (_, t) => (t + 3) ** -0.5);
  rng.shuffle(shares);
  const total = shares.reduce((sum, share) => sum + share, 0);
  let sum = 0;
  const cumulative = shares.map((share) => (sum += share / total));
  const moodAngles = Float64Array.from({ length: count }, () => rng.next() * 2 * Math.PI);
  return { count, centres, cumulative, moodAngles };
}

/** Topic by its share. */
export function drawTopic(map: TopicMap, uniform: number): number {
  for (let t = 0; t < map.count - 1; t += 1) if (uniform < map.cumulative[t]) return t;
  return map.count - 1;
}

/** Writes the topic's centre plus normal noise into out[at ..]. */
export function placeNear(
  map: TopicMap,
  topic: number,
  spread: number,
  rng: Rng,
  out: Float32Array,
  at: number,
): void {
  for (let d = 0; d < latentDim; d += 1) {
    out[at + d] = map.centres[topic * latentDim + d] + spread * rng.normal();
  }
}
