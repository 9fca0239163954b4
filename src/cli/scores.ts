import {
  formatDuration,
  formatSummary,
  formatValue,
  scoreColumns,
  type MetricTable,
  type ModelScore,
} from '../schema/index.js';
import { formatTable, type Column } from './table.js';
import type { Style } from './text.js';

/** Tables of metrics: what every command that measures something prints. */

const splitOrder = ['test', 'validation', 'train'] as const;

/** Rows are metrics, columns the splits that are there. */
export function formatMetricTable(metrics: MetricTable, style: Style): string[] {
  const splits = splitOrder.filter((split) => metrics[split] !== undefined).toReversed();
  const names = [...new Set(splits.flatMap((split) => Object.keys(metrics[split] ?? {})))];
  const columns: Column[] = [{ title: 'metric' }, ...splits.map((split) => ({ title: split }))];
  const rows = names.map((name) => [
    name,
    ...splits.map((split) => {
      const summary = metrics[split]?.[name];
      return summary === undefined ? '' : formatSummary(summary);
    }),
  ]);
  return formatTable(columns, rows, style);
}

export interface LabelledScore {
  readonly label: string;
  readonly score: Pick<ModelScore, 'model' | 'metrics' | 'cost'>;
}

/**
 * Floors, baseline and best side by side on the most final split that any of them has: the primary metric with its
 * interval, two more as plain means. A row without that split shows a dash.
 */
export function formatScores(scores: readonly LabelledScore[], primary: string, style: Style): string[] {
  const shown = scoreColumns(
    scores.map(({ score }) => score),
    primary,
  );
  if (shown === undefined) return [];
  const { split } = shown;
  const names = shown.metrics.slice(0, 3);
  const columns: Column[] = [
    { title: '' },
    { title: 'model' },
    ...names.map((name) => ({ title: `${split} ${name}` })),
    { title: 'seeds', align: 'right' },
    { title: 'cost', align: 'right' },
  ];
  const rows = scores.map(({ label, score }) => {
    const summaries = names.map((name) => score.metrics[split]?.[name]);
    return [
      label,
      score.model,
      ...summaries.map((summary, index) => {
        if (summary === undefined) return '—';
        return index === 0 ? formatSummary(summary) : formatValue(summary.mean);
      }),
      String(summaries.find((summary) => summary !== undefined)?.n ?? '—'),
      formatDuration(score.cost.seconds),
    ];
  });
  return formatTable(columns, rows, style);
}
