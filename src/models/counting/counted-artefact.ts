import { z } from 'zod';
import type { HyperParameters } from '../../graph/index.js';
import { AutoModelError } from '../../platform/index.js';
import type { NextItemDataset } from '../../schema/index.js';
import {
  type ArtefactFolder,
  FORMAT_VERSION,
  checkGoldenHistories,
  goldenHistoryFiles,
  npyParts,
  writeArtefact,
  type ArtefactExtra,
  type LoadedNextItemModel,
} from '../../training/index.js';
import type { CaseLog } from './case-scorer.js';
import type { ItemMatrix } from './co-occurrence.js';
import type { FittedNextItemCounting } from './counting-model.js';
import { fittedVotes, type VoteTable, type Votes } from './votes.js';

/** Longest golden history; votes look no further back, or nearly so. */
const goldenLength = 200;

const Voters = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('by-age'), weights: z.array(z.number()).readonly() }),
  z.object({ kind: z.literal('mean'), weight: z.number(), last: z.number().int().positive() }),
]);

/** model.json of a model that counts: how the tables vote (see {@link Votes}). */
const CountedRecord = z.object({
  formatVersion: z.literal(FORMAT_VERSION),
  kind: z.literal('counted'),
  task: z.literal('next-item'),
  model: z.string(),
  hyperParameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  parameters: z.number(),
  itemCount: z.number().int().positive(),
  sharedWeight: z.number(),
  tables: z.array(z.object({ folder: z.string(), voters: Voters, backOff: z.boolean() })),
});

/** Whether a folder holds what {@link saveCounted} wrote. @throws FILE_NOT_FOUND, ARTEFACT_CORRUPT */
export function isCounted(folder: ArtefactFolder): boolean {
  return folder.json('model.json', z.object({ kind: z.unknown().optional() })).kind === 'counted';
}

/**
 * Writes what a model that counts has learned: its tables as compressed sparse rows in .npy files, golden histories with
 * their scores, and how the tables vote. There is no model.onnx: nothing of it is a graph.
 * @throws DISK_FULL; USAGE when the folder exists
 */
export async function saveCounted(
  dir: string,
  model: string,
  fitted: FittedNextItemCounting,
  dataset: NextItemDataset,
  hyperParameters: HyperParameters,
  extra: ArtefactExtra,
): Promise<void> {
  const { votes, parameters } = fitted;
  const tables = votes.tables.map((table, n) => ({
    folder: `tables/votes-${n}`,
    voters: table.voters,
    backOff: table.backOff !== undefined,
  }));
  const scorer = scorerOf(votes, dataset.itemCount);
  writeArtefact(dir, {
    record: {
      formatVersion: FORMAT_VERSION,
      kind: 'counted',
      task: 'next-item',
      model,
      hyperParameters: { ...hyperParameters },
      parameters,
      itemCount: dataset.itemCount,
      sharedWeight: votes.sharedWeight,
      tables,
    } satisfies z.infer<typeof CountedRecord>,
    contract: dataset.contract,
    files: new Map<string, readonly Uint8Array[]>([
      ['tables/shared.npy', npyParts(votes.shared, [votes.shared.length])],
      ...votes.tables.flatMap((table, n) => tableFiles(tables[n].folder, table)),
      ...(await goldenHistoryFiles(dataset, scorer, goldenLength)),
    ]),
    extra,
  });
}

/** Loads what {@link saveCounted} wrote. @throws ARTEFACT_CORRUPT, also when a golden history scores otherwise */
export async function loadCounted(folder: ArtefactFolder): Promise<LoadedNextItemModel> {
  const record = folder.record(CountedRecord);
  const { itemCount } = record;
  const votes: Votes = {
    shared: floats(folder, 'tables/shared.npy', itemCount),
    sharedWeight: record.sharedWeight,
    tables: record.tables.map(({ folder: name, voters, backOff }) => ({
      voters,
      matrix: readMatrix(folder, name, itemCount),
      backOff: backOff ? floats(folder, `${name}/back-off.npy`, itemCount) : undefined,
    })),
  };
  const scorer = scorerOf(votes, itemCount);
  await checkGoldenHistories(folder, scorer);
  return {
    task: 'next-item',
    record,
    rankCases: async (log, cases, k) => scorer.on(log).rankCases(cases, k),
    rankTargets: async (log, cases) => scorer.on(log).rankTargets(cases),
    score: (log, cases, use) => scorer.score(log, cases, use),
    close: async () => {},
  };
}

function scorerOf(votes: Votes, itemCount: number) {
  let last: { readonly log: object; readonly fitted: FittedNextItemCounting } | undefined;
  const on = (log: Omit<CaseLog, 'itemCount'>): FittedNextItemCounting => {
    if (last?.log !== log) last = { log, fitted: fittedVotes({ ...log, itemCount }, votes) };
    return last.fitted;
  };
  const score: LoadedNextItemModel['score'] = async (log, cases, use) => {
    const fitted = on(log);
    const row = new Float32Array(itemCount);
    for (let c = 0; c < cases.count; c += 1) {
      fitted.scoreAll(cases, c, row);
      use(row, c);
    }
  };
  return { on, score };
}

function tableFiles(folder: string, { matrix, backOff }: VoteTable): [string, readonly Uint8Array[]][] {
  const { begins, columns, values } = matrix;
  if (columns.length > 2 ** 31 - 1) {
    throw new AutoModelError('OUT_OF_MEMORY', 'A table of votes has more than 2^31 entries', {
      remedy: 'Make the window of the model smaller.',
      details: { entries: columns.length },
    });
  }
  return [
    [`${folder}/begins.npy`, npyParts(Int32Array.from(begins), [begins.length])],
    [`${folder}/columns.npy`, npyParts(columns, [columns.length])],
    [`${folder}/values.npy`, npyParts(values, [values.length])],
    ...(backOff === undefined
      ? []
      : [[`${folder}/back-off.npy`, npyParts(backOff, [backOff.length])] as [string, Uint8Array[]]]),
  ];
}

function readMatrix(folder: ArtefactFolder, name: string, itemCount: number): ItemMatrix {
  const begins = folder.npy(`${name}/begins.npy`).data;
  const columns = folder.npy(`${name}/columns.npy`).data;
  const values = floats(folder, `${name}/values.npy`, columns.length);
  const fits =
    begins instanceof Int32Array &&
    columns instanceof Int32Array &&
    begins.length === itemCount + 1 &&
    begins[0] === 0 &&
    begins[itemCount] === columns.length &&
    begins.every((begin, i) => i === 0 || begin >= begins[i - 1]) &&
    columns.every((column) => column >= 0 && column < itemCount);
  if (!fits) throw folder.corrupt(`${name} is no table over ${itemCount} items`);
  return { begins: Float64Array.from(begins), columns, values };
}

function floats(folder: ArtefactFolder, file: string, length: number): Float32Array {
  const { data } = folder.npy(file);
  if (!(data instanceof Float32Array) || data.length !== length) {
    throw folder.corrupt(`${file} does not hold ${length} numbers`);
  }
  return data;
}
