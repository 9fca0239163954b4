import { Rng } from '../platform/index.js';
import type { WorldSettings } from './settings.js';
import { drawTopic, latentDim, placeNear, type TopicMap } from './topic-map.js';
import { baitWords, plainTags, plainWords, regions, tagsOf, topicNames } from './vocabulary.js';

/** All items in order of their birth, hidden and observed sides, one entry per item. */
export interface Items {
  readonly count: number;
  // observed
  /** topic as labelled; mostly the true one */
  readonly category: Uint8Array;
  readonly creator: Int32Array;
  readonly durationSeconds: Int32Array;
  readonly tags: readonly string[];
  readonly title: readonly string[];
  readonly batchCode: Uint8Array;
  // hidden
  /** logged day on which the item appears; negative when it is older than the log */
  readonly birthDay: Int32Array;
  readonly topic: Uint8Array;
  /** [count * latentDim] */
  readonly place: Float32Array;
  /** about standard normal */
  readonly quality: Float32Array;
  /** zero or more */
  readonly clickbait: Float32Array;
  /** region where the creator is at home */
  readonly homeRegion: Uint8Array;
  /** items [0, liveUntil[d + warmupDays]) exist on day d */
  readonly liveUntil: Int32Array;
}

export function createItems(settings: WorldSettings, topics: TopicMap): Items {
  const { items: n, seed, warmupDays, days } = settings;
  const creators = createCreators(settings, topics);
  const birthDay = births(n, warmupDays, days, new Rng([seed, 'births']));
  const liveUntil = new Int32Array(warmupDays + days);
  for (let d = 0; d < liveUntil.length; d += 1) {
    liveUntil[d] = birthDay.findIndex((birth) => birth > d - warmupDays);
    if (liveUntil[d] === -1) liveUntil[d] = n;
  }
  const tags: string[] = [];
  const title: string[] = [];
  const items: Items = {
    count: n,
    category: new Uint8Array(n),
    creator: new Int32Array(n),
    durationSeconds: new Int32Array(n),
    tags,
    title,
    batchCode: new Uint8Array(n),
    birthDay,
    topic: new Uint8Array(n),
    place: new Float32Array(n * latentDim),
    quality: new Float32Array(n),
    clickbait: new Float32Array(n),
    homeRegion: new Uint8Array(n),
    liveUntil,
  };
  for (let i = 0; i < n; i += 1) {
    const rng = new Rng([seed, 'item', i]);
    // Squaring makes a few creators prolific.
    const creator = Math.floor(settings.creators * rng.next() ** 2);
    const topic = rng.next() < 0.7 ? creators.topic[creator] : drawTopic(topics, rng.next());
    items.creator[i] = creator;
    items.topic[i] = topic;
    items.homeRegion[i] = creators.homeRegion[creator];
    placeNear(topics, topic, 0.15, rng, items.place, i * latentDim);
    items.category[i] = rng.next() < settings.attributeTruth ? topic : rng.integer(topics.count);
    items.quality[i] = 0.6 * creators.quality[creator] + 0.8 * rng.normal();
    items.clickbait[i] = Math.max(0, rng.normal());
    items.durationSeconds[i] = Math.round(
      Math.min(240, Math.exp(3.2 + 0.1 * (topic % 5) + 0.7 * rng.normal())) + 4,
    );
    items.batchCode[i] = rng.integer(12);
    tags.push(drawTags(topic, rng));
    title.push(drawTitle(topic, items.clickbait[i], rng));
  }
  return items;
}

interface Creators {
  readonly topic: Uint8Array;
  readonly quality: Float32Array;
  readonly homeRegion: Uint8Array;
}

function createCreators(settings: WorldSettings, topics: TopicMap): Creators {
  const { creators: n, seed } = settings;
  const creators = { topic: new Uint8Array(n), quality: new Float32Array(n), homeRegion: new Uint8Array(n) };
  for (let c = 0; c < n; c += 1) {
    const rng = new Rng([seed, 'creator', c]);
    creators.topic[c] = drawTopic(topics, rng.next());
    creators.quality[c] = rng.normal();
    creators.homeRegion[c] = rng.integer(regions.length);
  }
  return creators;
}

/** Birth days, ascending: most items are older than the log, the others appear day by day. The first always is. */
function births(n: number, warmupDays: number, days: number, rng: Rng): Int32Array {
  const old = (): number => -warmupDays - Math.floor(14 * rng.next() ** 2);
  const drawn = Int32Array.from({ length: n }, (_, i) =>
    i === 0 || rng.next() < 0.7 ? old() : rng.integer(warmupDays + days) - warmupDays,
  );
  return drawn.sort();
}

function drawTags(topic: number, rng: Rng): string {
  const own = rng.shuffle([...tagsOf(topic)]).slice(0, 1 + rng.integer(2));
  return [...own, rng.pick(plainTags)].join('|');
}

function drawTitle(topic: number, clickbait: number, rng: Rng): string {
  const words: string[] = [
    rng.pick(plainWords),
    topicNames[topic],
    rng.pick(plainWords),
    rng.pick(plainWords),
  ];
  if (clickbait > 0.5 && rng.next() < 0.8) words.unshift(rng.pick(baitWords));
  return words.join(' ');
}
