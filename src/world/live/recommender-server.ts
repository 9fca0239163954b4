import { AutoModelError } from '../../platform/index.js';
import type { RecommendRequest, RecommendResponse, Recommender } from '../../schema/index.js';
import { weekdayOf } from '../calendar.js';
import { idOf, indexOf, requestIdOf } from './ids.js';
import type { Names } from './names.js';
import type { RequestBatch } from './request-batch.js';
import type { SlateServer } from './slate-server.js';

export interface RecommenderServerOptions {
  readonly recommender: Recommender;
  readonly users: number;
  readonly items: number;
  /** names of versions and arms, shared by the world's log */
  readonly versions: Names;
  readonly arms: Names;
  /** `drawn`: the request names the candidates; `open`: the recommender recalls from what it knows */
  readonly candidates: 'drawn' | 'open';
  /** number of items that exist on the day of a second: the first ones */
  readonly bornBy: (second: number) => number;
}

/** Asks a Recommender in its own words and checks what it says. One call per batch, so that a forward pass can be shared. */
export class RecommenderServer implements SlateServer {
  private readonly itemIds: readonly string[];
  /** number of the request in which an item was last a candidate, or chosen */
  private readonly offeredIn: Int32Array;
  private readonly chosenIn: Int32Array;
  private requests = 0;

  constructor(private readonly options: RecommenderServerOptions) {
    this.itemIds = Array.from({ length: options.items }, (_, item) => idOf(item));
    this.offeredIn = new Int32Array(options.items);
    this.chosenIn = new Int32Array(options.items);
  }

  async serve(batch: RequestBatch): Promise<void> {
    const requests = Array.from({ length: batch.count }, (_, n) => this.requestOf(batch, n));
    const answers = await this.options.recommender.recommend(requests);
    if (answers.length !== batch.count)
      throw refusal(`answered ${answers.length} of ${batch.count} requests`, {});
    for (let n = 0; n < batch.count; n += 1) this.take(batch, n, requests[n], answers[n]);
  }

  private requestOf(batch: RequestBatch, n: number): RecommendRequest {
    const second = batch.second[n];
    const from = n * batch.candidateLimit;
    const drawn: string[] = [];
    if (this.options.candidates === 'drawn')
      for (let at = from; at < from + batch.candidateCount[n]; at += 1)
        drawn.push(this.itemIds[batch.candidates[at]]);
    return {
      requestId: requestIdOf(batch.user[n], batch.ordinal[n]),
      user: idOf(batch.user[n]),
      limit: batch.slateSize,
      atMs: second * 1000,
      context: {
        hour: Math.floor((second % 86_400) / 3600),
        weekday: weekdayOf(second),
        on_wifi: batch.onWifi[n],
      },
      ...(drawn.length > 0 ? { candidates: drawn } : {}),
      exclude: [],
      explain: false,
    };
  }

  private take(batch: RequestBatch, n: number, asked: RecommendRequest, answer: RecommendResponse): void {
    const { slateSize, candidateLimit } = batch;
    const { items, versions, arms, bornBy } = this.options;
    const details = { requestId: asked.requestId, user: asked.user };
    if (answer.user !== asked.user)
      throw refusal(`answered user ${answer.user} where user ${asked.user} asked`, details);
    if (answer.items.length > slateSize)
      throw refusal(`gave ${answer.items.length} items where ${slateSize} were wanted`, details);
    this.requests += 1;
    const drawn = this.options.candidates === 'drawn';
    if (drawn)
      for (let at = 0; at < batch.candidateCount[n]; at += 1)
        this.offeredIn[batch.candidates[n * candidateLimit + at]] = this.requests;
    const born = bornBy(batch.second[n]);
    answer.items.forEach(({ item, propensity }, position) => {
      const index = indexOf(item, items);
      if (index < 0) throw refusal(`gave item "${item}", which this world does not have`, details);
      if (index >= born) throw refusal(`gave item "${item}" before its birth`, details);
      if (drawn && this.offeredIn[index] !== this.requests)
        throw refusal(`gave item "${item}", which was no candidate`, details);
      if (this.chosenIn[index] === this.requests) throw refusal(`gave item "${item}" twice`, details);
      if (!(propensity > 0 && propensity <= 1))
        throw refusal(`gave item "${item}" the propensity ${propensity}, which is not in (0, 1]`, details);
      this.chosenIn[index] = this.requests;
      batch.slates[n * slateSize + position] = index;
      batch.propensities[n * slateSize + position] = propensity;
    });
    batch.filled[n] = answer.items.length;
    batch.version[n] = versions.code(answer.version);
    const variants = Object.entries(answer.variants);
    if (variants.length > 0)
      batch.arm[n] = arms.code(variants.map(([experiment, arm]) => `${experiment}:${arm}`).join(','));
  }
}

function refusal(what: string, details: Readonly<Record<string, unknown>>): AutoModelError {
  return new AutoModelError('PREDICTIONS_INVALID', `The recommender ${what}`, {
    remedy:
      'Its answers must hold different items that are born, were candidates where these were named, and exact propensities.',
    details,
  });
}
