import { AutoModelError } from '../../platform/index.js';
import type { MetricDefinition, Warning } from '../../schema/index.js';
import type { Engine, LoadedTable } from '../../data/index.js';
import type { ArmMeasure } from '../compare-metric.js';
import { estimandOf } from '../compare-metric.js';
import { momentsFromSums } from '../moments.js';
import { findColumn, needColumn, numberSql, requireNumbers, textSql } from './table-columns.js';

/** What a column of a metric's moments is called in the sums form; the value's own columns are `sum` and `sum_squares`. */
const parts = ['value', 'denominator', 'covariate', 'covariate_denominator'] as const;
type Part = (typeof parts)[number];

const sumOf = (part: Part): string => (part === 'value' ? 'sum' : `${part}_sum`);
/** Columns that hold the sum of products of two parts: squares of one, `<a>_<b>_product` of two. */
const productOf = (a: Part, b: Part): string => (a === b ? `${sumOf(a)}_squares` : `${a}_${b}_product`);

/** One row of sums: everything that one arm says of one metric. */
export interface SumsRow {
  readonly variant: string;
  readonly metric: string;
  readonly n: number;
  readonly numbers: ReadonlyMap<string, number>;
}

export interface SumsTable {
  readonly file: string;
  readonly rows: readonly SumsRow[];
}

/** variant, metric, n and sum: the columns that no other form has together. */
export function isSumsTable(table: LoadedTable, metricColumn: string, variantColumn: string): boolean {
  return [variantColumn, metricColumn, 'n', 'sum'].every((name) => findColumn(table, name) !== undefined);
}

export async function readSums(
  engine: Engine,
  table: LoadedTable,
  metricColumn: string,
  variantColumn: string,
): Promise<SumsTable> {
  const names = [
    'n',
    ...parts.flatMap((a, i) => [sumOf(a), ...parts.slice(i).map((b) => productOf(a, b))]),
  ].filter((name) => findColumn(table, name) !== undefined);
  const columns = names.map((name) => needColumn(table, name, 'sums'));
  for (const column of columns) await requireNumbers(engine, table, column);
  const variant = textSql(needColumn(table, variantColumn, 'the variant'));
  const metric = textSql(needColumn(table, metricColumn, 'the metric'));
  const cells = await engine.rows(
    `SELECT ${variant}, ${metric}, ${columns.map(numberSql).join(', ')} FROM ${table.relation}`,
  );
  const file = table.files[0];
  const seen = new Set<string>();
  const rows = cells.map(([variantName, metricName, ...values], index): SumsRow => {
    const key = JSON.stringify([variantName, metricName]);
    if (variantName === null || metricName === null || seen.has(key)) {
      throw new AutoModelError(
        'EXPERIMENT_INVALID',
        `${file}, row ${index + 1}: ${seen.has(key) ? 'a second row of one variant and metric' : 'no variant or metric'}`,
        {
          remedy: 'Give one row for each variant and metric.',
          details: { file, row: index + 1 },
        },
      );
    }
    seen.add(key);
    const numbers = new Map<string, number>();
    values.forEach((value, k) => {
      if (value !== null) numbers.set(names[k], Number(value));
    });
    return {
      variant: String(variantName),
      metric: String(metricName),
      n: numbers.get('n') ?? Number.NaN,
      numbers,
    };
  });
  return { file, rows };
}

/** Units of each variant: the most that any metric was measured on. Warns where metrics differ. */
export function unitsOfSums(sums: SumsTable, warn: (warning: Warning) => void): Map<string, number> {
  const units = new Map<string, number>();
  let differ = false;
  for (const { variant, n } of sums.rows) {
    const before = units.get(variant);
    differ ||= before !== undefined && before !== n;
    units.set(variant, Math.max(before ?? 0, n));
  }
  if (differ)
    warn({
      code: 'UNITS_DIFFER',
      message: 'Metrics of one variant have unlike numbers of units; the largest is taken for its traffic.',
    });
  return units;
}

/** One metric in the arms, from their rows. @throws UNKNOWN_COLUMN for a metric or sum that is not there, EXPERIMENT_INVALID */
export function sumsMeasures(
  sums: SumsTable,
  definition: MetricDefinition,
  variants: readonly string[],
): ArmMeasure[] {
  const { name, of = name } = definition;
  const estimand = estimandOf(definition);
  const used: Part[] = [
    'value',
    ...(estimand.denominator === undefined ? [] : (['denominator'] as const)),
    ...(estimand.covariate === undefined ? [] : (['covariate'] as const)),
    ...(estimand.covariateDenominator === undefined ? [] : (['covariate_denominator'] as const)),
  ];
  return variants.map((variant) => {
    const row = sums.rows.find((each) => each.variant === variant && each.metric === of);
    if (row === undefined) {
      const there = [...new Set(sums.rows.map(({ metric }) => metric))].slice(0, 20).join(', ');
      throw new AutoModelError(
        'UNKNOWN_COLUMN',
        `${sums.file} has no row of metric ${JSON.stringify(of)} and variant ${JSON.stringify(variant)}`,
        { remedy: `Its metrics are: ${there}.`, details: { file: sums.file, metric: of, variant } },
      );
    }
    const need = (column: string): number => {
      const value = row.numbers.get(column);
      // The square of 0 and 1 is itself.
      if (value === undefined && column === 'sum_squares' && estimand.kind === 'proportion')
        return need('sum');
      if (value !== undefined) return value;
      throw new AutoModelError(
        'UNKNOWN_COLUMN',
        `${sums.file}: metric ${JSON.stringify(of)} of variant ${JSON.stringify(variant)} needs a value of ${column}`,
        {
          remedy: 'See docs/experiments.md for the columns of the sums form.',
          details: { file: sums.file, column },
        },
      );
    };
    const share = need('sum') / row.n;
    if (estimand.kind === 'proportion' && !(share >= 0 && share <= 1)) {
      throw new AutoModelError('EXPERIMENT_INVALID', `${of} of ${variant}: a proportion of ${share}`, {
        remedy:
          'The sum of a proportion counts units, so it is at most n; name the metric without proportion otherwise.',
        details: { file: sums.file, metric: of, variant },
      });
    }
    const products = used.map((a, i) => used.map((b, j) => need(i <= j ? productOf(a, b) : productOf(b, a))));
    const moments = momentsFromSums(
      { n: row.n, sums: used.map((part) => need(sumOf(part))), products },
      `${of} of ${variant}`,
    );
    return { kind: 'moments', moments };
  });
}
