import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AutoModelError, config, isAutoModelError } from '../../platform/index.js';
import type { CtrSource, EncodedField, NextItemCases } from '../../schema/index.js';
import { ComputeClient } from '../compute/compute-client.js';
import { CtrScorer } from '../engines/ctr-scorer.js';
import { NextItemScorer, type EventLog } from '../engines/next-item-scorer.js';
import { selectFields } from '../inputs/field-selection.js';
import type { TopLists } from '../loop/fitted-model.js';
import { TableSet } from '../tables/table-set.js';
import { readGolden } from './golden-rows.js';
import {
  banksOf,
  FORMAT_VERSION,
  ModelRecord,
  TableIndex,
  type CtrRecord,
  type NextItemRecord,
} from './model-record.js';
import { goldenScores } from './next-item-artefact.js';
import { parseNpy, type NpyContent } from './npy.js';

const TOLERANCE = 1e-5;

interface LoadedCommon {
  /** model.json */
  readonly record: ModelRecord;
  close(): Promise<void>;
}

export interface LoadedCtrModel extends LoadedCommon {
  readonly task: 'ctr' | 'rating';
  /** Logits of encoded rows, in order. */
  predict(source: CtrSource): Promise<Float32Array>;
}

export interface LoadedNextItemModel extends LoadedCommon {
  readonly task: 'next-item';
  rankCases(log: EventLog, cases: NextItemCases, k: number): Promise<TopLists>;
  rankTargets(log: EventLog, cases: NextItemCases): Promise<Float32Array>;
  /** Calls `use` with the logits [itemCount] of every case, in order; the array is used again after the call. */
  score(
    log: EventLog,
    cases: NextItemCases,
    use: (logits: Float32Array, index: number) => void,
  ): Promise<void>;
}

/** An artefact ready to score. */
export type LoadedModel = LoadedCtrModel | LoadedNextItemModel;

/**
 * Loads an artefact folder. Every file must match the manifest, and the golden rows must score as they did when it was
 * written, to 1e-5 (relative above 1).
 * @throws FILE_NOT_FOUND, ARTEFACT_CORRUPT
 */
export async function loadArtefact(
  dir: string,
  options: { readonly threads?: number } = {},
): Promise<LoadedModel> {
  const folder = new ArtefactFolder(dir);
  const record = recordOf(folder);
  const client = await openClient(folder, options.threads ?? config.threads);
  try {
    return record.task === 'next-item'
      ? await loadNextItem(folder, record, client)
      : await loadCtr(folder, record, client);
  } catch (error) {
    await client.close();
    throw folder.blamed('its parts do not fit together', error);
  }
}

function recordOf(folder: ArtefactFolder): ModelRecord {
  const { formatVersion } = folder.json('model.json', z.object({ formatVersion: z.unknown() }));
  if (typeof formatVersion === 'number' && formatVersion !== FORMAT_VERSION) {
    throw folder.corrupt(`it has format version ${formatVersion}, and only ${FORMAT_VERSION} is known`);
  }
  return folder.json('model.json', ModelRecord);
}

async function openClient(folder: ArtefactFolder, threads: number): Promise<ComputeClient> {
  const model = folder.bytes('model.onnx');
  try {
    return await ComputeClient.open({
      threads,
      sessions: { infer: { model, inputs: {}, outputs: {} } },
      buffers: {},
    });
  } catch (cause) {
    throw folder.blamed('model.onnx cannot be opened', cause);
  }
}

async function loadCtr(
  folder: ArtefactFolder,
  record: CtrRecord,
  client: ComputeClient,
): Promise<LoadedCtrModel> {
  const fields: EncodedField[] = [
    ...record.fields,
    ...record.sequences.map((sequence) => ({
      kind: 'sequence' as const,
      ...sequence,
      targetField: sequence.targetField,
    })),
    ...record.numeric.map((field) => ({ kind: 'numeric' as const, ...field })),
  ];
  const vocabularySizes = new Map(Object.entries(record.vocabularySizes));
  const selection = selectFields({ fields, vocabularySizes }, undefined);
  const banks = banksOf(record);
  const tables = new TableSet(selection, banks, { stateSize: () => 0, clocked: false });
  const index = folder.json('tables/index.json', TableIndex);
  for (const group of tables.groups) {
    for (const { bank, table } of group.members) {
      const entry = index.find((found) => found.bank === bank && found.vocabulary === group.vocabulary);
      if (entry === undefined) throw folder.corrupt(`it has no table ${table.name}`);
      const { data, shape } = folder.npy(`tables/${entry.file}`);
      if (shape[0] !== table.rows || shape[1] !== table.dim || !(data instanceof Float32Array)) {
        throw folder.corrupt(
          `table ${table.name} is [${shape.join(', ')}], not [${table.rows}, ${table.dim}]`,
        );
      }
      table.setWeights(data);
    }
  }
  const scorer = new CtrScorer(client, { selection, banks, tables, inputs: new Set(record.inputs) });
  const expected = folder.npy('golden/expected.npy').data;
  const golden = readGolden(selection, expected.length, (file) => folder.npy(file));
  folder.compare(await scorer.predict(golden), expected);
  return {
    task: record.task,
    record,
    predict: (source) => scorer.predict(source),
    close: () => client.close(),
  };
}

async function loadNextItem(
  folder: ArtefactFolder,
  record: NextItemRecord,
  client: ComputeClient,
): Promise<LoadedNextItemModel> {
  const { itemCount, maxLength } = record;
  const scorer = new NextItemScorer(client, { itemCount, maxLength, inputs: new Set(record.inputs) });
  const items = folder.npy('golden/items.npy');
  const columns = folder.npy('golden/columns.npy');
  if (!(items.data instanceof Int32Array) || !(columns.data instanceof Int32Array)) {
    throw folder.corrupt('its golden rows have the wrong type');
  }
  const golden = { items: items.data, rows: items.shape[0], columns: columns.data };
  folder.compare(await goldenScores(scorer, golden, maxLength), folder.npy('golden/expected.npy').data);
  return {
    task: 'next-item',
    record,
    rankCases: (log, cases, k) => scorer.rankCases(log, cases, k),
    rankTargets: (log, cases) => scorer.rankTargets(log, cases),
    score: (log, cases, use) => scorer.score(log, cases, use),
    close: () => client.close(),
  };
}

/** Reads files of the folder, each checked against the manifest. */
class ArtefactFolder {
  private readonly manifest: Readonly<Record<string, string>>;

  constructor(private readonly dir: string) {
    let text: Buffer;
    try {
      text = readFileSync(join(dir, 'manifest.json'));
    } catch (cause) {
      throw new AutoModelError('FILE_NOT_FOUND', `${dir} holds no artefact (no manifest.json)`, {
        details: { dir },
        cause,
      });
    }
    this.manifest = this.parse('manifest.json', text, z.record(z.string(), z.string()));
  }

  bytes(file: string): Uint8Array {
    let content: Buffer;
    try {
      content = readFileSync(join(this.dir, file));
    } catch (cause) {
      throw this.corrupt(`${file} is missing`, cause);
    }
    if (createHash('sha256').update(content).digest('hex') !== this.manifest[file]) {
      throw this.corrupt(`${file} does not match the manifest`);
    }
    return content;
  }

  npy(file: string): NpyContent {
    return parseNpy(this.bytes(file), file);
  }

  json<T>(file: string, schema: z.ZodType<T>): T {
    return this.parse(file, this.bytes(file), schema);
  }

  /** @throws ARTEFACT_CORRUPT when there are no scores, or one is off by more than the tolerance */
  compare(scores: Float32Array, expected: ArrayLike<number>): void {
    if (expected.length === 0) throw this.corrupt('it has no golden rows');
    if (scores.length !== expected.length) throw this.corrupt('its golden rows are incomplete');
    for (let i = 0; i < scores.length; i += 1) {
      const difference = Math.abs(scores[i] - expected[i]);
      if (!(difference <= TOLERANCE * Math.max(1, Math.abs(expected[i])))) {
        throw this.corrupt(`golden score ${i} is ${scores[i]}, expected ${expected[i]}`);
      }
    }
  }

  corrupt(reason: string, cause?: unknown): AutoModelError {
    return new AutoModelError('ARTEFACT_CORRUPT', `The artefact ${this.dir} is refused: ${reason}`, {
      remedy: 'Copy the folder again from where it was made, or train the model again.',
      details: { dir: this.dir },
      cause,
    });
  }

  /** A failure that the content of the folder caused, as such; one of the environment as it is. */
  blamed(reason: string, cause: unknown): unknown {
    if (isAutoModelError(cause) && (cause.code === 'ARTEFACT_CORRUPT' || cause.retryable)) return cause;
    return this.corrupt(`${reason}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }

  private parse<T>(file: string, content: Uint8Array, schema: z.ZodType<T>): T {
    try {
      return schema.parse(JSON.parse(Buffer.from(content).toString('utf8')));
    } catch (cause) {
      throw this.corrupt(`${file} is not what it should be`, cause);
    }
  }
}
