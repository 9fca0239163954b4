import type { Probe, Sighting } from '../../schema/index.js';
import { constancy } from '../column-relations.js';
import { measureKey, movingColumns } from './later-aggregates.js';
import { midRanks } from './later-dependence.js';
import { columnSighting, isJudged, type SubjectColumn, type TableSubject } from './table-subject.js';

/** Share of groups in whose rows a column never changes, for it to be one of the group. */
const constant = 0.97;
/** Mean events of a group: more and it is no session. */
const fewestEvents = 1.5;
const mostEvents = 200;
const mostGroups = 60_000;
const fewestGroups = 100;
/** Rank correlation with a total of the whole group that makes a column that total. */
const isTotal = 0.95;

/** What is known of a group only when its last event is over. */
const totals: readonly {
  readonly what: string;
  readonly sql: (label: string | undefined) => string | undefined;
}[] = [
  { what: 'its number of events', sql: () => 'count(*)' },
  { what: 'the sum of its labels', sql: (label) => label && `sum(${label})` },
  { what: 'its label rate', sql: (label) => label && `avg(${label})` },
  { what: 'whether it has a positive', sql: (label) => label && `max(${label})` },
  { what: 'its length in time', sql: () => 'max(t) - min(t)' },
];

/**
 * Columns that never change within a session or a user and are a total of all its events: at its first event such a number
 * (session length, clicks of the session) knows how it will end.
 */
export const groupConstants: Probe<TableSubject> = {
  name: 'group-constant',
  question: 'Is a column that is constant per session or user made of its later events?',
  lacks: ({ log }) => (log.timed ? undefined : 'the events have no clock'),
  async run(subject) {
    const { log } = subject;
    const columns = subject.columns.filter((column) => isJudged(column) && column.side === undefined);
    const found = new Map<string, Sighting>();
    for (const group of await groupsOf(subject, columns)) {
      const others = columns.filter(({ cell, isNumeric }) => cell !== group && isNumeric);
      const shares = await constancy(
        subject.bench.engine,
        { ...log.table, relation: 'base' },
        group,
        others.map(({ cell }) => cell),
      );
      const alike = others.filter(({ cell, key }) => (shares.get(cell) ?? 0) >= constant && !found.has(key));
      if (alike.length === 0) continue;
      for (const sighting of await wholeTotals(subject, group, alike))
        found.set(sighting.columns[0], sighting);
      if (group !== log.user) continue;
      const relation = `SELECT ${group} AS key, ${alike.map(({ cell }) => `min(${cell}) AS ${cell}`).join(', ')} FROM base WHERE ${group} IS NOT NULL GROUP BY ${group}`;
      for (const sighting of movingColumns(
        await measureKey(subject, { sql: group, isItem: false }, relation, alike),
      ))
        if (!found.has(sighting.columns[0])) found.set(sighting.columns[0], sighting);
    }
    return [...found.values()];
  },
};

/** SQL of the user, and of columns whose values each belong to one user and some events: sessions, visits, requests. */
async function groupsOf(
  { bench, log, splits }: TableSubject,
  columns: readonly SubjectColumn[],
): Promise<string[]> {
  if (log.user === undefined) return [];
  const { user } = log;
  const candidates = columns.filter(({ type }) => type === 'integer' || type === 'string').slice(0, 64);
  const rows = splits.rows.train + splits.rows.validation + splits.rows.test;
  const groups = [user];
  for (let from = 0; from < candidates.length; from += 32) {
    const part = candidates.slice(from, from + 32);
    const distinct = await bench.numbers(
      `SELECT ${part.map(({ cell }) => `approx_count_distinct(${cell})::DOUBLE`).join(', ')} FROM base`,
    );
    for (const [k, { cell }] of part.entries()) {
      const mean = rows / distinct[k];
      if (mean < fewestEvents || mean > mostEvents) continue;
      const owned = await constancy(bench.engine, { ...log.table, relation: 'base' }, cell, [user]);
      if ((owned.get(user) ?? 0) >= constant) groups.push(cell);
    }
  }
  return groups;
}

/** Holds columns against totals over all known events of their group. */
async function wholeTotals(
  { bench, label }: TableSubject,
  group: string,
  columns: readonly SubjectColumn[],
): Promise<Sighting[]> {
  const known = totals.flatMap(({ what, sql }) => {
    const text = sql(label);
    return text === undefined ? [] : [{ what, text }];
  });
  // Groups of one moment have no later events (a slate's size is known when it is shown); those that reach into the test split have labels that nobody knows here.
  const rows = await bench.engine.rows(
    `SELECT ${[...known.map(({ text }) => `(${text})::DOUBLE`), 'min(t)::DOUBLE', ...columns.map(({ cell }) => `min(${cell})::DOUBLE`)].join(', ')} ` +
      `FROM base WHERE ${group} IS NOT NULL GROUP BY ${group} HAVING max(t) > min(t) AND max(split) < 2 ORDER BY hash(${group}) LIMIT ${mostGroups}`,
  );
  if (rows.length < fewestGroups) return [];
  const series = (at: number): Float64Array =>
    Float64Array.from(rows, (row) => (row[at] === null ? Number.NaN : Number(row[at])));
  const ends = known.map((_, k) => series(k));
  const begin = series(known.length);
  return columns.flatMap((column, c): Sighting[] => {
    const values = series(known.length + 1 + c);
    const tells = ends.map((end) => Math.abs(rankCorrelation(values, end)));
    const best = tells.indexOf(Math.max(...tells));
    if (!(tells[best] >= isTotal)) return [];
    // Who came late was seen for less long; a date of coming is no total for all that.
    if (Math.abs(rankCorrelation(values, begin)) >= tells[best]) return [];
    return [
      columnSighting(
        column,
        'high',
        `it never changes within a group of events and goes with ${known[best].what} by rank ${tells[best].toFixed(3)} over ${rows.length} groups ` +
          `(${isTotal} is taken for that total): it knows how the group ends`,
        `Count ${column.key} up to each event, or give it the role leak.`,
      ),
    ];
  });
}

/** Spearman's, ties at their mean rank; 0 where either never changes. */
export function rankCorrelation(a: Float64Array, b: Float64Array): number {
  const present = Array.from(a.keys()).filter((k) => !Number.isNaN(a[k]) && !Number.isNaN(b[k]));
  const [x, y] = [a, b].map((values) => midRanks(Float64Array.from(present, (k) => values[k])));
  let [xx, yy, xy] = [0, 0, 0];
  for (let k = 0; k < x.length; k += 1) {
    // Mid-ranks have the mean one half, with ties and without.
    const [p, q] = [x[k] - 0.5, y[k] - 0.5];
    xx += p * p;
    yy += q * q;
    xy += p * q;
  }
  return xx === 0 || yy === 0 || present.length < fewestGroups ? 0 : xy / Math.sqrt(xx * yy);
}
