import { z } from 'zod';
import { ContractRecord } from './model-scores.js';
import { ColumnRole, SplitName, Task, type ColumnRole as ColumnRoleName } from './roles.js';

/** A column that is no input of any model, and why. */
export const RefusedColumn = z.object({
  table: z.string(),
  column: z.string(),
  role: z.enum(['leak', 'signal'] satisfies readonly ColumnRoleName[]),
  reason: z.string(),
});
export type RefusedColumn = z.infer<typeof RefusedColumn>;

export const TableFinding = z.object({
  name: z.string(),
  kind: z.enum(['events', 'entity', 'dated', 'unused']),
  files: z.array(z.string()),
  rows: z.number().int().nonnegative(),
  /** key columns that join it to the event table; empty for the event table itself */
  joinKeys: z.array(z.string()),
});
export type TableFinding = z.infer<typeof TableFinding>;

export const ColumnFinding = z.object({
  table: z.string(),
  column: z.string(),
  role: ColumnRole,
  /** 0..1; the inference asks below its own threshold */
  confidence: z.number().min(0).max(1),
  reason: z.string(),
});
export type ColumnFinding = z.infer<typeof ColumnFinding>;

/** Something that init is unsure of: the guess is taken unless a person answers. */
export const Question = z.object({
  id: z.string(),
  question: z.string(),
  guess: z.string(),
  /** possible answers; empty when any text will do */
  options: z.array(z.string()),
  /** where in automodel.json the answer can be changed later */
  setting: z.string(),
});
export type Question = z.infer<typeof Question>;

export const InitResult = z.object({
  configPath: z.string(),
  task: Task,
  split: z.string(),
  label: z.string(),
  tables: z.array(TableFinding),
  columns: z.array(ColumnFinding),
  /** questions that stayed open, with the guess that was taken */
  questions: z.array(Question),
});
export type InitResult = z.infer<typeof InitResult>;

export const ColumnProfile = z.object({
  table: z.string(),
  column: z.string(),
  role: ColumnRole,
  type: z.string(),
  distinct: z.number().int().nonnegative(),
  /** share of rows without a value, 0..1 */
  missing: z.number().min(0).max(1),
  min: z.string().nullable(),
  max: z.string().nullable(),
});
export type ColumnProfile = z.infer<typeof ColumnProfile>;

/** What a mechanical leak probe says of the data or of one column. */
export const ProbeFinding = z.object({
  probe: z.string(),
  table: z.string().nullable(),
  column: z.string().nullable(),
  verdict: z.enum(['clean', 'suspect', 'leak']),
  message: z.string(),
});
export type ProbeFinding = z.infer<typeof ProbeFinding>;

export const ProfileResult = z.object({
  contract: ContractRecord,
  tables: z.array(TableFinding),
  columns: z.array(ColumnProfile),
  duplicateRows: z.number().int().nonnegative(),
  users: z.number().int().nonnegative(),
  items: z.number().int().nonnegative(),
  /** mean of the main label per split; null for a sealed split and for next-item tasks */
  labelMean: z.record(SplitName, z.number().nullable()),
  probes: z.array(ProbeFinding),
  refused: z.array(RefusedColumn),
});
export type ProfileResult = z.infer<typeof ProfileResult>;
