import type { Probe, Sighting } from '../../schema/index.js';
import { saysSignal } from '../column-names.js';
import { numericUnit } from '../column-stats.js';
import { microseconds } from '../column-types.js';
import { oneSided, saysOneSided } from './one-sided.js';
import {
  columnSighting,
  isJudged,
  labelledRows,
  lacksLabel,
  type SubjectColumn,
  type TableSubject,
} from './table-subject.js';

/** Share of cells that lie after the event, and how many must. */
const mostlyLater = 0.95;
const fewestLater = 50;
/** What lies later than a year after the event was no effect of it: a sentinel, an expiry, a number that merely looks like a time. */
const longestUs = 366 * 86_400_000_000;

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
    const away = await awayFromUsual(subject, columns);
    const later = await laterTimes(subject, columns);
    return columns.flatMap((column): Sighting[] => {
      const seen = away.get(column.key) ?? later.get(column.key);
      if (seen !== undefined) return [columnSighting(column, 'high', seen, remedy(column.key))];
      if (!saysSignal(column.name) && column.role !== 'signal') return [];
      const evidence = saysSignal(column.name)
        ? 'its name is that of something measured after the impression'
        : 'the project has it for something measured after the impression';
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
      `SELECT ${group.map(({ cell }, k) => `count(*) ${away(cell, k)}::DOUBLE, avg(${label}) ${away(cell, k)}`).join(', ')} FROM ${labelledRows}, usual`,
    );
    group.forEach((column, k) => {
      const [rows, rate] = counts.slice(2 * k);
      const sided = oneSided(rows, rate, base);
      if (sided !== undefined)
        found.set(column.key, `in ${rows} rows it leaves its usual value, and ${saysOneSided(sided)}`);
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
  const tick = await clockTick(bench);
  for (const column of columns) {
    if (column.type !== 'timestamp' && column.type !== 'integer' && column.type !== 'number') continue;
    const { cell, key, type } = column;
    const unit = config.columns[key].unit ?? (await unitOf(bench, column));
    // Days and orders hold no moment that could lie after another of the same day.
    if (unit === undefined || !/seconds$|^timestamp$/.test(unit)) continue;
    const us = microseconds(cell, type, unit);
    const [share, rows] = await bench.numbers(
      `SELECT avg((${us} >= t + ${tick} AND ${us} <= t + ${longestUs})::INTEGER), count(${us})::DOUBLE FROM ${labelledRows} WHERE t IS NOT NULL`,
    );
    if (!(rows >= fewestLater && share >= mostlyLater)) continue;
    found.set(key, `it is a time, and ${(100 * share).toFixed(1)} % of its cells lie after the event's own`);
  }
  return found;
}

/**
 * The longest of a day, an hour, a minute, a second, ... of which all event times are multiples, in microseconds. A finer time of
 * the same moment lies less than that after it.
 */
async function clockTick(bench: TableSubject['bench']): Promise<number> {
  const ticks = [86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000, 1000];
  const whole = await bench.numbers(
    `SELECT ${ticks.map((tick) => `max(t % ${tick})::DOUBLE`).join(', ')} FROM audited WHERE t IS NOT NULL`,
  );
  return ticks.find((_, k) => whole[k] === 0) ?? 1;
}

/** Unit of a time, or of numbers whose whole range would be one of our days. */
async function unitOf(
  bench: TableSubject['bench'],
  { cell, type }: SubjectColumn,
): Promise<ReturnType<typeof numericUnit>> {
  if (type === 'timestamp') return 'timestamp';
  const [min, max] = await bench.numbers(`SELECT min(${cell})::DOUBLE, max(${cell})::DOUBLE FROM audited`);
  return numericUnit(min, max, type);
}
