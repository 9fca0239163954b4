import { z } from 'zod';

/**
 * What a column is. `signal` is measured after the impression, `leak` carries the future or the label, `meta` says
 * something of the log (request ids, propensities): none is ever an input of a model. `order` is an exact order without
 * being a clock.
 */
export const columnRoles = [
  'user_id',
  'item_id',
  'timestamp',
  'order',
  'label',
  'rating',
  'context',
  'user_feature',
  'item_feature',
  'sequence',
  'text',
  'signal',
  'leak',
  'split',
  'meta',
] as const;

export const ColumnRole = z.enum(columnRoles);
export type ColumnRole = z.infer<typeof ColumnRole>;

export const Task = z.enum(['ctr', 'next-item', 'rating']);
export type Task = z.infer<typeof Task>;

export const splitNames = ['train', 'validation', 'test'] as const;
export const SplitName = z.enum(splitNames);
export type SplitName = z.infer<typeof SplitName>;
