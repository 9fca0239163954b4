import type { MetricTable } from './metrics.js';
import type { SplitName } from './roles.js';

/** Which split and which metrics a table of several models shows. */
export interface ScoreColumns {
  readonly split: SplitName;
  readonly metrics: readonly string[];
}

/**
 * The most final split that any of the scores has, and its metrics with `primary` first. Numbers of different splits are
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
  return {
    split,
    metrics: [...found.filter((name) => name === primary), ...found.filter((name) => name !== primary)],
  };
}
