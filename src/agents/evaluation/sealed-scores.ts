import { join } from 'node:path';
import { z } from 'zod';
import { openDataset, openSealed, type SealedLabels } from '../../data/index.js';
import { AutoModelError } from '../../platform/index.js';
import type { Scoreboard } from '../../stats/index.js';
import { predictionPath, readLists, readValues } from '../trial/prediction-files.js';
import type { ValidationTruth } from '../trial/validation-truth.js';
import { exactMetrics, ranksOfEntries, readEntries, type ListFacts } from './external-rankings.js';
import { ranksInLists } from './list-ranks.js';
import { scoreboardOf } from './scoring.js';

/**
 * What the scorer process is asked: the metrics of these runs' test predictions. It is the only process that opens the
 * sealed labels, and it gives back metrics with influences per user, never a label.
 */
export const SealedRequest = z.object({
  datasetDir: z.string(),
  predictionsDir: z.string(),
  /** trial keys whose test predictions are scored */
  keys: z.array(z.string()),
  /** ctr and rating: aligned scores in this file instead (predictions of another system) */
  alignedFile: z.string().nullable().default(null),
  /** whether aligned scores are logits or probabilities */
  scoreKind: z.enum(['logit', 'probability']).default('logit'),
  /** next-item: lists of another system in this file instead */
  entriesFile: z.string().nullable().default(null),
});
export type SealedRequest = z.infer<typeof SealedRequest>;

const SerialInfluence = z.object({
  value: z.number(),
  clusters: z.number(),
  count: z.number(),
  /** cluster indices and influences of the occupied clusters */
  at: z.array(z.number()),
  psi: z.array(z.number()),
});

export const SealedAnswer = z.object({
  rows: z.number(),
  tables: z.array(z.record(z.string(), SerialInfluence)),
  /** of another system's lists */
  lists: z
    .object({ shortest: z.number().nullable(), masked: z.number(), unknown: z.number() })
    .nullable()
    .default(null),
});
export type SealedAnswer = z.infer<typeof SealedAnswer>;

/** Runs inside the scorer process. */
export function scoreSealed(request: SealedRequest): SealedAnswer {
  const sealed = openSealed(request.datasetDir);
  const truth = sealedTruth(sealed);
  if (request.entriesFile !== null) {
    const { ranks, facts } = sealedRanks(request.datasetDir, request.entriesFile, sealed);
    const table = scoreboardOf(truth, ranks, exactMetrics(facts));
    return { rows: sealed.rows, tables: [serialise(table)], lists: facts };
  }
  const paths =
    request.alignedFile === null
      ? request.keys.map((key) => predictionPath(request.predictionsDir, key, 'test'))
      : [request.alignedFile];
  return {
    rows: sealed.rows,
    tables: paths.map((path) =>
      serialise(scoreboardOf(truth, predictionsAt(path, sealed), undefined, request.scoreKind)),
    ),
    lists: null,
  };
}

/** Ranks of the sealed targets in another system's lists; which case a row number means is sealed too. */
function sealedRanks(
  datasetDir: string,
  file: string,
  sealed: SealedLabels,
): { readonly ranks: Float32Array; readonly facts: ListFacts } {
  const dataset = openDataset(datasetDir);
  const { targets, users, rowIds } = sealed;
  if (dataset.task !== 'next-item' || targets === undefined) {
    throw new AutoModelError('USAGE', `Lists of items are no predictions of the task ${dataset.task}`);
  }
  const { historyEnds } = dataset.test;
  return ranksOfEntries(readEntries(file), { rowIds, users, historyEnds, targets }, dataset);
}

function sealedTruth(sealed: SealedLabels): ValidationTruth {
  const rows = Int32Array.from({ length: sealed.rows }, (_, row) => row);
  const userCount = sealed.users.reduce((most, user) => Math.max(most, user + 1), 0);
  const common = { rows, users: sealed.users, userCount };
  if (sealed.labels === undefined) return { kind: 'ranks', task: 'next-item', ...common };
  const task = sealed.contract.task === 'rating' ? 'rating' : 'ctr';
  return { kind: 'rows', task, labels: sealed.labels, ...common };
}

function predictionsAt(path: string, sealed: SealedLabels): Float32Array {
  if (sealed.targets === undefined) return readValues(path, sealed.rows);
  const lists = readLists(path);
  if (lists.tiesAtCut.length !== sealed.rows) {
    throw new AutoModelError(
      'PREDICTIONS_INVALID',
      `${path} ranks ${lists.tiesAtCut.length} of ${sealed.rows} cases`,
    );
  }
  return ranksInLists(lists, sealed.targets);
}

/** The scorer's side: clusters without rows are left out. */
export function serialise(table: Scoreboard): SealedAnswer['tables'][number] {
  return Object.fromEntries(
    Object.entries(table).map(([metric, { value, clusters, perCluster }]) => {
      const at: number[] = [];
      const psi: number[] = [];
      perCluster.forEach((influence, cluster) => {
        if (influence !== 0) {
          at.push(cluster);
          psi.push(influence);
        }
      });
      return [metric, { value, clusters, count: perCluster.length, at, psi }];
    }),
  );
}

/** The engine's side: influence tables again, one per key in the order asked. */
export function sealedTables(answer: unknown): {
  readonly rows: number;
  readonly tables: readonly Scoreboard[];
  readonly lists: ListFacts | null;
} {
  const parsed = SealedAnswer.parse(answer);
  const tables = parsed.tables.map((table) =>
    Object.fromEntries(
      Object.entries(table).map(([metric, { value, clusters, count, at, psi }]) => {
        const perCluster = new Float64Array(count);
        at.forEach((cluster, i) => {
          perCluster[cluster] = psi[i];
        });
        return [metric, { value, clusters, perCluster }];
      }),
    ),
  );
  return { rows: parsed.rows, tables, lists: parsed.lists };
}

/** Where another system's aligned predictions are put for the scorer. */
export function alignedPath(predictionsDir: string, hash: string): string {
  return join(predictionsDir, 'external', `${hash}.bin`);
}
