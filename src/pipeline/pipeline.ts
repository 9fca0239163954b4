import { AutoModelError, clock } from '../platform/index.js';
import { WorstFirst } from '../stats/index.js';
import type { Candidate } from './candidate.js';
import type { Composition, Reranking } from './composition.js';
import { mergeRecalled, recallsOf, type Recalled } from './merge.js';
import type { RecallChannel, RecallList, RecallRequest } from './recall/channel.js';
import { capped } from './reranking/caps.js';
import { determinantalPointProcess } from './reranking/determinantal-point-process.js';
import { explored } from './reranking/exploration.js';
import { freshness } from './reranking/freshness.js';
import { maximalMarginalRelevance } from './reranking/maximal-marginal-relevance.js';
import type { ItemVectors } from './reranking/similarity.js';

/** Scores [items.length] of items for a request, larger is better. */
export type RankItems<Request> = (request: Request, items: Int32Array) => Promise<Float32Array>;

/** What a composition is made of: the parts that its names stand for. */
export interface PipelineParts<Request extends RecallRequest> {
  readonly channels: readonly RecallChannel[];
  readonly rank?: RankItems<Request>;
  /** for mmr and dpp */
  readonly vectors?: ItemVectors;
  /** for freshness; undefined where an item's age is not known */
  readonly createdMs?: (item: number) => number | undefined;
  /** for caps, by attribute */
  readonly attributes?: Readonly<Record<string, (item: number) => string | number | undefined>>;
}

export interface Recommended {
  /** best first */
  readonly candidates: readonly Candidate[];
  /** how many candidates each channel recalled, before the merge */
  readonly recalled: Readonly<Record<string, number>>;
  readonly ranked: number;
  /** milliseconds by stage: recall, rank, rerank */
  readonly elapsedMs: Readonly<Record<'recall' | 'rank' | 'rerank', number>>;
}

/** A stage bound to its parts. @param count items that are wanted in the end */
type Stage = (candidates: readonly Candidate[], request: RecallRequest, count: number) => Candidate[];

/** Recall, merge, rank, re-rank: a composition bound to its parts. */
export class Pipeline<Request extends RecallRequest = RecallRequest> {
  private readonly channels: readonly { readonly channel: RecallChannel; readonly quota: number }[];
  private readonly rank: RankItems<Request> | undefined;
  private readonly stages: readonly Stage[];
  private readonly explores: boolean;

  /** @throws CONFIG_INVALID when the composition names a part that is not there */
  constructor(
    readonly composition: Composition,
    parts: PipelineParts<Request>,
  ) {
    this.channels = composition.recall.map(({ channel: name, quota }) => {
      const channel = parts.channels.find((known) => known.name === name);
      if (channel === undefined)
        throw missing(
          `the recall channel ${name}`,
          parts.channels.map((c) => c.name),
        );
      return { channel, quota };
    });
    this.rank = composition.rank ? present(parts.rank, 'a ranking model') : undefined;
    this.stages = composition.rerank.map((stage) => bound(stage, parts));
    this.explores = composition.rerank.at(-1)?.stage === 'explore';
  }

  /**
   * @param limit items at most
   * @param given dense indices without repeats: these are the candidates, and no channel is asked
   */
  async recommend(request: Request, limit: number, given?: Int32Array): Promise<Recommended> {
    const begun = clock.monotonicMs();
    const { composition, rank } = this;
    const recalled =
      given === undefined
        ? this.recalled(request)
        : [{ channel: 'given', quota: 0, ...asList(given, request) }];
    const merged = mergeRecalled(recalled, given?.length ?? composition.candidates);
    const afterRecall = clock.monotonicMs();
    const scores =
      rank === undefined || merged.length === 0 ? undefined : await scored(merged, request, rank);
    const afterRank = clock.monotonicMs();
    // Only what can still come to be shown is made a candidate.
    const length = this.stages.length === 0 ? limit : (composition.shortlist ?? merged.length);
    const shortlist = best(merged, scores, Math.min(length, merged.length));
    // What explores draws among the whole shortlist, in the order that the stages before it give to all of it.
    const depth = this.explores ? shortlist.length : limit;
    const last = this.stages.length - 1;
    const candidates = this.stages.reduce<readonly Candidate[]>(
      (left, stage, s) => stage(left, request, s === last ? limit : depth),
      shortlist,
    );
    return {
      candidates: candidates
        .slice(0, limit)
        .map((candidate) => ({ ...candidate, recalledBy: recallsOf(recalled, candidate.item) })),
      recalled: Object.fromEntries(recalled.map(({ channel, items }) => [channel, items.length])),
      ranked: scores?.length ?? 0,
      elapsedMs: {
        recall: afterRecall - begun,
        rank: afterRank - afterRecall,
        rerank: clock.monotonicMs() - afterRank,
      },
    };
  }

  private recalled(request: Request): Recalled[] {
    return this.channels.map(({ channel, quota }) => ({
      channel: channel.name,
      quota,
      // Any channel may have to fill the places of the others.
      ...channel.recall(request, this.composition.candidates),
    }));
  }
}

function asList(given: Int32Array, { isAllowed }: RecallRequest): RecallList {
  const items = given.filter((item) => isAllowed(item));
  return { items, scores: new Float32Array(items.length) };
}

/** @throws CONFIG_INVALID when the stage needs a part that is not there */
function bound<Request extends RecallRequest>(stage: Reranking, parts: PipelineParts<Request>): Stage {
  switch (stage.stage) {
    case 'freshness': {
      const createdMs = present(parts.createdMs, 'the age of items, which freshness needs');
      return (candidates, { nowMs }) =>
        freshness(candidates, {
          ...stage,
          ageHours: (item) => {
            const at = createdMs(item);
            return at === undefined ? undefined : (nowMs - at) / 3_600_000;
          },
        });
    }
    case 'mmr': {
      const vectors = present(parts.vectors, 'item vectors, which mmr needs');
      return (candidates, _request, count) =>
        maximalMarginalRelevance(candidates, { lambda: stage.lambda, vectors, count });
    }
    case 'dpp': {
      const vectors = present(parts.vectors, 'item vectors, which dpp needs');
      return (candidates, _request, count) =>
        determinantalPointProcess(candidates, { theta: stage.theta, vectors, count });
    }
    case 'caps': {
      const { attributes = {} } = parts;
      const { attribute, most } = stage;
      if (!Object.hasOwn(attributes, attribute))
        throw missing(`the attribute ${attribute}, which caps needs`, Object.keys(attributes));
      return (candidates, _request, count) =>
        capped(candidates, { most, valueOf: attributes[attribute], count });
    }
    case 'explore': {
      const { share, seed } = stage;
      return (candidates, { requestId = '' }, count) =>
        explored(candidates, { share, seed, requestId, count });
    }
  }
}

function present<Part>(part: Part | undefined, what: string): Part {
  if (part === undefined) throw missing(what, []);
  return part;
}

/** Scores of the items, checked. */
async function scored<Request>(
  items: Int32Array,
  request: Request,
  rank: RankItems<Request>,
): Promise<Float32Array> {
  const scores = await rank(request, items);
  if (scores.length !== items.length)
    throw new AutoModelError(
      'PREDICTIONS_INVALID',
      `The ranking model gave ${scores.length} scores for ${items.length} candidates`,
    );
  const lost = scores.findIndex((score) => !Number.isFinite(score));
  if (lost >= 0)
    throw new AutoModelError('PREDICTIONS_INVALID', `The score of candidate ${lost} is ${scores[lost]}`, {
      details: { item: items[lost] },
    });
  return scores;
}

const nothingAdded: Candidate['parts'] = {};

/** The best of the items, best first, ties by item; as they come where nothing ranks. */
function best(items: Int32Array, scores: Float32Array | undefined, count: number): Candidate[] {
  const heap = new WorstFirst(count);
  for (let i = 0; i < items.length; i += 1) {
    if (scores !== undefined) heap.offer(items[i], scores[i]);
    else if (i < count) heap.offer(items[i], -i);
  }
  const found = heap.drain();
  return Array.from(found.items, (item, place): Candidate => {
    const score = found.scores[place];
    return { item, score, recalledBy: [], parts: scores === undefined ? nothingAdded : { model: score } };
  });
}

function missing(what: string, known: readonly string[]): AutoModelError {
  return new AutoModelError('CONFIG_INVALID', `The pipeline asks for ${what}, and there is none`, {
    remedy: known.length === 0 ? 'Take it out of pipeline.json.' : `Choose among ${known.join(', ')}.`,
  });
}
