import { z } from 'zod';
import { AutoModelError, canonicalJson, sha256 } from '../platform/index.js';

const Share = z.number().min(0).max(1);
/** Ordering n candidates by diversity takes n^2 comparisons of vectors: this many are a few milliseconds. */
const MOST_DIVERSE = 200;

/** A stage after the ranking model. Stages run in their order; each sees what the one before left. */
const Reranking = z.discriminatedUnion('stage', [
  z.strictObject({ stage: z.literal('freshness'), weight: z.number(), halfLifeHours: z.number().positive() }),
  z.strictObject({ stage: z.literal('mmr'), lambda: Share }),
  z.strictObject({ stage: z.literal('dpp'), theta: z.number().min(0) }),
  z.strictObject({
    stage: z.literal('caps'),
    attribute: z.string().min(1),
    most: z.number().int().positive(),
  }),
  /** epsilon-greedy with known propensities; the last stage, since any other would change them */
  z.strictObject({ stage: z.literal('explore'), share: Share, seed: z.number().int().default(1) }),
]);
export type Reranking = z.infer<typeof Reranking>;

/**
 * pipeline.json: which channels recall, how many candidates are ranked, what follows. It is data, so that it can be hashed,
 * compared and searched. Strict: a mistyped member would be a setting that nobody has.
 */
export const Composition = z
  .strictObject({
    schemaVersion: z.literal(1),
    recall: z.array(z.strictObject({ channel: z.string().min(1), quota: z.number().int().min(0) })).min(1),
    /** candidates that go to the ranking model at most */
    candidates: z.number().int().positive().max(10_000),
    /** false: recall's own order */
    rank: z.boolean().default(true),
    /** ranked candidates that the stages after it look at; all when left out */
    shortlist: z.number().int().positive().optional(),
    rerank: z.array(Reranking).default([]),
  })
  .superRefine(({ recall, candidates, rerank, shortlist = Number.POSITIVE_INFINITY }, context) => {
    const explore = rerank.findIndex(({ stage }) => stage === 'explore');
    if (explore >= 0 && explore < rerank.length - 1)
      context.addIssue({
        code: 'custom',
        path: ['rerank', explore],
        message: 'explore must be the last stage: one after it would change the propensities',
      });
    const diverse = rerank.findIndex(({ stage }) => stage === 'mmr' || stage === 'dpp');
    if (explore >= 0 && diverse >= 0 && Math.min(candidates, shortlist) > MOST_DIVERSE)
      context.addIssue({
        code: 'custom',
        path: ['shortlist'],
        message: `${rerank[diverse].stage} before explore orders the whole shortlist, which may have ${MOST_DIVERSE} candidates at most`,
      });
    const names = recall.map(({ channel }) => channel);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined)
      context.addIssue({ code: 'custom', path: ['recall'], message: `names ${twice} twice` });
    const quotas = recall.reduce((sum, { quota }) => sum + quota, 0);
    if (quotas > candidates)
      context.addIssue({
        code: 'custom',
        path: ['recall'],
        message: `quotas add up to ${quotas}, more than the ${candidates} candidates`,
      });
  });
export type Composition = z.infer<typeof Composition>;

/**
 * @param file that it was read from
 * @throws CONFIG_INVALID, naming file and member
 */
export function parseComposition(content: unknown, file = 'pipeline.json'): Composition {
  const parsed = Composition.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue.path.join('.');
  throw new AutoModelError('CONFIG_INVALID', `${file}: ${where === '' ? '' : `${where}: `}${issue.message}`, {
    remedy: `Correct ${file}.`,
    details: { path: where },
  });
}

/** Equal compositions have equal hashes, whatever the order of members in the file. */
export const hashComposition = (composition: Composition): string => sha256(canonicalJson(composition));

/** The composition with fewer candidates for the ranking model; each channel is sure of its share of them. */
export function withCandidates(composition: Composition, candidates: number): Composition {
  const share = Math.min(1, candidates / composition.candidates);
  return {
    ...composition,
    candidates,
    recall: composition.recall.map(({ channel, quota }) => ({ channel, quota: Math.floor(quota * share) })),
  };
}
