import type { Probe, Sighting } from '../../schema/index.js';
import { constancy, suspectAuc } from '../column-relations.js';
import { oneSided, saysOneSided } from './one-sided.js';
import {
  columnSighting,
  isJudged,
  labelledRows,
  lacksLabel,
  type SubjectColumn,
  type TableSubject,
} from './table-subject.js';

/** Share of items whose positives agree in a column that makes it an attribute of the item. */
const constant = 0.97;
/** Share of negatives that contradict the item, and how much rarer positives must do so. */
const noticeable = 0.02;
const rarer = 10;
const fewestRows = 50;

/**
 * Sampled negatives carry what the sampler left in them: attributes of another item than the one that they name, or none.
 * Then a model learns the sampler.
 */
export const contradictingNegatives: Probe<TableSubject> = {
  name: 'contradicting-negatives',
  question: 'Do negatives contradict what is constant per item, or lack what positives have?',
  lacks: (subject) =>
    lacksLabel(subject) ?? (subject.log.item === undefined ? 'the events have no item' : undefined),
  async run(subject) {
    // Copies of the label contradict it in their own way, and are told by other probes.
    const relations = await subject.relations();
    const columns = subject.columns.filter(
      (column) =>
        isJudged(column) && column.side === undefined && (relations.get(column.key)?.auc ?? 0.5) < suspectAuc,
    );
    const [contradicted, given] = [
      await contradictions(subject, columns),
      await missingByLabel(subject, columns),
    ];
    return columns.flatMap((column): Sighting[] => {
      const evidence = contradicted.get(column.key) ?? given.get(column.key);
      if (evidence === undefined) return [];
      const remedy = `Draw negatives with all columns of the item that they name, or give ${column.key} the role leak.`;
      return [columnSighting(column, 'high', evidence, remedy)];
    });
  },
};

async function contradictions(
  { bench, log, label = 'y' }: TableSubject,
  columns: readonly SubjectColumn[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const item = log.item as string;
  const positives = { ...log.table, relation: `(SELECT * FROM ${labelledRows} WHERE ${label} = 1)` };
  const shares = await constancy(
    bench.engine,
    positives,
    item,
    columns.map(({ cell }) => cell),
  );
  for (const { key, cell } of columns) {
    if (!((shares.get(cell) ?? 0) >= constant)) continue;
    // A positive is held against the other positives of its item only: alone it would agree with itself.
    const [negative, positive, rows] = await bench.numbers(
      `WITH said AS (SELECT ${item} AS i, mode(${cell}) AS usual FROM ${labelledRows} WHERE ${label} = 1 AND ${cell} IS NOT NULL ` +
        `GROUP BY ALL HAVING count(*) > 1) SELECT coalesce(avg((${cell} <> usual)::INTEGER) FILTER (${label} = 0), 0)::DOUBLE, ` +
        `coalesce(avg((${cell} <> usual)::INTEGER) FILTER (${label} = 1), 0)::DOUBLE, count(*) FILTER (${label} = 0 AND ${cell} <> usual)::DOUBLE ` +
        `FROM ${labelledRows} a JOIN said ON said.i = a.${item} WHERE ${cell} IS NOT NULL`,
    );
    if (rows < fewestRows || negative < noticeable || negative < rarer * positive) continue;
    found.set(
      key,
      `it is constant per item among positives, and ${(100 * negative).toFixed(1)} % of the negatives contradict their item ` +
        `(${(100 * positive).toFixed(1)} % of the positives)`,
    );
  }
  return found;
}

async function missingByLabel(
  { bench, label = 'y' }: TableSubject,
  columns: readonly SubjectColumn[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const [base] = await bench.numbers(`SELECT avg(${label}) FROM ${labelledRows}`);
  for (let from = 0; from < columns.length; from += 32) {
    const group = columns.slice(from, from + 32);
    const counts = await bench.numbers(
      `SELECT ${group.map(({ cell }) => `count(*) FILTER (${cell} IS NULL)::DOUBLE, avg(${label}) FILTER (${cell} IS NULL)`).join(', ')} FROM ${labelledRows}`,
    );
    group.forEach(({ key }, k) => {
      const [rows, rate] = counts.slice(2 * k);
      const sided = oneSided(rows, rate, base);
      if (sided !== undefined) found.set(key, `${rows} rows lack it, and ${saysOneSided(sided)}`);
    });
  }
  return found;
}
