import { z } from 'zod';
import { ColumnRole, Task } from './roles.js';

/**
 * How values of a column become inputs. Everything in this file is strict: a person edits it, and a mistyped member that
 * was dropped in silence would be a setting that nobody has.
 */
export const Encoding = z.discriminatedUnion('kind', [
  /** one id per distinct value that is frequent enough in the training rows */
  z.strictObject({ kind: z.literal('categorical'), minCount: z.number().int().positive().optional() }),
  /** numbers cut at quantiles of the training rows, each bucket an id */
  z.strictObject({ kind: z.literal('bucket'), buckets: z.number().int().min(2).max(256).default(32) }),
  /** numbers cut at floor(ln(1 + |x|)^2), signed, each bucket an id: for counts with a long tail */
  z.strictObject({ kind: z.literal('log') }),
  /** (x - mean) / sd of the training rows, as a real-valued field; missing is 0 */
  z.strictObject({ kind: z.literal('standardise') }),
  /** text that holds several values, or a list column taken as a bag */
  z.strictObject({
    kind: z.literal('multi'),
    separator: z.string().min(1).max(8).optional(),
    maxValues: z.number().int().positive().max(1024).default(32),
  }),
  /** a list column, or text cut at `separator`, as ordered behaviour, oldest first; `ofItems`: its values are item ids */
  z.strictObject({
    kind: z.literal('sequence'),
    ofItems: z.boolean(),
    separator: z.string().min(1).max(8).optional(),
    maxLength: z.number().int().positive().max(4096).default(50),
  }),
  z.strictObject({ kind: z.literal('skip') }),
]);
export type Encoding = z.infer<typeof Encoding>;

export const columnTypes = [
  'integer',
  'number',
  'boolean',
  'string',
  'timestamp',
  'date',
  'list-integer',
  'list-string',
  'other',
] as const;
export const ColumnType = z.enum(columnTypes);
export type ColumnType = z.infer<typeof ColumnType>;

/** Unit of a time column. `order`: not a clock, only larger means later. */
export const TimeUnit = z.enum([
  'seconds',
  'milliseconds',
  'microseconds',
  'nanoseconds',
  'timestamp',
  'date',
  'yyyymmdd',
  'month/day/year',
  'day/month/year',
  'order',
]);
export type TimeUnit = z.infer<typeof TimeUnit>;

export const ColumnConfig = z.strictObject({
  role: ColumnRole,
  type: ColumnType,
  /** how sure the inference was, 0..1; 1 for what a person or dataset.json said */
  confidence: z.number().min(0).max(1),
  reason: z.string(),
  /** of a time or order column */
  unit: TimeUnit.optional(),
  /** absent: by type (numbers bucket, lists multi, all else categorical) */
  encoding: Encoding.optional(),
  /** a person has seen what the audit says of the column and keeps it as it is */
  accepted: z.literal(true).optional(),
});
export type ColumnConfig = z.infer<typeof ColumnConfig>;

/** `path` is relative to the project folder; one outside it is allowed only with `external`, which `init` writes. */
export const TableFile = z.strictObject({ path: z.string().min(1), external: z.literal(true).optional() });
export type TableFile = z.infer<typeof TableFile>;

export const TableConfig = z.strictObject({
  /**
   * events: one row per impression or interaction; entity: one row per key; dated: rows per key with a time; unused: no
   * key joins it to the events
   */
  kind: z.enum(['events', 'entity', 'dated', 'unused']),
  format: z.enum(['parquet', 'csv', 'jsonl']),
  /** more than one file: shards of one table, in this order */
  files: z.array(TableFile).min(1),
  csv: z
    .strictObject({ delimiter: z.string().min(1).max(4), quote: z.string().max(1), header: z.boolean() })
    .optional(),
  /** columns of this table and of the event table that must be equal; empty for events */
  join: z.array(z.strictObject({ column: z.string(), eventColumn: z.string() })),
  /** dated tables: the time column; the last row strictly before the event is joined */
  asOf: z.string().optional(),
});
export type TableConfig = z.infer<typeof TableConfig>;

/** automodel.json: the user's own file. Every inference is written out and may be overridden by editing it. */
export const ProjectConfig = z.strictObject({
  schemaVersion: z.literal(1),
  task: Task,
  /** as `--split` takes it: "time", "column:date@20220505,20220507", "leave-one-out:order=seq_pos", ... */
  split: z.string().min(1),
  seed: z.number().int().default(1),
  tables: z.record(z.string().regex(/^[A-Za-z0-9_-]+$/), TableConfig),
  /** "<table>.<column>" → what it is */
  columns: z.record(z.string(), ColumnConfig),
  /** label column of the event table; `positive` ("rating>=4") turns a number into a 0/1 label or filters next-item events */
  label: z
    .strictObject({
      column: z.string(),
      positive: z.string().optional(),
      /** allowed values of a rating */
      range: z.tuple([z.number(), z.number()]).optional(),
    })
    .optional(),
  /** further 0/1 columns (usually signals) handed to multi-task models as labels, never as inputs */
  extraLabels: z.array(z.string()).default([]),
  /** the time column of the event table that splits and histories go by */
  clock: z.string().optional(),
  duplicates: z.enum(['keep', 'drop']).default('keep'),
  /** a categorical value needs this many training rows to get an id of its own */
  minCount: z.number().int().positive().default(2),
  history: z
    .strictObject({
      enabled: z.boolean(),
      maxLength: z.number().int().positive().max(4096),
      of: z.enum(['clicked', 'exposed']),
    })
    .default({ enabled: true, maxLength: 50, of: 'clicked' }),
  /** hour of day and weekday from the clock, as context fields */
  timeFeatures: z
    .strictObject({ enabled: z.boolean(), utcOffsetMinutes: z.number().int().min(-840).max(840) })
    .default({ enabled: false, utcOffsetMinutes: 0 }),
});
export type ProjectConfig = z.infer<typeof ProjectConfig>;
