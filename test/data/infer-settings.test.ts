import { describe, expect, it } from 'vitest';
import type { ColumnStats } from '../../src/data/column-stats.js';
import type { EventGuess, Guess } from '../../src/data/infer-event-roles.js';
import { chooseClock, chooseLabel, chooseSplit, chooseTask } from '../../src/data/infer-settings.js';
import { bestRanked, findEventTable, tableName, type TableDraft } from '../../src/data/infer-tables.js';
import { itemRank, userRank } from '../../src/data/column-names.js';
import type { ColumnRole } from '../../src/schema/index.js';

function stats(name: string, more: Partial<ColumnStats> = {}): ColumnStats {
  return {
    raw: { name, ident: 'c0', sqlType: 'BIGINT' },
    rows: 100,
    present: 100,
    distinct: 50,
    type: 'integer',
    min: 0,
    max: 99,
    meanLength: 0,
    meanWords: 0,
    separators: { '|': 0, ';': 0, ',': 0 },
    numberShare: 1,
    timeShare: 0,
    timeUnit: undefined,
    ...more,
  };
}

const draft = (columns: readonly ColumnStats[], more: Partial<TableDraft> = {}, rows = 100): TableDraft => ({
  name: 'log',
  shapes: [],
  loaded: { name: 'log', relation: 'raw', columns: columns.map(({ raw }) => raw), files: [], rows },
  stats: columns,
  described: undefined,
  ...more,
});

function guess(
  roles: readonly (readonly [ColumnStats, ColumnRole])[],
  more: Partial<EventGuess> = {},
): EventGuess {
  const guesses = new Map<string, Guess>(
    roles.map(([column, role]) => [column.raw.name, { role, confidence: 0.9, reason: 'test' }]),
  );
  return {
    guesses,
    user: undefined,
    item: undefined,
    label: undefined,
    rating: undefined,
    unprobed: [],
    ...more,
  };
}

const click = stats('click', { distinct: 2, max: 1 });
const stars = stats('rating', { distinct: 5, min: 1, max: 5 });
const ten = stats('score', { distinct: 10, min: 1, max: 10 });

describe('chooseLabel', () => {
  it('takes what it is told before what it finds', () => {
    const found = guess([[click, 'label']], { label: stars, rating: stars });
    expect(chooseLabel({ positive: 'rating>=3' }, found)).toEqual({
      column: 'rating',
      positive: 'rating>=3',
    });
    expect(chooseLabel({ label: 'rating', task: 'rating' }, found)).toEqual({
      column: 'rating',
      range: [1, 5],
    });
  });

  it('refuses a label or a rule whose column is not there', () => {
    const found = guess([[click, 'context']]);
    for (const options of [{ label: 'nowhere' }, { positive: 'nowhere>=1' }]) {
      expect(() => chooseLabel(options, found)).toThrow(
        expect.objectContaining({ code: 'UNKNOWN_COLUMN', details: { column: 'nowhere', known: ['click'] } }),
      );
    }
  });

  it('cuts a scale in its upper part: 4 of 5, 8 of 10', () => {
    expect(chooseLabel({ task: 'ctr' }, guess([], { rating: stars }))).toEqual({
      column: 'rating',
      positive: 'rating>=4',
    });
    expect(chooseLabel({ task: 'ctr' }, guess([], { rating: ten }))?.positive).toBe('score>=8');
  });

  it('quotes the name of a rating where a rule needs it', () => {
    const odd = stats('my "stars"', { min: 1, max: 5 });
    expect(chooseLabel({ task: 'ctr' }, guess([], { rating: odd }))?.positive).toBe('"my ""stars""">=4');
  });

  it('leaves a log without labels or ratings without one', () => {
    expect(chooseLabel({}, guess([]))).toBeUndefined();
    expect(chooseLabel({}, guess([], { label: click }))).toEqual({ column: 'click' });
    expect(chooseLabel({}, guess([], { rating: stars }))).toEqual({ column: 'rating', range: [1, 5] });
  });
});

describe('chooseTask', () => {
  it('is told, or follows a label of two values', () => {
    expect(chooseTask({ task: 'rating' }, guess([]), undefined)).toEqual({ value: 'rating', questions: [] });
    expect(chooseTask({}, guess([], { label: click }), { column: 'click' }).value).toBe('ctr');
    const three = stats('click', { distinct: 3, max: 2 });
    expect(chooseTask({}, guess([], { label: three }), { column: 'click' }).value).toBe('next-item');
    expect(chooseTask({}, guess([]), undefined).value).toBe('next-item');
    expect(chooseTask({ positive: 'rating>=4' }, guess([]), undefined).value).toBe('ctr');
  });

  it('asks when it guessed, and where it cut a rating by itself', () => {
    expect(chooseTask({}, guess([]), undefined).questions.map(({ id }) => id)).toEqual(['task']);
    const cut = chooseTask({ task: 'ctr' }, guess([]), { column: 'rating', positive: 'rating>=4' });
    expect(cut.questions).toMatchObject([{ id: 'positive', guess: 'rating>=4', setting: 'label.positive' }]);
    const told = chooseTask({ task: 'ctr', positive: 'rating>=4' }, guess([]), {
      column: 'rating',
      positive: 'rating>=4',
    });
    expect(told.questions).toEqual([]);
  });
});

describe('chooseClock', () => {
  const day = stats('date', { distinct: 10 });
  const second = stats('ts', { distinct: 90 });
  const turn = stats('seq', { distinct: 100 });
  const other = stats('row_id', { distinct: 100 });

  it('is the finest time, else the only whole order', () => {
    const times = draft([day, second, turn]);
    expect(
      chooseClock(
        times,
        guess([
          [day, 'timestamp'],
          [second, 'timestamp'],
          [turn, 'order'],
        ]),
      ),
    ).toBe('ts');
    expect(chooseClock(times, guess([[turn, 'order']]))).toBe('seq');
  });

  it('is none of two orders, nor an order with holes', () => {
    const two = guess([
      [turn, 'order'],
      [other, 'order'],
    ]);
    expect(chooseClock(draft([turn, other]), two)).toBeUndefined();
    const holes = stats('seq', { present: 99 });
    expect(chooseClock(draft([holes]), guess([[holes, 'order']]))).toBeUndefined();
    expect(chooseClock(draft([day]), guess([]))).toBeUndefined();
  });
});

describe('chooseSplit', () => {
  const part = stats('split', { distinct: 3, type: 'string' });
  const user = stats('user_id');

  it('takes the column that names splits, else time, else leave-one-out, else chance', () => {
    const named = chooseSplit({}, 'ctr', draft([part]), guess([[part, 'split']]), 'ts');
    expect(named.value).toBe('column:split');
    expect(chooseSplit({}, 'ctr', draft([]), guess([]), 'ts').value).toBe('time');
    expect(chooseSplit({}, 'next-item', draft([]), guess([], { user }), 'ts').value).toBe('leave-one-out');
    expect(chooseSplit({}, 'next-item', draft([]), guess([]), 'ts').value).toBe('time');
    expect(chooseSplit({}, 'ctr', draft([]), guess([], { user }), undefined).value).toBe('random');
  });

  it('asks unless it was told', () => {
    expect(chooseSplit({}, 'ctr', draft([]), guess([]), 'ts').questions.map(({ id }) => id)).toEqual([
      'split',
    ]);
    expect(chooseSplit({ split: 'files' }, 'ctr', draft([]), guess([]), 'ts')).toEqual({
      value: 'files',
      questions: [],
    });
  });
});

describe('tables', () => {
  it('are named after their files, in letters that configuration and SQL take', () => {
    const none = new Set<string>();
    expect(tableName(['/data/events.parquet'], none)).toBe('events');
    expect(tableName(['/data/part-1.csv.gz', '/data/part-2.csv.gz'], none)).toBe('part');
    expect(tableName(['/data/my log (1).csv'], none)).toBe('my_log_1');
    expect(tableName(['/data/日本.csv'], none)).toBe('events');
    expect(tableName(['/data/constructor.csv'], none)).toBe('events');
    expect(tableName(['/a/x.csv', '/b/y.csv'], none)).toBe('events');
    expect(tableName([`/data/${'n'.repeat(200)}.csv`], none)).toHaveLength(60);
  });

  it('never share a name', () => {
    const taken = new Set<string>();
    const names = ['/a/log.csv', '/b/log.csv', '/c/log.parquet'].map((path) => {
      const name = tableName([path], taken);
      taken.add(name);
      return name;
    });
    expect(names).toEqual(['log', 'log_2', 'log_3']);
  });

  it('show the best of their kind, not the first', () => {
    const columns = ['session_id', 'device_id', 'user_id', 'track_id', 'item_id'].map((name) => stats(name));
    expect(bestRanked(draft(columns), userRank)?.raw.name).toBe('user_id');
    expect(bestRanked(draft(columns), itemRank)?.raw.name).toBe('item_id');
    expect(bestRanked(draft([stats('price')]), userRank)).toBeUndefined();
  });

  it('hold the events where users meet items, not where there are most rows', () => {
    const log = draft([stats('user_id'), stats('item_id'), click], { name: 'log' }, 100);
    const items = draft([stats('item_id'), stats('price')], { name: 'items' }, 100_000);
    const users = draft([stats('user_id'), stats('age')], { name: 'users' }, 5000);
    expect(findEventTable([items, users, log])).toBe(2);
    expect(findEventTable([log, items, users])).toBe(0);
    // without any sign the largest is taken
    const plain = (name: string, rows: number): TableDraft => draft([stats('x')], { name }, rows);
    expect(findEventTable([plain('a', 5), plain('b', 50), plain('c', 20)])).toBe(1);
  });

  it('hold the events where dataset.json says so', () => {
    const log = draft([stats('user_id'), stats('item_id'), click], { name: 'log' }, 100);
    const told = draft([stats('a'), stats('b')], { name: 'x', described: new Map([['a', 'label']]) }, 10);
    expect(findEventTable([log, told])).toBe(1);
  });
});
