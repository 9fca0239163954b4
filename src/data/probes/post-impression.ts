import type { Probe, Sighting } from '../../schema/index.js';
import { saysSignal } from '../column-names.js';
import { numericUnit } from '../column-stats.js';
import { microseconds } from '../column-types.js';
import {
  columnSighting,
  isJudged,
  labelledRows,
  lacksLabel,
  type SubjectColumn,
  type TableSubject,
} from './table-subject.js';

/** Rows away from the usual value that a share is judged on, and the share that makes it one-sided. */
const fewestRows = 50;
const oneSided = 0.98;
/** Distance of that share from the label's rate, in its standard errors under no relation: 2 x 400 columns at 1 %. */
const clearZ = 4.5;
/** Share of cells that lie after the event. */
const mostlyLater = 0.95;

const remedy = (key: string): string => `Give ${key} the role signal in automodel.json, or accept it there.`;

/**
 * Something that happened after the impression: it leaves its usual value (nothing happened) under one label only, it is a
 * time later than the event, or its name says so.
 */
export const postImpression: Probe<TableSubject> = {
  name: 'post-impression',
  question: 'Was a column measured after the impression that it describes?',
  lacks: lacksLabel,
  async run(subject) {
    const columns = subject.columns.filter((column) => isJudged(column) && column.side === undefined);
    const oneSided = await awayFromUsual(subject, columns);
    const later = await laterTimes(subject, columns);
    return columns.flatMap((column): Sighting[] => {
      const seen = oneSided.get(column.key) ?? later.get(column.key);
      if (seen !== undefined) return [columnSighting(column, 'high', seen, remedy(column.key))];
      if (!saysSignal(column.name) && column.role !== 'signal') return [];
      const evidence = 'its name is that of something measured after the impression';
      return [columnSighting(column, 'medium', evidence, remedy(column.key))];
    });
  },
};

async function awayFromUsual(
  { bench, label = 'y' }: TableSubject,
  columns: readonly SubjectColumn[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const [base] = await bench.numbers(`SELECT avg(${label}) FROM ${labelledRows}`);
  for (let from = 0; from < columns.length; from += 16) {
    const group = columns.slice(from, from + 16);
    await bench.run(
      `CREATE OR REPLACE TEMP TABLE usual AS SELECT ${group.map(({ cell }, k) => `mode(coalesce(${cell}::VARCHAR, '')) AS m${k}`).join(', ')} FROM ${labelledRows}`,
    );
    const away = (cell: string, k: number): string => `FILTER (coalesce(${cell}::VARCHAR, '') <> m${k})`;
    const counts = await bench.numbers(
      `SELECT ${group.map(({ cell }, k) => `count(*) ${away(cell, k)}::DOUBLE, avg(${label}) ${away(cell, k)}, count(DISTINCT ${cell}) ${away(cell, k)}::DOUBLE`).join(', ')} FROM ${labelledRows}, usual`,
    );
    group.forEach((column, k) => {
      const [rows, rate] = counts.slice(3 * k);
      if (!(rows >= fewestRows)) return;
      const value = rate >= 0.5 ? 1 : 0;
      const share = value === 1 ? rate : 1 - rate;
      const expected = value === 1 ? base : 1 - base;
      const z = (share - expected) / Math.sqrt((expected * (1 - expected)) / rows);
      if (share < oneSided || z < clearZ) return;
      found.set(
        column.key,
        `in ${rows} rows it leaves its usual value, and ${(100 * share).toFixed(1)} % of them have label ${value} (${(100 * expected).toFixed(1)} % of all)`,
      );
    });
  }
  return found;
}

async function laterTimes(
  { bench, log, config }: TableSubject,
  columns: readonly SubjectColumn[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (!log.clocked) return found;
  for (const column of columns) {
    if (column.type !== 'timestamp' && column.type !== 'integer' && column.type !== 'number') continue;
    const { cell, key, type } = column;
    const unit = config.columns[key].unit ?? (await unitOf(bench, column));
    // Days and orders hold no moment that could lie after another of the same day.
    if (unit === undefined || !/seconds$|^timestamp$/.test(unit)) continue;
    const us = microseconds(cell, type, unit);
    const [share, rows, other] = await bench.numbers(
      `SELECT avg((${us} > t)::INTEGER), count(${us})::DOUBLE, count(*) FILTER (${us} <> t)::DOUBLE FROM ${labelledRows} WHERE t IS NOT NULL`,
    );
    if (rows < fewestRows || other < fewestRows || share < mostlyLater) continue;
    found.set(key, `it is a time, and ${(100 * share).toFixed(1)} % of its cells lie after the event's own`);
  }
  return found;
}

/** Unit of numbers that look like times; only those near the clock's own range are taken. */
async function unitOf(
  bench: TableSubject['bench'],
  { cell, type }: SubjectColumn,
): Promise<ReturnType<typeof numericUnit>> {
  if (type === 'timestamp') return 'timestamp';
  const [min, max] = await bench.numbers(`SELECT min(${cell})::DOUBLE, max(${cell})::DOUBLE FROM audited`);
  return numericUnit(min, max, type);
}
