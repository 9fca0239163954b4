import { describe, expect, it } from 'vitest';
import { faultOf, impressions, infer, type Rows } from './fixtures.js';

const users: Rows = Array.from({ length: 11 }, (_, i) => ({
  user_id: `u${i}`,
  age: 20 + i,
  follow_user_num: i,
}));
const items: Rows = Array.from({ length: 13 }, (_, i) => ({
  item_id: `i${i}`,
  genres: [`a|b`, `b|c`, 'a', 'c|a|b', 'b', 'c', 'a|c'][i % 7],
  title: `A long title number ${i}`,
}));
const itemStats: Rows = Array.from({ length: 13 }, (_, i) => ({
  item_id: `i${i}`,
  show_cnt: i * 3,
  like_cnt: i,
  play_cnt: i * 2,
}));

function rolesOf(found: Awaited<ReturnType<typeof infer>>): Record<string, string> {
  return Object.fromEntries(Object.entries(found.config.columns).map(([key, column]) => [key, column.role]));
}

describe('inferProject', () => {
  it('finds tables, joins and roles of a log with users, items and statistics', async () => {
    const log = impressions(400, (row, i) => {
      row['is_like'] = i % 9 === 0 ? 1 : 0;
      row['play_time_ms'] = Number(row['label']) * 1000 + (i % 7);
      row['row_id'] = i;
      row['shop'] = `s${Number(String(row['item_id']).slice(1)) % 4}`;
    });
    const found = await infer({
      'users.csv': users,
      'log.csv': log,
      'items.csv': items,
      'item_stats.csv': itemStats,
    });
    expect(Object.fromEntries(found.tables.map((t) => [t.name, `${t.kind} ${t.joinKeys.join()}`]))).toEqual({
      users: 'entity user_id',
      log: 'events ',
      items: 'entity item_id',
      item_stats: 'entity item_id',
    });
    expect(rolesOf(found)).toMatchObject({
      'log.user_id': 'user_id',
      'log.item_id': 'item_id',
      'log.timestamp': 'timestamp',
      'log.label': 'label',
      'log.place': 'context',
      'log.price': 'context',
      'log.is_like': 'signal',
      'log.play_time_ms': 'signal',
      'log.row_id': 'order',
      'log.shop': 'item_feature',
      'users.age': 'user_feature',
      'users.follow_user_num': 'user_feature',
      'items.genres': 'item_feature',
      'items.title': 'text',
      'item_stats.show_cnt': 'leak',
      'item_stats.like_cnt': 'leak',
    });
    expect(found.config).toMatchObject({
      task: 'ctr',
      split: 'time',
      label: { column: 'label' },
      clock: 'timestamp',
      minCount: 2,
    });
    expect(found.config.columns['items.genres'].encoding).toMatchObject({ kind: 'multi', separator: '|' });
    expect(found.config.columns['log.timestamp'].unit).toBe('seconds');
    for (const column of Object.values(found.config.columns)) {
      expect(column.reason).not.toBe('');
      expect(column.confidence).toBeGreaterThan(0);
    }
    // the doubtful guess is a question whose setting says where to change it
    expect(found.questions.map((question) => question.id)).toContain('role:users.follow_user_num');
    expect(found.questions.find((q) => q.id === 'task')?.guess).toBe('ctr');
  });

  it('takes a copy of the label for a leak, a strong column for a signal, and leaves an honest one in', async () => {
    const log = impressions(600, (row, i) => {
      const label = Number(row['label']);
      row['outcome'] = label === 1 ? 'yes' : 'no';
      row['inverse'] = 5 - label;
      row['only_when_clicked'] = label === 1 ? i % 5 : null;
      row['strong'] = label * 10 + ((i * 7919) % 13);
      row['honest'] = label * 2 + ((i * 7919) % 13);
    });
    const roles = rolesOf(await infer({ 'log.csv': log }));
    expect(roles).toMatchObject({
      'log.outcome': 'leak',
      'log.inverse': 'leak',
      'log.only_when_clicked': 'leak',
      'log.strong': 'signal',
      'log.honest': 'context',
    });
  });

  it('reads roles from dataset.json, and not when told so', async () => {
    const description = JSON.stringify({
      tables: {
        'log.csv': {
          columns: {
            place: { role: 'leak' },
            price: { role: 'meta' },
            label: { role: 'label' },
            odd: { role: 'nonsense' },
          },
        },
      },
    });
    const files = { 'log.csv': impressions(200), 'dataset.json': description };
    const told = await infer(files);
    expect(told.config.columns['log.place']).toMatchObject({
      role: 'leak',
      confidence: 1,
      reason: 'dataset.json says so',
    });
    expect(told.config.columns['log.price'].role).toBe('meta');
    const alone = await infer(files, { useDatasetJson: false });
    expect(alone.config.columns['log.place'].role).toBe('context');
  });

  it('joins a table with a time as-of and refuses one whose key repeats', async () => {
    const state: Rows = Array.from({ length: 22 }, (_, i) => ({
      user_id: `u${i % 11}`,
      level: i,
      updated_at: 1_600_000_000 + i * 600,
    }));
    const repeated: Rows = [...users, ...users].map(({ user_id, age }) => ({ user_id, points: age }));
    const found = await infer({ 'log.csv': impressions(200), 'state.csv': state, 'points.csv': repeated });
    expect(found.config.tables['state']).toMatchObject({
      kind: 'dated',
      asOf: 'updated_at',
      join: [{ column: 'user_id', eventColumn: 'user_id' }],
    });
    expect(found.config.tables['points'].kind).toBe('unused');
    expect(found.warnings.map((warning) => warning.code)).toContain('JOIN_MULTIPLIES_ROWS');
  });

  it('distrusts an undated list of items and takes a dated one', async () => {
    const lists = (extra: object): string =>
      Array.from({ length: 11 }, (_, i) =>
        JSON.stringify({ user_id: `u${i}`, recent: [`i${i}`, `i${(i + 3) % 13}`], ...extra }),
      ).join('\n');
    const log = impressions(200);
    const undated = await infer({ 'log.csv': log, 'h.jsonl': lists({}) });
    expect(undated.config.columns['h.recent'].role).toBe('leak');
    const dated = await infer({ 'log.csv': log, 'h.jsonl': lists({ last_time: 1_599_999_000 }) });
    expect(dated.config.columns['h.recent']).toMatchObject({
      role: 'sequence',
      encoding: { kind: 'sequence', ofItems: true },
    });
  });

  it('trains the next item where there are no impressions, and clicks where a rule makes them of ratings', async () => {
    const ratings: Rows = impressions(300).map(({ user_id, item_id, timestamp }, i) => ({
      userId: user_id,
      movieId: item_id,
      rating: 1 + (i % 5),
      ts: timestamp,
    }));
    const next = await infer({ 'ratings.csv': ratings });
    expect(next.config).toMatchObject({ task: 'next-item', split: 'leave-one-out', minCount: 1 });
    expect(next.config.label).toBeUndefined();
    const ctr = await infer({ 'ratings.csv': ratings }, { positive: 'rating>=4', split: 'time' });
    expect(ctr.config).toMatchObject({ task: 'ctr', label: { column: 'rating', positive: 'rating>=4' } });
    expect(ctr.config.columns['ratings.rating'].role).toBe('rating');
    const guessed = await infer({ 'ratings.csv': ratings }, { task: 'ctr', split: 'time' });
    expect(guessed.config.label?.positive).toBe('rating>=4');
    expect(guessed.questions.map((question) => question.id)).toContain('positive');
    const rating = await infer({ 'ratings.csv': ratings }, { task: 'rating', split: 'time' });
    expect(rating.config.label).toEqual({ column: 'rating', range: [1, 5] });
  });

  it('has no hours where the clock shows dates', async () => {
    const byMinute = await infer({ 'log.csv': impressions(1500) });
    expect(byMinute.config.timeFeatures.enabled).toBe(true);
    const byDay = await infer({
      'log.csv': impressions(200, (row, i) => void (row['timestamp'] = 86_400 * (18_000 + i))),
    });
    expect(byDay.config.timeFeatures.enabled).toBe(false);
  });

  it.each([
    ['ISO text', '2024-01-01T00:00:00Z', 'timestamp'],
    ['milliseconds', 1_700_000_000_000, 'milliseconds'],
    ['yyyymmdd', 20_240_101, undefined],
  ])('reads times as %s', async (_, first, unit) => {
    const found = await infer(
      {
        'log.csv': impressions(100, (row, i) => {
          row['timestamp'] =
            typeof first === 'string' ? new Date(Date.UTC(2024, 0, 1, 0, i)).toISOString() : first + (i % 28);
        }),
      },
      unit === undefined ? { split: 'random' } : {},
    );
    expect(found.config.columns['log.timestamp'].unit).toBe(unit);
  });
});

describe('bad data at init', () => {
  it('names file, column and row of an unparsable time', async () => {
    const log = impressions(100, (row, i) => {
      row['timestamp'] = i === 41 ? 'soon' : new Date(Date.UTC(2024, 0, 1, 0, i)).toISOString();
    });
    const fault = await faultOf(infer({ 'log.csv': log }));
    expect(fault).toMatchObject({
      code: 'TIME_UNPARSABLE',
      details: { column: 'timestamp', row: 42, count: 1 },
    });
    expect(fault.message).toContain('log.csv, row 42');
  });

  it.each<[string, string, (i: number) => number]>([
    ['seconds', 'timestamp', (i) => 1_600_000_000 + i],
    ['milliseconds', 'event_time', (i) => 1_600_000_000_000 + i],
  ])('finds the one bad cell among times in %s', async (_, name, time) => {
    const log = impressions(100).map(({ timestamp: _time, ...rest }, i) => ({
      ...rest,
      [name]: i === 60 ? 'x' : time(i),
    }));
    const fault = await faultOf(infer({ 'log.csv': log }));
    expect(fault).toMatchObject({ code: 'TIME_UNPARSABLE', details: { column: name, row: 61, count: 1 } });
  });

  it('finds the one bad cell among labels', async () => {
    const log = impressions(100, (row, i) => void (row['label'] = i === 30 ? 'yes' : row['label']));
    const fault = await faultOf(infer({ 'log.csv': log }, { task: 'ctr' }));
    expect(fault).toMatchObject({
      code: 'LABEL_OUT_OF_RANGE',
      details: { column: 'label', row: 31, count: 1 },
    });
  });

  it('names file, column and row of a label outside its range', async () => {
    const log = impressions(100, (row, i) => void (row['label'] = i === 17 ? 7 : row['label']));
    const fault = await faultOf(infer({ 'log.csv': log }, { task: 'ctr', label: 'label' }));
    expect(fault).toMatchObject({ code: 'LABEL_OUT_OF_RANGE', details: { column: 'label', row: 18 } });
  });

  it.each<[string, Parameters<typeof infer>[1], string]>([
    ['a split column that is not there', { split: 'column:nowhere@1,2' }, 'UNKNOWN_COLUMN'],
    ['a label that is not there', { label: 'nowhere' }, 'UNKNOWN_COLUMN'],
    ['a rule on a column that is not there', { positive: 'nowhere>=4' }, 'UNKNOWN_COLUMN'],
    ['boundaries beyond the data', { split: 'time@2030-01-01,2031-01-01' }, 'SPLIT_EMPTY'],
    ['boundaries in the wrong order', { split: 'column:price@50,10' }, 'SPLIT_EMPTY'],
    ['boundaries that are no time', { split: 'time@soon,later' }, 'CONFIG_INVALID'],
    ['a split that nobody knows', { split: 'sometimes' }, 'CONFIG_INVALID'],
    ['files without split names', { split: 'files' }, 'CONFIG_INVALID'],
  ])('refuses %s', async (_, options, code) => {
    expect((await faultOf(infer({ 'log.csv': impressions(100) }, options))).code).toBe(code);
  });

  it('refuses no files and missing files', async () => {
    expect((await faultOf(infer({}))).code).toBe('USAGE');
    expect((await faultOf(infer({}, { files: ['/nowhere/x.csv'] }))).code).toBe('FILE_NOT_FOUND');
  });

  it('counts duplicate rows', async () => {
    const log = impressions(100);
    const found = await infer({ 'log.csv': [...log, log[3], log[3], log[5]] }, { split: 'random' });
    expect(found.warnings.find((warning) => warning.code === 'DUPLICATE_ROWS')?.message).toContain(
      '3 of 103 rows',
    );
    expect(found.warnings.map((warning) => warning.code)).toContain('SPLIT_RANDOM');
  });
});
