import { AutoModelError } from '../platform/index.js';
import { labelRank } from './column-names.js';
import type { ColumnStats } from './column-stats.js';
import type { Engine } from './engine.js';
import type { LoadedTable, RawColumn } from './load-table.js';
import { ruleColumn } from './positive-rule.js';
import { quoteText } from './sql.js';

const words = [
  'yes',
  'y',
  'true',
  't',
  'positive',
  'pos',
  'click',
  'clicked',
  'like',
  'liked',
  'buy',
  'bought',
];
/** Spelled as logs spell them. A suggestion may quote these words of ours, never another cell. */
const spellings = [...words, 'purchase', 'purchased', 'converted', 'success'].flatMap((word) => [
  word,
  `${word[0].toUpperCase()}${word.slice(1)}`,
  word.toUpperCase(),
]);

const unknownWord = '<value>';

/** A rule that makes a 0/1 label of a column of other values, ready to be given to `--positive`. */
export async function suggestRule(engine: Engine, table: LoadedTable, raw: RawColumn): Promise<string> {
  const text = `${raw.ident}::VARCHAR`;
  const number = `TRY_CAST(${text} AS DOUBLE)`;
  const [[present, numbers, min, max]] = await engine.rows(
    `SELECT count(${raw.ident})::DOUBLE, count(${number})::DOUBLE, min(${number}), max(${number}) FROM ${table.relation}`,
  );
  const name = ruleColumn(raw.name);
  if (Number(numbers) >= 0.95 * Number(present) && Number(numbers) > 0) {
    const middle = (Number(min) + Number(max)) / 2;
    return Number(min) < 0 && Number(max) > 0 ? `${name}>0` : `${name}>=${Math.ceil(middle + 1e-9)}`;
  }
  const found = await engine.rows(
    `SELECT DISTINCT ${text} AS word FROM ${table.relation} WHERE ${text} IN (${spellings.map(quoteText).join(', ')}) ORDER BY word`,
  );
  const known = new Set(found.map(([word]) => String(word)));
  return `${name}='${spellings.find((word) => known.has(word)) ?? unknownWord}'`;
}

/** A column of two words of which one is how logs write that something was done. */
async function saysYes(
  engine: Engine,
  table: LoadedTable,
  columns: readonly ColumnStats[],
): Promise<ColumnStats | undefined> {
  for (const stats of columns) {
    if (stats.type !== 'string' || stats.distinct !== 2) continue;
    if (!(await suggestRule(engine, table, stats.raw)).endsWith(`'${unknownWord}'`)) return stats;
  }
  return undefined;
}

/** Says that a label is missing, and how to make one of the columns that could be it. */
export async function noLabel(
  engine: Engine,
  table: LoadedTable,
  columns: readonly ColumnStats[],
  task: string,
): Promise<AutoModelError> {
  const named = columns.find((stats) => labelRank(stats.raw.name) >= 0);
  const candidate = named ?? (await saysYes(engine, table, columns));
  if (candidate === undefined) {
    const names = columns.slice(0, 30).map(({ raw }) => raw.name);
    return new AutoModelError('CONFIG_INVALID', `Task ${task} needs a label, and no column looks like one`, {
      remedy:
        `Name it: automodel init ... --label <column>, or --positive "<column>>=4", or --positive "<column>='buy'". ` +
        `The columns are ${names.join(', ')}.`,
      details: { file: table.files[0] },
    });
  }
  const column = candidate.raw.name;
  const rule = await suggestRule(engine, table, candidate.raw);
  return new AutoModelError(
    'CONFIG_INVALID',
    `Task ${task} needs a label of 0 and 1; column ${column} of ${table.files[0]} has ${candidate.distinct} values that are text`,
    {
      remedy: `Say which value is positive: automodel init ... --positive "${rule}".`,
      details: { file: table.files[0], column },
    },
  );
}
