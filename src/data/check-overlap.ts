import { AutoModelError } from '../platform/index.js';
import { splitNames, type SplitName } from '../schema/index.js';
import type { EventLog } from './event-log.js';
import { locateRow } from './load-table.js';
import type { Workbench } from './workbench.js';

/** Share of test rows that are validation rows from which on the two are one file given twice. */
const sameData = 0.5;

/** Test rows that stand on the other side of a boundary too. */
export interface Overlap {
  /** equal to a training row in all columns */
  readonly withTrain: number;
  readonly withValidation: number;
  /** equal to a validation row, in all columns or in user, item, time and label: a row number makes no other event */
  readonly sameEvents: number;
  /** row number of the first test row that equals one of another part */
  readonly first: number;
  /** whether so many are that the test part must be the validation part */
  readonly isSameData: boolean;
}

export async function measureOverlap(
  bench: Workbench,
  log: EventLog,
  rows: Readonly<Record<SplitName, number>>,
): Promise<Overlap> {
  const [withValidation, withTrain, first] = await bench.numbers(
    `SELECT count(*) FILTER (v)::DOUBLE, count(*) FILTER (t)::DOUBLE, min(row) FILTER (v OR t)::DOUBLE FROM ` +
      `(SELECT row, row_hash IN (SELECT row_hash FROM base WHERE split = 1) AS v, ` +
      `row_hash IN (SELECT row_hash FROM base WHERE split = 0) AS t FROM base WHERE split = 2)`,
  );
  const sameEvents = Math.max(withValidation, await equalEvents(bench, log));
  return { withTrain, withValidation, sameEvents, first, isSameData: sameEvents >= rows.test * sameData };
}

/**
 * Equal rows on both sides of a boundary: an error when the test part is the validation part, else counted.
 * @throws SPLIT_OVERLAP
 */
export async function checkOverlap(
  bench: Workbench,
  log: EventLog,
  rows: Readonly<Record<SplitName, number>>,
): Promise<void> {
  const { withTrain, withValidation, sameEvents, first, isSameData } = await measureOverlap(bench, log, rows);
  if (isSameData) {
    const [validation, test] = [await filesOf(bench, log, 1), await filesOf(bench, log, 2)];
    const what = sameEvents > withValidation ? 'have user, item, time and label of' : 'are also';
    throw new AutoModelError(
      'SPLIT_OVERLAP',
      `${sameEvents} of ${rows.test} test rows (${test.join(', ')}) ${what} validation rows (${validation.join(', ')}): the two are the same data`,
      {
        remedy: 'Give a test part that was not used to choose anything.',
        details: { files: log.table.files, validation, test, overlap: sameEvents, testRows: rows.test },
      },
    );
  }
  if (withTrain + withValidation > 0) {
    const place = await locateRow(bench.engine, log.table, first);
    bench.warn(
      'SPLIT_ROWS_REPEATED',
      `${withTrain} test rows equal a training row and ${withValidation} equal a validation row; the first is ${place.file}, row ${place.row}`,
    );
  }
}

/** Test rows whose user, item, time and label some validation row has too; 0 where the log has not all of them. */
async function equalEvents(bench: Workbench, log: EventLog): Promise<number> {
  if (log.user === undefined || log.item === undefined || !log.timed || !log.labelled) return 0;
  const event = `(${log.user}, ${log.item}, t, y)`;
  const whole = `${log.user} IS NOT NULL AND ${log.item} IS NOT NULL AND t IS NOT NULL AND y IS NOT NULL`;
  const [count] = await bench.numbers(
    `SELECT count(*)::DOUBLE FROM base WHERE split = 2 AND ${whole} AND ` +
      `hash(${event}) IN (SELECT hash(${event}) FROM base WHERE split = 1 AND ${whole})`,
  );
  return count;
}

async function filesOf(bench: Workbench, log: EventLog, split: number): Promise<string[]> {
  const rows = await bench.engine.rows(
    `SELECT DISTINCT file_index::INTEGER FROM base WHERE split = ${split} ORDER BY 1 LIMIT 5`,
  );
  return rows.map(([index]) => log.table.files[Number(index)]);
}

interface SingleClass {
  readonly message: string;
  /** the training rows are alike: nothing can be learned; other splits only cannot be ranked */
  readonly hopeless: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A split whose labels are all alike teaches nothing and ranks nothing. What it is in which split, or undefined. */
export async function singleClass(bench: Workbench, log: EventLog): Promise<SingleClass | undefined> {
  const { label, task } = bench.config;
  if (!log.labelled || task !== 'ctr' || label === undefined) return undefined;
  const found = await bench.engine.rows(
    'SELECT split::INTEGER, min(y)::DOUBLE, max(y)::DOUBLE, count(*)::DOUBLE, min(row)::DOUBLE FROM base GROUP BY split ORDER BY split',
  );
  const alike = found.filter(([, least, most]) => least === most);
  if (alike.length === 0) return undefined;
  const [split, value, , rows, row] = alike[0].map(Number);
  const { file } = await locateRow(bench.engine, log.table, row);
  const where = alike.length === found.length ? 'all splits' : splitNames[split];
  const column = label.positive ?? label.column;
  return {
    message: `${file}: ${column} is ${value} in all ${rows} rows of ${where}; a split needs both 0 and 1`,
    hopeless: alike.some(([index]) => splitNames[Number(index)] === 'train'),
    details: { file, column, value, splits: alike.map(([index]) => splitNames[Number(index)]) },
  };
}

/** Warns of a split with one class only. @throws LABEL_OUT_OF_RANGE when it is the training split */
export async function refuseSingleClass(bench: Workbench, log: EventLog): Promise<void> {
  const found = await singleClass(bench, log);
  if (found === undefined) return;
  if (!found.hopeless) {
    bench.warn('LABEL_ONE_CLASS', found.message);
    return;
  }
  throw new AutoModelError('LABEL_OUT_OF_RANGE', found.message, {
    remedy: 'Name another label (--label, --positive), or a split whose parts have positives and negatives.',
    details: found.details,
  });
}
