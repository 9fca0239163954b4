import { splitNames, type SplitName } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';
import type { EventLog } from './event-log.js';
import { formatSplit, splitOfFile, type SplitRule } from './split-rule.js';
import { checkOverlap } from './check-overlap.js';
import { locateRow } from './load-table.js';
import { numberLiteral, quoteText } from './sql.js';
import type { Workbench } from './workbench.js';

export interface Splits {
  readonly rows: Readonly<Record<SplitName, number>>;
  readonly duplicateRows: number;
  /** rows that belong to no split: null order, other split values */
  readonly excluded: number;
}

/** SQL condition of rows that take part at all: not dropped, positive for next-item, with the ids the task needs. */
async function participants(bench: Workbench, log: EventLog): Promise<string> {
  const conditions: string[] = [];
  if (bench.config.task === 'next-item') {
    if (log.user === undefined || log.item === undefined) {
      throw new AutoModelError('CONFIG_INVALID', 'Task next-item needs a user_id and an item_id column', {
        remedy: 'Say which they are: automodel init ... --role <column>=user_id --role <column>=item_id.',
      });
    }
    conditions.push(`${log.user} IS NOT NULL`, `${log.item} IS NOT NULL`);
    if (log.labelled) conditions.push('y = 1');
  }
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

function empty(log: EventLog, name: SplitName, rule: SplitRule): AutoModelError {
  const { files, rows } = log.table;
  const where = files.length === 1 ? files[0] : `${files[0]} and ${files.length - 1} more`;
  return new AutoModelError(
    'SPLIT_EMPTY',
    `Split ${formatSplit(rule)} leaves ${name} empty: ${where}, ${rows} rows`,
    {
      remedy: 'Choose other boundaries or another split; automodel profile shows the range of each column.',
      details: { split: formatSplit(rule), empty: name, table: log.table.name, files },
    },
  );
}

async function boundary(bench: Workbench, text: string, unit: string): Promise<number> {
  const scale = unit === 'seconds' ? 1e6 : unit === 'milliseconds' ? 1e3 : 1;
  if (unit === 'yyyymmdd' && /^\d{8}$/.test(text)) {
    return (await bench.numbers(`SELECT epoch_us(try_strptime(${quoteText(text)}, '%Y%m%d'))::DOUBLE`))[0];
  }
  if (/^[-+]?\d+(\.\d+)?$/.test(text) && unit !== 'timestamp' && unit !== 'date') return Number(text) * scale;
  return (
    await bench.numbers(`SELECT epoch_us(TRY_CAST(${quoteText(text)} AS TIMESTAMPTZ)::TIMESTAMP)::DOUBLE`)
  )[0];
}

/** SQL that gives 0, 1, 2 for train, validation, test; null leaves the row out. */
async function splitExpression(
  bench: Workbench,
  log: EventLog,
  rule: SplitRule,
  takes: string,
): Promise<string> {
  switch (rule.kind) {
    case 'time': {
      if (!log.timed) {
        throw new AutoModelError('CONFIG_INVALID', 'Split time needs a time column and none is known', {
          remedy: 'Name it: automodel init ... --clock <column>, or choose another split.',
        });
      }
      const clock = log.table.workColumns.find((c) => c.name === bench.config.clock);
      const [first, second] =
        rule.boundaries === undefined
          ? await timeQuantiles(bench, takes)
          : [
              await boundary(bench, rule.boundaries[0], clock?.config.unit ?? 'timestamp'),
              await boundary(bench, rule.boundaries[1], clock?.config.unit ?? 'timestamp'),
            ];
      return between('t', first, second, rule);
    }
    case 'column': {
      const cell = log.idents.get(rule.column) as string;
      const type = log.table.workColumns.find((c) => c.name === rule.column)?.config.type;
      if (rule.boundaries === undefined) {
        return (
          `CASE WHEN lower(trim(${cell}::VARCHAR)) IN ('train', 'training', 'tr') THEN 0 ` +
          `WHEN lower(trim(${cell}::VARCHAR)) IN ('valid', 'validation', 'val', 'dev') THEN 1 ` +
          `WHEN lower(trim(${cell}::VARCHAR)) IN ('test', 'testing', 'te') THEN 2 END`
        );
      }
      if (type === 'integer' || type === 'number') {
        return between(cell, Number(rule.boundaries[0]), Number(rule.boundaries[1]), rule);
      }
      const [low, high] = rule.boundaries.map((text) =>
        type === 'timestamp' || type === 'date'
          ? `TRY_CAST(${quoteText(text)} AS TIMESTAMP)`
          : quoteText(text),
      );
      return `CASE WHEN ${cell} < ${low} THEN 0 WHEN ${cell} < ${high} THEN 1 WHEN ${cell} >= ${high} THEN 2 END`;
    }
    case 'leave-one-out': {
      if (log.user === undefined) {
        throw new AutoModelError('CONFIG_INVALID', 'Split leave-one-out needs a user_id column', {
          remedy: 'Say which it is: automodel init ... --role <column>=user_id.',
        });
      }
      const order = orderOf(log, rule);
      return (
        `CASE WHEN count(*) OVER (PARTITION BY ${log.user}) < 3 THEN 0 ` +
        `ELSE CASE row_number() OVER (PARTITION BY ${log.user} ORDER BY ${order} DESC, row DESC) ` +
        `WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE 0 END END`
      );
    }
    case 'files':
      return `CASE file_index ${fileCodes(log.table.files, rule)} END`;
    case 'random':
      bench.warn(
        'SPLIT_RANDOM',
        'A random split lets models see the future of what they are judged on; prefer time',
      );
      // A fixed hash of the row number: the same rows in every version of the engine.
      return `CASE md5_number_lower(concat('${rule.seed}:', row)) % 10 WHEN 8 THEN 1 WHEN 9 THEN 2 ELSE 0 END`;
  }
}

/** The times that leave 80 % and 90 % of the rows strictly before them, as far as equal times allow. */
async function timeQuantiles(bench: Workbench, takes: string): Promise<number[]> {
  const [rows] = await bench.numbers(`SELECT count(*)::DOUBLE FROM events WHERE ${takes}`);
  // quantile_disc(x) takes the value at place ceil(n x) - 1; half a place avoids rounding.
  const share = (part: number): string =>
    numberLiteral(Math.min(1, (Math.floor(part * rows) + 0.5) / Math.max(1, rows)));
  return bench.numbers(
    `SELECT quantile_disc(t, ${share(0.8)})::DOUBLE, quantile_disc(t, ${share(0.9)})::DOUBLE FROM events WHERE ${takes}`,
  );
}

/** What orders the events of a user. */
export function orderOf(log: EventLog, rule: SplitRule): string {
  if (rule.kind === 'leave-one-out' && rule.order !== undefined) return log.idents.get(rule.order) as string;
  return log.timed ? 't' : 'row';
}

function between(cell: string, low: number, high: number, rule: SplitRule): string {
  if (!(low < high)) {
    throw new AutoModelError(
      Number.isNaN(low) || Number.isNaN(high) ? 'CONFIG_INVALID' : 'SPLIT_EMPTY',
      `Split ${formatSplit(rule)}: the boundaries are not two rising values of the column`,
      {
        remedy:
          'Give boundaries b1,b2 with train < b1 <= validation < b2 <= test, in the unit of the column.',
        details: { split: formatSplit(rule) },
      },
    );
  }
  const [first, second] = [numberLiteral(low), numberLiteral(high)];
  return `CASE WHEN ${cell} < ${first} THEN 0 WHEN ${cell} < ${second} THEN 1 WHEN ${cell} >= ${second} THEN 2 END`;
}

function fileCodes(files: readonly string[], rule: SplitRule): string {
  const codes = files.map(splitOfFile);
  const unnamed = files[codes.indexOf(undefined)];
  if (unnamed !== undefined) {
    throw new AutoModelError(
      'CONFIG_INVALID',
      `Split ${formatSplit(rule)}: ${unnamed} says no split in its name`,
      {
        remedy: 'File names must hold train, valid or test.',
        details: { file: unnamed },
      },
    );
  }
  return codes.map((code, index) => `WHEN ${index} THEN ${code}`).join(' ');
}

/**
 * Makes `base` from `events`: rows that belong to a split, with `pos` counting them by (split, row). Each row is in
 * exactly one split by construction.
 * @param overlap 'leave': the caller looks for equal rows on both sides of a boundary itself
 */
export async function assignSplits(
  bench: Workbench,
  log: EventLog,
  rule: SplitRule,
  overlap: 'check' | 'leave' = 'check',
): Promise<Splits> {
  const [total, distinct] = await bench.numbers(
    'SELECT count(*)::DOUBLE, count(DISTINCT row_hash)::DOUBLE FROM events',
  );
  const duplicateRows = total - distinct;
  const drop = bench.config.duplicates === 'drop' && duplicateRows > 0;
  if (duplicateRows > 0) {
    const done = drop ? 'dropped, the first of each kept' : 'kept ("duplicates": "drop" removes them)';
    bench.warn(
      'DUPLICATE_ROWS',
      `${log.table.name}: ${duplicateRows} of ${total} rows repeat another row, the first in ${await placeOf(bench, log, repeated)}; ${done}`,
    );
  }
  let takes = await participants(bench, log);
  if (drop) takes += ' AND row IN (SELECT min(row) FROM events GROUP BY row_hash)';
  if (rule.kind === 'leave-one-out' && rule.order !== undefined)
    takes += ` AND ${orderOf(log, rule)} IS NOT NULL`;
  const expression = await splitExpression(bench, log, rule, takes);
  // Sorted while narrow: rows with all their columns are only joined, never sorted, here.
  await bench.build(
    `split ${formatSplit(rule)}: 0 train, 1 validation, 2 test`,
    `CREATE TABLE placed AS SELECT row, split, (row_number() OVER (ORDER BY split, row) - 1)::BIGINT AS pos FROM ` +
      `(SELECT row, (${expression})::TINYINT AS split FROM events WHERE ${takes}) WHERE split IS NOT NULL`,
  );
  await bench.build(
    'events that belong to a split; pos numbers them by (split, row)',
    'CREATE TABLE base AS SELECT p.pos, p.split, e.* FROM events e JOIN placed p ON p.row = e.row',
  );
  const [train, validation, test] = await bench.numbers(
    'SELECT count(*) FILTER (split = 0)::DOUBLE, count(*) FILTER (split = 1)::DOUBLE, count(*) FILTER (split = 2)::DOUBLE FROM base',
  );
  const rows = { train, validation, test };
  for (const name of splitNames) if (rows[name] === 0) throw empty(log, name, rule);
  const excluded = total - (train + validation + test) - (drop ? duplicateRows : 0);
  if (excluded > 0) {
    const kept = drop ? ' AND row IN (SELECT min(row) FROM events GROUP BY row_hash)' : '';
    const place = await placeOf(
      bench,
      log,
      `SELECT row FROM events WHERE row NOT IN (SELECT row FROM base)${kept}`,
    );
    bench.warn('ROWS_EXCLUDED', `${excludedMessage(bench, log, rule, excluded)}, the first in ${place}`);
  }
  if (overlap === 'check') await checkOverlap(bench, log, rows);
  return { rows, duplicateRows, excluded };
}

/** Rows that repeat an earlier one. */
const repeated =
  'SELECT row FROM (SELECT row, row_number() OVER (PARTITION BY row_hash ORDER BY row) AS n FROM events) WHERE n > 1';

/** File and row of the first row of a relation of row numbers. */
async function placeOf(bench: Workbench, log: EventLog, rows: string): Promise<string> {
  const [first] = await bench.numbers(`SELECT min(row)::DOUBLE FROM (${rows})`);
  const { file, row } = await locateRow(bench.engine, log.table, first);
  return `${file}, row ${row}`;
}

function excludedMessage(bench: Workbench, log: EventLog, rule: SplitRule, excluded: number): string {
  const reasons: string[] = [];
  if (rule.kind === 'leave-one-out' && rule.order !== undefined) reasons.push(`a null ${rule.order}`);
  if (rule.kind === 'column') reasons.push(`a ${rule.column} that names no split`);
  if (bench.config.task === 'next-item') {
    reasons.push('no user or item id');
    if (log.labelled) reasons.push(`not ${bench.config.label?.positive ?? 'positive'}`);
  }
  return `${log.table.name}: ${excluded} rows are in no split (${reasons.join(', or ') || 'null in the split column'})`;
}
