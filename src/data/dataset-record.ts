import { join } from 'node:path';
import { z } from 'zod';
import { AutoModelError, isAutoModelError, readJson } from '../platform/index.js';
import { ContractRecord, SplitName, Warning } from '../schema/index.js';
import { BlockColumn } from './block-layout.js';
import { FieldPlan } from './field-plan.js';

const Side = z.enum(['user', 'item', 'context']);

const EncodedFieldRecord = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('categorical'), name: z.string(), side: Side, vocabulary: z.string() }),
  z.object({ kind: z.literal('multi'), name: z.string(), side: Side, vocabulary: z.string() }),
  z.object({
    kind: z.literal('sequence'),
    name: z.string(),
    vocabulary: z.string(),
    maxLength: z.number(),
    targetField: z.string().optional(),
  }),
  z.object({ kind: z.literal('numeric'), name: z.string(), side: Side }),
]);

const Common = {
  schemaVersion: z.literal(1),
  contract: ContractRecord,
  warnings: z.array(Warning),
  duplicateRows: z.number(),
  userCount: z.number(),
};

export const VocabularyRecord = z.object({
  name: z.string(),
  size: z.number(),
  /** Parquet file of (value, id, n) below the folder; absent where ids are buckets */
  file: z.string().optional(),
});

export const ListRecord = z.object({
  field: z.string(),
  storage: z.enum(['rows', 'shared']),
  file: z.string(),
  values: z.number(),
});

export const CtrRecord = z.object({
  ...Common,
  kind: z.literal('ctr'),
  task: z.enum(['ctr', 'rating']),
  blockRows: z.number().int().positive(),
  rows: z.record(SplitName, z.number()),
  fields: z.array(EncodedFieldRecord),
  vocabularies: z.array(VocabularyRecord),
  columns: z.array(BlockColumn),
  lists: z.array(ListRecord),
  plans: z.array(FieldPlan),
  /** name of the candidate's field, whose vocabulary histories share */
  itemField: z.string().optional(),
});
export type CtrRecord = z.infer<typeof CtrRecord>;

export const NextItemRecord = z.object({
  ...Common,
  kind: z.literal('next-item'),
  itemCount: z.number(),
  events: z.number(),
  cases: z.object({ validation: z.number(), test: z.number() }),
});
export type NextItemRecord = z.infer<typeof NextItemRecord>;

/** dataset.json of an encoded folder: everything but the numbers. */
export const DatasetRecord = z.discriminatedUnion('kind', [CtrRecord, NextItemRecord]);
export type DatasetRecord = z.infer<typeof DatasetRecord>;

export const recordFileName = 'encoded.json';

/** @throws FILE_NOT_FOUND when the folder holds no record; ARTEFACT_CORRUPT when it is damaged or of another version */
export function readRecord(dir: string): DatasetRecord {
  const path = join(dir, recordFileName);
  const damaged = (what: string, cause?: unknown): AutoModelError =>
    new AutoModelError('ARTEFACT_CORRUPT', `${path}: ${what}`, {
      remedy: 'Delete the cache folder of the project; it will be encoded again.',
      details: { dir },
      cause,
    });
  let content: unknown;
  try {
    content = readJson(path);
  } catch (cause) {
    if (isAutoModelError(cause) && cause.code === 'CONFIG_INVALID') throw damaged('not valid JSON', cause);
    throw cause;
  }
  const parsed = DatasetRecord.safeParse(content);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw damaged(`${issue.path.join('.')}: ${issue.message}`);
}
