import type { Workbench } from '../workbench.js';
import { jackknifeBlocks, type KeyLevels } from './later-dependence.js';
import type { TableSubject } from './table-subject.js';

/** Keys of a column and what they did before and after the boundary; `place` of a key is its index in the levels. */
export interface KeyActivity {
  readonly keys: number;
  /** how often each key occurs: log(1 + events) of half a window */
  readonly counts: KeyLevels;
  /** the label's rate, over keys with events in all four half windows; null without a label */
  readonly rates: KeyLevels | undefined;
}

const mostKeys = 60_000;

/**
 * Makes `activity` (key, place) of up to 60,000 keys, and measures two windows of as many events each: from the boundary on,
 * and up to it. The boundary is the first validation event of a split in time, else the time that 80 % of the events
 * precede. Events of the test split count as events; their labels are unknown here.
 * @param key SQL of the key over `base`
 * @param halves SQL over `base` of what splits events into two halves: the user where items are the keys
 */
export async function keyActivity(
  { bench, label, isInTime }: TableSubject,
  key: string,
  halves: string,
): Promise<KeyActivity | undefined> {
  const [boundary] = isInTime
    ? await bench.numbers('SELECT min(t)::DOUBLE FROM base WHERE split > 0')
    : await bench.numbers('SELECT quantile_disc(t, 0.8)::DOUBLE FROM base');
  if (Number.isNaN(boundary)) return undefined;
  const counts = await windows(bench, key, halves, boundary, 'true', '1');
  if (counts === undefined) return undefined;
  const rates =
    label === undefined ? undefined : await windows(bench, key, halves, boundary, 'y IS NOT NULL', label);
  return { keys: counts.blocks.length, counts, rates };
}

async function windows(
  bench: Workbench,
  key: string,
  halves: string,
  boundary: number,
  known: string,
  value: string,
): Promise<KeyLevels | undefined> {
  const [early, late] = await bench.numbers(
    `SELECT count(*) FILTER (t < ${boundary})::DOUBLE, count(*) FILTER (t >= ${boundary})::DOUBLE FROM base WHERE ${key} IS NOT NULL AND ${known}`,
  );
  const size = Math.min(early, late);
  if (size < 1000) return undefined;
  const isRate = value !== '1';
  // Both windows lie at the boundary and are equally long, so that their levels have one scale.
  await bench.run(
    `CREATE OR REPLACE TEMP TABLE windowed AS SELECT key, half, CASE WHEN n > ${size} THEN 0 WHEN NOT late THEN 1 ELSE 2 END AS era, v FROM (SELECT ${key} AS key, hash(${halves}) % 2 AS half, ` +
      `(t >= ${boundary}) AS late, ${value} AS v, row_number() OVER (PARTITION BY t >= ${boundary} ORDER BY abs(t - ${boundary}), row) AS n ` +
      `FROM base WHERE ${key} IS NOT NULL AND ${known}) WHERE NOT (late AND n > ${size})`,
  );
  if (!isRate) {
    await bench.run(
      `CREATE OR REPLACE TEMP TABLE activity AS SELECT key, (row_number() OVER (ORDER BY hash(key), key) - 1)::INTEGER AS place ` +
        `FROM (SELECT DISTINCT key FROM windowed) ORDER BY hash(key), key LIMIT ${mostKeys}`,
    );
  }
  const cell = (era: number, half: number): string => {
    const these = `FILTER (era = ${era} AND half = ${half})`;
    return isRate ? `avg(v) ${these}` : `ln(1 + count(*) ${these})`;
  };
  const rows = await bench.engine.rows(
    `SELECT place::DOUBLE, (hash(key) // 64 % ${jackknifeBlocks})::DOUBLE, ${[1, 2, 0].flatMap((era) => [cell(era, 0), cell(era, 1)]).join(', ')} ` +
      `FROM windowed JOIN activity USING (key) GROUP BY key, place ORDER BY place`,
  );
  const [[keys]] = await bench.engine.rows('SELECT count(*)::DOUBLE FROM activity');
  const levels = Array.from({ length: 6 }, () => new Float64Array(Number(keys)).fill(Number.NaN));
  const blocks = new Uint8Array(Number(keys));
  for (const row of rows) {
    const place = Number(row[0]);
    blocks[place] = Number(row[1]);
    for (let w = 0; w < 6; w += 1) if (row[2 + w] !== null) levels[w][place] = Number(row[2 + w]);
  }
  return {
    before: [levels[0], levels[1]],
    after: [levels[2], levels[3]],
    past: [levels[4], levels[5]],
    blocks,
  };
}

/** Values of columns per key, in the order of `activity`. @param relation SQL of (key, cells...) with one row per key */
export async function keyColumns(
  bench: Workbench,
  keys: number,
  relation: string,
  cells: readonly string[],
): Promise<Float64Array[]> {
  const columns = cells.map(() => new Float64Array(keys).fill(Number.NaN));
  const rows = await bench.engine.rows(
    `SELECT place::DOUBLE, ${cells.map((cell) => `(${cell})::DOUBLE`).join(', ')} FROM activity JOIN (${relation}) r USING (key)`,
  );
  for (const row of rows) {
    cells.forEach((_, c) => {
      if (row[c + 1] !== null) columns[c][Number(row[0])] = Number(row[c + 1]);
    });
  }
  return columns;
}
