import type { Engine } from './engine.js';
import { splitSql } from './sql.js';
import type { LoadedTable, RawColumn } from './load-table.js';

/**
 * How a column of the event table goes with the label, over about 200,000 rows at most. They are drawn by a hash of their
 * number: in a log of pairs every second row is positive, and even steps would see one kind only.
 */
export interface LabelRelation {
  /**
   * best single-column AUC, folded to >= 0.5: of the numbers themselves, of rates per value, and of being missing; 0.5 for
   * each that chance could have given on as few rows as have it
   */
  readonly auc: number;
  /** rows where the column is 1 (of a 0/1 column), and how often the label is 1 there */
  readonly ones: number;
  readonly labelAtOne: number;
}

const relationRows = 200_000;

/** From here on a single column is taken for the label itself, or for something that came after it. */
export const copyAuc = 0.98;
export const suspectAuc = 0.9;

/**
 * Distance from what holds under no relation, in its standard errors, from which on chance is ruled out: 1 % over three looks at
 * each of 400 columns, both sides.
 */
export const clearZ = 4.5;

function fold(auc: number): number {
  return Number.isFinite(auc) ? Math.max(auc, 1 - auc) : 0.5;
}

/**
 * AUC of `score` for `y` in a relation of (score, y): Mann-Whitney with ties halved, from counts per score. 0.5 where it is
 * within the reach of chance (standard error of the statistic under no relation, without ties: the largest that it can be).
 */
function aucSql(relation: string): string {
  return (
    `SELECT CASE WHEN abs(auc - 0.5) >= ${clearZ} * sqrt((ps + qs + 1) / (12 * ps * qs)) THEN auc ELSE 0.5 END FROM ` +
    `(SELECT (sum(p * (below + q / 2.0)) / nullif(sum(p) * sum(q), 0))::DOUBLE AS auc, sum(p) AS ps, sum(q) AS qs FROM (SELECT p, q, ` +
    `coalesce(sum(q) OVER (ORDER BY score ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS below FROM ` +
    `(SELECT score, sum(y)::DOUBLE AS p, sum(1 - y)::DOUBLE AS q FROM (${relation}) WHERE score IS NOT NULL GROUP BY score)))`
  );
}

export interface ProbedColumn {
  readonly name: string;
  /** SQL of the value over the relation */
  readonly cell: string;
  /** whether larger and smaller mean something */
  readonly numeric: boolean;
}

/** Columns of one narrow working table: planning a statement over a very wide one costs more than running it. */
const columnsPerProbe = 16;

/**
 * Holds columns against the label, one by one.
 * @param label SQL of the 0/1 label over the relation
 * @param rowNumber SQL of what tells the rows apart, whatever order they come in; a file's rows come in its own
 */
export async function labelRelations(
  engine: Engine,
  table: Pick<LoadedTable, 'relation' | 'rows'>,
  label: string,
  columns: readonly ProbedColumn[],
  rowNumber = 'row_number() OVER ()',
): Promise<Map<string, LabelRelation>> {
  const relations = new Map<string, LabelRelation>();
  const step = Math.max(1, Math.ceil(table.rows / relationRows));
  for (let from = 0; from < columns.length; from += columnsPerProbe) {
    const group = columns.slice(from, from + columnsPerProbe);
    const cells = group.map((column, k) => `${column.cell} AS x${k}`);
    await engine.run(
      `CREATE OR REPLACE TEMP TABLE probe AS SELECT *, (chance // ${step}) % 2 AS half FROM (SELECT ${label} AS y, ` +
        `hash(${rowNumber}) AS chance, ${cells.join(', ')} FROM ${table.relation}) WHERE chance % ${step} = 0 AND y IN (0, 1)`,
    );
    for (const [k, column] of group.entries()) {
      relations.set(column.name, await labelRelation(engine, `x${k}`, column.numeric));
    }
  }
  await engine.run('DROP TABLE IF EXISTS probe');
  return relations;
}

async function labelRelation(engine: Engine, x: string, numeric: boolean): Promise<LabelRelation> {
  // Rates come from one half of the rows and are judged on the other: a value seen once proves nothing.
  const rates =
    `SELECT r.rate AS score, s.y FROM (SELECT ${x} AS x, y FROM probe WHERE half = 1) s ` +
    `JOIN (SELECT ${x} AS x, avg(y) AS rate FROM probe WHERE half = 0 GROUP BY ALL) r ON r.x = s.x`;
  const parts = [
    numeric ? `(${aucSql(`SELECT ${x}::DOUBLE AS score, y FROM probe`)})` : 'NULL::DOUBLE',
    `(${aucSql(rates)})`,
    `(${aucSql(`SELECT (${x} IS NULL)::INTEGER AS score, y FROM probe`)})`,
    numeric ? `(SELECT count(*)::DOUBLE FROM probe WHERE ${x}::DOUBLE = 1)` : '0::DOUBLE',
    numeric ? `(SELECT avg(y)::DOUBLE FROM probe WHERE ${x}::DOUBLE = 1)` : '0::DOUBLE',
  ];
  const [row] = await engine.rows(`SELECT ${parts.join(', ')}`);
  const [byNumber, byRate, byMissing, ones, labelAtOne] = row.map((value) =>
    value === null ? Number.NaN : Number(value),
  );
  return {
    auc: Math.max(fold(byNumber), fold(byRate), fold(byMissing)),
    ones,
    labelAtOne: Number.isNaN(labelAtOne) ? 0 : labelAtOne,
  };
}

/** Share of the keys with at least two rows whose rows all hold the same value, per column. */
export async function constancy(
  engine: Engine,
  table: LoadedTable,
  key: string,
  idents: readonly string[],
): Promise<Map<string, number>> {
  const shares = new Map<string, number>();
  for (let from = 0; from < idents.length; from += 40) {
    const group = idents.slice(from, from + 40);
    const inner = group.map(
      (c, i) =>
        `(min(${c}) IS NOT DISTINCT FROM max(${c}) AND count(${c}) IN (0, count(*)))::INTEGER AS k${i}`,
    );
    const [row] = await engine.rows(
      `SELECT ${group.map((_, i) => `avg(k${i})`).join(', ')} FROM (SELECT ${inner.join(', ')} FROM ${table.relation} ` +
        `WHERE ${key} IS NOT NULL GROUP BY ${key} HAVING count(*) > 1)`,
    );
    group.forEach((c, i) => shares.set(c, row[i] === null ? Number.NaN : Number(row[i])));
  }
  return shares;
}

/** Whether the columns together name at most one row each. */
export async function isUniqueKey(
  engine: Engine,
  table: LoadedTable,
  idents: readonly string[],
): Promise<boolean> {
  const present = idents.map((c) => `${c} IS NOT NULL`).join(' AND ');
  const [[most]] = await engine.rows(
    `SELECT coalesce(max(n), 0)::DOUBLE FROM (SELECT count(*) AS n FROM ${table.relation} WHERE ${present} GROUP BY ${idents.join(', ')})`,
  );
  return Number(most) <= 1;
}

/** Whether most elements of a list column are items of the event table; judged on the first 2,000 filled lists. */
export async function holdsItems(
  engine: Engine,
  lists: { readonly loaded: LoadedTable },
  list: { readonly raw: RawColumn },
  events: { readonly loaded: LoadedTable },
  item: { readonly raw: RawColumn },
  separator?: string,
): Promise<boolean> {
  const { ident } = list.raw;
  const column = separator === undefined ? ident : splitSql(ident, separator, 'VARCHAR');
  const [[share]] = await engine.rows(
    `SELECT coalesce(avg((value::VARCHAR IN (SELECT ${item.raw.ident}::VARCHAR FROM ${events.loaded.relation}))::INTEGER), 0)::DOUBLE FROM ` +
      `(SELECT unnest(list) AS value FROM (SELECT ${column} AS list FROM ${lists.loaded.relation} WHERE len(${column}) > 0 LIMIT 2000))`,
  );
  return Number(share) >= 0.5;
}
