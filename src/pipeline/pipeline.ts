import { AutoModelError, clock } from '../platform/index.js';
import { byScore, type Candidate } from './candidate.js';
import type { Composition, Reranking } from './composition.js';
import { mergeRecalled } from './merge.js';
import type { RecallChannel, RecallRequest } from './recall/channel.js';
import { capped } from './reranking/caps.js';
import { determinantalPointProcess } from './reranking/determinantal-point-process.js';
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

/** Recall, merge, rank, re-rank: a composition bound to its parts. */
export class Pipeline<Request extends RecallRequest = RecallRequest> {
  private readonly channels: readonly { readonly channel: RecallChannel; readonly quota: number }[];

  /** @throws CONFIG_INVALID when the composition names a part that is not there */
  constructor(
    readonly composition: Composition,
    private readonly parts: PipelineParts<Request>,
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
    if (composition.rank && parts.rank === undefined) throw missing('a ranking model', []);
    for (const stage of composition.rerank) this.check(stage);
  }

  /** @param limit items at most */
  async recommend(request: Request, limit: number): Promise<Recommended> {
    const begun = clock.monotonicMs();
    const { composition, parts } = this;
    const recalled = this.channels.map(({ channel, quota }) => ({
      channel: channel.name,
      quota,
      // Any channel may have to fill the places of the others.
      ...channel.recall(request, composition.candidates),
    }));
    let candidates: Candidate[] = mergeRecalled(recalled, composition.candidates);
    const afterRecall = clock.monotonicMs();
    const ranked = composition.rank ? candidates.length : 0;
    if (composition.rank && parts.rank !== undefined && candidates.length > 0)
      candidates = await scored(candidates, request, parts.rank);
    const afterRank = clock.monotonicMs();
    candidates = candidates.slice(0, composition.shortlist);
    for (const stage of composition.rerank) candidates = this.apply(stage, candidates, request, limit);
    return {
      candidates: candidates.slice(0, limit),
      recalled: Object.fromEntries(recalled.map(({ channel, items }) => [channel, items.length])),
      ranked,
      elapsedMs: {
        recall: afterRecall - begun,
        rank: afterRank - afterRecall,
        rerank: clock.monotonicMs() - afterRank,
      },
    };
  }

  private check(stage: Reranking): void {
    const { vectors, createdMs, attributes = {} } = this.parts;
    if ((stage.stage === 'mmr' || stage.stage === 'dpp') && vectors === undefined)
      throw missing(`item vectors, which ${stage.stage} needs`, []);
    if (stage.stage === 'freshness' && createdMs === undefined)
      throw missing('the age of items, which freshness needs', []);
    if (stage.stage === 'caps' && !Object.hasOwn(attributes, stage.attribute))
      throw missing(`the attribute ${stage.attribute}, which caps needs`, Object.keys(attributes));
  }

  private apply(stage: Reranking, candidates: Candidate[], { nowMs }: Request, count: number): Candidate[] {
    const { vectors, createdMs, attributes = {} } = this.parts;
    switch (stage.stage) {
      case 'freshness': {
        const ageHours = (item: number): number | undefined => {
          const at = createdMs?.(item);
          return at === undefined ? undefined : (nowMs - at) / 3_600_000;
        };
        return freshness(candidates, { ...stage, ageHours });
      }
      case 'mmr':
        return vectors
          ? maximalMarginalRelevance(candidates, { lambda: stage.lambda, vectors, count })
          : candidates;
      case 'dpp':
        return vectors
          ? determinantalPointProcess(candidates, { theta: stage.theta, vectors, count })
          : candidates;
      case 'caps':
        return capped(candidates, { most: stage.most, valueOf: attributes[stage.attribute], count });
    }
  }
}

async function scored<Request>(
  candidates: readonly Candidate[],
  request: Request,
  rank: RankItems<Request>,
): Promise<Candidate[]> {
  const scores = await rank(
    request,
    Int32Array.from(candidates, ({ item }) => item),
  );
  if (scores.length !== candidates.length)
    throw new AutoModelError(
      'PREDICTIONS_INVALID',
      `The ranking model gave ${scores.length} scores for ${candidates.length} candidates`,
    );
  const lost = scores.findIndex((score) => !Number.isFinite(score));
  if (lost >= 0)
    throw new AutoModelError('PREDICTIONS_INVALID', `The score of candidate ${lost} is ${scores[lost]}`, {
      details: { item: candidates[lost].item },
    });
  return candidates
    .map((candidate, i) => ({
      ...candidate,
      score: scores[i],
      parts: { ...candidate.parts, model: scores[i] },
    }))
    .sort(byScore);
}

function missing(what: string, known: readonly string[]): AutoModelError {
  return new AutoModelError('CONFIG_INVALID', `The pipeline asks for ${what}, and there is none`, {
    remedy: known.length === 0 ? 'Take it out of pipeline.json.' : `Choose among ${known.join(', ')}.`,
  });
}
