import type { Engine } from './engine.js';
import type { LoadedTable } from './load-table.js';
import type { LabelRelation, ProbedColumn } from './column-relations.js';

/** What a sample says of columns, by name. */
export interface Screening {
  readonly relations: ReadonlyMap<string, LabelRelation>;
  /** whether the sample is the whole log: then nothing is left to be measured */
  readonly whole: boolean;
}

/** Cells that are read for all columns together, and the rows of one label that are enough or too few. */
const cellBudget = 6_000_000;
const mostRows = 10_000;
const leastRows = 500;
const columnsPerBatch = 400;
/** Rows of either label in the second half below which rates say nothing. */
const fewJudged = 10;

/**
 * Holds very many columns against the label on a sample with as many positives as negatives, where there are as many (AUC
 * does not depend on their share): one statement per few hundred columns, ranked in memory. Undefined when the log has
 * one class only.
 * @param label SQL of the 0/1 label over the relation
 */
export async function screenColumns(
  engine: Engine,
  table: Pick<LoadedTable, 'relation' | 'rows'>,
  label: string,
  columns: readonly ProbedColumn[],
): Promise<Screening | undefined> {
  const wanted = Math.max(leastRows, Math.min(mostRows, Math.floor(cellBudget / (2 * columns.length))));
  // A hash of the row's number, and not every k-th row: in a log of pairs steps would see one kind only.
  await engine.run(
    `CREATE OR REPLACE TEMP TABLE screened AS SELECT place, y FROM (SELECT place, y, ` +
      `row_number() OVER (PARTITION BY y ORDER BY hash(place), place) AS n FROM ` +
      `(SELECT row_number() OVER () AS place, ${label} AS y FROM ${table.relation}) WHERE y IN (0, 1)) WHERE n <= ${wanted}`,
  );
  const relations = new Map<string, LabelRelation>();
  let sampled = 0;
  for (let from = 0; from < columns.length; from += columnsPerBatch) {
    const group = columns.slice(from, from + columnsPerBatch);
    const rows = await engine.rows(
      `SELECT s.y::DOUBLE, ${group.map((_, k) => `t.x${k}`).join(', ')} FROM screened s JOIN ` +
        `(SELECT row_number() OVER () AS place, ${group.map(({ cell, numeric }, k) => `${numeric ? `(${cell})::DOUBLE` : `(${cell})::VARCHAR`} AS x${k}`).join(', ')} ` +
        `FROM ${table.relation}) t USING (place) ORDER BY hash(s.place, 1), s.place`,
    );
    sampled = rows.length;
    const labels = rows.map((row) => Number(row[0]));
    if (!labels.includes(0) || !labels.includes(1)) return undefined;
    group.forEach(({ name, numeric }, k) => {
      const cells = rows.map((row) => row[k + 1] as string | number | null);
      relations.set(name, screenColumn(cells, labels, numeric));
    });
  }
  await engine.run('DROP TABLE IF EXISTS screened');
  return { relations, whole: sampled === table.rows };
}

/** @param labels 0 or 1 for each cell; neighbours in any order, as the second half judges the rates of the first */
export function screenColumn(
  cells: readonly (string | number | null)[],
  labels: readonly number[],
  numeric: boolean,
): LabelRelation {
  const missing = cells.map((cell) => (cell === null ? 1 : 0));
  const byNumber = numeric
    ? foldedAuc(
        cells.map((cell) => (cell === null ? Number.NaN : Number(cell))),
        labels,
      )
    : 0.5;
  const half = cells.length >> 1;
  const seen = new Map<string | number | null, { n: number; positives: number }>();
  for (let i = 0; i < half; i += 1) {
    const entry = seen.get(cells[i]) ?? { n: 0, positives: 0 };
    seen.set(cells[i], { n: entry.n + 1, positives: entry.positives + labels[i] });
  }
  const rates = cells.slice(half).map((cell) => {
    const entry = cell === null ? undefined : seen.get(cell);
    return entry === undefined ? Number.NaN : entry.positives / entry.n;
  });
  const ones = cells.flatMap((cell, i) => (numeric && cell === 1 ? [labels[i]] : []));
  const judged = labels.slice(half);
  const positives = judged.reduce((sum, y) => sum + y, 0);
  // Of a handful of rows some column among thousands tells them apart by chance.
  const enough = Math.min(positives, judged.length - positives) >= fewJudged;
  return {
    auc: Math.max(byNumber, enough ? foldedAuc(rates, judged) : 0.5, foldedAuc(missing, labels)),
    ones: ones.length,
    labelAtOne: ones.reduce((sum, y) => sum + y, 0) / Math.max(1, ones.length),
  };
}

/** Mann-Whitney with ties halved over the scores that are numbers, folded; 0.5 where one class is absent. */
function foldedAuc(scores: readonly number[], labels: readonly number[]): number {
  const counts = new Map<number, [negatives: number, positives: number]>();
  for (const [i, score] of scores.entries()) {
    if (Number.isNaN(score)) continue;
    const entry = counts.get(score) ?? [0, 0];
    entry[labels[i] === 1 ? 1 : 0] += 1;
    counts.set(score, entry);
  }
  let [below, pairs, positives] = [0, 0, 0];
  for (const [, [q, p]] of [...counts].sort((a, b) => a[0] - b[0])) {
    pairs += p * (below + q / 2);
    below += q;
    positives += p;
  }
  const auc = below * positives === 0 ? 0.5 : pairs / (below * positives);
  return Math.max(auc, 1 - auc);
}
