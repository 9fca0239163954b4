import { metricDirections, type MetricTable } from './metrics.js';
import type { SplitName } from './roles.js';

/** Which split and which metrics a table of several models shows. */
export interface ScoreColumns {
  readonly split: SplitName;
  readonly metrics: readonly string[];
}

/**
 * The most final split that any of the scores has, and its metrics: `primary` first, then in the field's usual order.
 * Numbers of different splits are
 * never shown in one column. Undefined when nothing was measured.
 */
export function scoreColumns(
  scores: readonly { readonly metrics: MetricTable }[],
  primary: string,
): ScoreColumns | undefined {
  const split = (['test', 'validation', 'train'] as const).find((name) =>
    scores.some(({ metrics }) => metrics[name] !== undefined),
  );
  if (split === undefined) return undefined;
  const found = [...new Set(scores.flatMap(({ metrics }) => Object.keys(metrics[split] ?? {})))];
  const usual = Object.keys(metricDirections);
  const place = (name: string): number =>
    name === primary ? -1 : usual.includes(name) ? usual.indexOf(name) : usual.length;
  return { split, metrics: found.toSorted((a, b) => place(a) - place(b)) };
}
