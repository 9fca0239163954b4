import { AutoModelError } from '../platform/index.js';
import type { ColumnConfig, ProjectConfig, Question, Task } from '../schema/index.js';
import { saysTime } from './column-names.js';
import { castExpression, microseconds } from './column-types.js';
import type { ColumnStats } from './column-stats.js';
import type { Engine } from './engine.js';
import type { EventGuess } from './infer-event-roles.js';
import type { TableDraft } from './infer-tables.js';
import { parsePositive, ruleColumn } from './positive-rule.js';

interface Chosen<T> {
  readonly value: T;
  readonly questions: readonly Question[];
}

type Wishes = {
  readonly task?: Task;
  readonly split?: string;
  readonly label?: string;
  readonly positive?: string;
};

/** The label of the project as far as flags and columns say it; undefined when nothing looks like one. */
export function chooseLabel(options: Wishes, guess: EventGuess): ProjectConfig['label'] {
  const range = (stats: ColumnStats): [number, number] => [stats.min, stats.max];
  if (options.positive !== undefined) {
    const { column } = parsePositive(options.positive);
    if (guess.label === undefined) {
      throw new AutoModelError(
        'UNKNOWN_COLUMN',
        `The rule ${options.positive} names no column of the event table`,
        {
          remedy: 'Name a column of the event table.',
          details: { column, known: [...guess.guesses.keys()].slice(0, 50) },
        },
      );
    }
    return { column, positive: options.positive };
  }
  if (options.label !== undefined && guess.label === undefined) {
    throw new AutoModelError(
      'UNKNOWN_COLUMN',
      `The event table has no label column ${JSON.stringify(options.label)}`,
      {
        remedy: 'Name a column of the event table.',
        details: { column: options.label, known: [...guess.guesses.keys()].slice(0, 50) },
      },
    );
  }
  if (options.task === 'rating') {
    const stats = options.label === undefined ? (guess.rating ?? guess.label) : guess.label;
    return stats === undefined ? undefined : { column: stats.raw.name, range: range(stats) };
  }
  if (guess.label !== undefined && guess.label !== guess.rating) return { column: guess.label.raw.name };
  if (guess.rating !== undefined && options.task === 'ctr') {
    // The upper part of the scale: 4 of 5, 8 of 10.
    const cut = Math.ceil(guess.rating.min + 0.7 * (guess.rating.max - guess.rating.min));
    const name = guess.rating.raw.name;
    return { column: name, positive: `${ruleColumn(name)}>=${cut}` };
  }
  return guess.rating === undefined
    ? undefined
    : { column: guess.rating.raw.name, range: range(guess.rating) };
}

/** ctr where there is a label with two values, else next-item. */
export function chooseTask(options: Wishes, guess: EventGuess, label: ProjectConfig['label']): Chosen<Task> {
  if (options.task !== undefined) {
    if (options.task === 'ctr' && options.positive === undefined && label?.positive !== undefined) {
      return { value: 'ctr', questions: [positiveQuestion(label.positive)] };
    }
    return { value: options.task, questions: [] };
  }
  const binary = guess.label !== undefined && guess.label !== guess.rating && guess.label.distinct === 2;
  const value: Task = options.positive !== undefined || binary ? 'ctr' : 'next-item';
  const question: Question = {
    id: 'task',
    question: 'What shall be learned: clicks (ctr), the next item (next-item), or ratings (rating)?',
    guess: value,
    options: ['ctr', 'next-item', 'rating'],
    setting: 'task',
  };
  return { value, questions: [question] };
}

function positiveQuestion(rule: string): Question {
  return {
    id: 'positive',
    question: 'From which rating on is an event positive?',
    guess: rule,
    options: [],
    setting: 'label.positive',
  };
}

const isDay = (stats: ColumnStats): boolean =>
  (stats.timeUnit === 'yyyymmdd' || stats.timeUnit === 'date') &&
  (saysTime(stats.raw.name) || stats.type === 'date');

/** The finest time column; without one, the only order column of the log; without that, the only date. */
export function chooseClock(events: TableDraft, guess: EventGuess): string | undefined {
  const ofRole = (role: string): ColumnStats[] =>
    events.stats.filter((stats) => guess.guesses.get(stats.raw.name)?.role === role);
  const times = ofRole('timestamp').sort((a, b) => b.distinct - a.distinct);
  if (times.length > 0) return times[0].raw.name;
  const orders = ofRole('order').filter((stats) => stats.present === stats.rows);
  if (orders.length === 1) return orders[0].raw.name;
  const days = ofRole('meta').filter(isDay);
  return days.length === 1 ? days[0].raw.name : undefined;
}

export function chooseSplit(
  options: Wishes,
  task: Task,
  events: TableDraft,
  guess: EventGuess,
  clock: string | undefined,
): Chosen<string> {
  if (options.split !== undefined) return { value: options.split, questions: [] };
  const column = events.stats.find((stats) => guess.guesses.get(stats.raw.name)?.role === 'split');
  let value = 'random';
  if (column !== undefined) value = `column:${column.raw.name}`;
  else if (task === 'next-item' && guess.user !== undefined) value = 'leave-one-out';
  else if (clock !== undefined) value = 'time';
  const question: Question = {
    id: 'split',
    question: 'How shall the log be split into train, validation and test?',
    guess: value,
    options: ['time', 'leave-one-out', 'files', 'random', 'column:<name>'],
    setting: 'split',
  };
  return { value, questions: [question] };
}

/**
 * Whether hour and weekday mean anything: most times are not on one second of the day (dates in disguise), at least 12
 * hours occur, and no column says that times are inexact.
 */
export async function clockShowsHours(
  engine: Engine,
  events: TableDraft,
  columns: Readonly<Record<string, ColumnConfig>>,
  clock: string,
): Promise<boolean> {
  const stats = events.stats.find((s) => s.raw.name === clock);
  const config = columns[`${events.name}.${clock}`];
  if (stats === undefined || config.unit === 'order' || config.role !== 'timestamp') return false;
  const exactness = events.stats.find((s) => /(^|_)exact$/i.test(s.raw.name) && s.type === 'boolean');
  if (exactness !== undefined) {
    const [[share]] = await engine.rows(
      `SELECT avg(${exactness.raw.ident}::BOOLEAN::INTEGER)::DOUBLE FROM ${events.loaded.relation}`,
    );
    if (Number(share) < 0.9) return false;
  }
  const cell = castExpression(stats.raw.ident, stats.raw.sqlType, config.type);
  const [[hours, most]] = await engine.rows(
    `SELECT count(DISTINCT second // 3600)::DOUBLE, (max(n) / sum(n))::DOUBLE FROM (SELECT second, count(*) AS n FROM ` +
      `(SELECT (${microseconds(cell, config.type, config.unit ?? 'timestamp')} // 1000000) % 86400 AS second FROM ${events.loaded.relation}) GROUP BY second)`,
  );
  return Number(hours) >= 12 && Number(most) <= 0.2;
}
