import { describe, expect, it } from 'vitest';
import { impressions, infer, prepare, type Rows } from './fixtures.js';

const log = impressions(300);
const start = 1_600_000_000;
const people = Array.from({ length: 11 }, (_, i) => i);

async function sideOf(
  rows: Rows | string,
  name = 'side.csv',
  events: Rows = log,
): Promise<{
  found: Awaited<ReturnType<typeof infer>>;
  table: Awaited<ReturnType<typeof infer>>['config']['tables'][string];
  role: (column: string) => string;
  warnings: string[];
}> {
  const found = await infer({ 'log.csv': events, [name]: rows }, { task: 'ctr', split: 'time' });
  const side = name.replace(/\..*/, '');
  return {
    found,
    table: found.config.tables[side],
    role: (column) => found.config.columns[`${side}.${column}`].role,
    warnings: found.warnings.map(({ code }) => code),
  };
}

describe('how a table hangs on the events', () => {
  it('is by the user or the item, found by name or by the kind of its name', async () => {
    const byUser = await sideOf(people.map((i) => ({ user_id: `u${i}`, age: 20 + (i % 3) })));
    expect(byUser.table).toMatchObject({
      kind: 'entity',
      join: [{ column: 'user_id', eventColumn: 'user_id' }],
    });
    expect([byUser.role('user_id'), byUser.role('age')]).toEqual(['user_id', 'user_feature']);
    const other = await sideOf(people.map((i) => ({ movieId: `i${i}`, year: 1990 + (i % 3) })));
    expect(other.table).toMatchObject({
      kind: 'entity',
      join: [{ column: 'movieId', eventColumn: 'item_id' }],
    });
    expect([other.role('movieId'), other.role('year')]).toEqual(['item_id', 'item_feature']);
  });

  it('is by an id of the context that both have', async () => {
    const events = impressions(300, (row, i) => void (row['shop_id'] = i % 6));
    const side = await sideOf(
      Array.from({ length: 6 }, (_, i) => ({ shop_id: i, city: `c${i % 2}` })),
      'shops.csv',
      events,
    );
    expect(side.table.join).toEqual([{ column: 'shop_id', eventColumn: 'shop_id' }]);
    expect([side.role('shop_id'), side.role('city')]).toEqual(['meta', 'context']);
  });

  it('is not at all when keys repeat without a time, or nothing is in common', async () => {
    const twice = await sideOf([...people, 3].map((i) => ({ user_id: `u${i}`, age: i })));
    expect(twice.table.kind).toBe('unused');
    expect(twice.warnings).toContain('JOIN_MULTIPLIES_ROWS');
    const foreign = await sideOf(people.map((i) => ({ weather: `w${i}`, rain: i })));
    expect(foreign.table.kind).toBe('unused');
    expect(foreign.warnings).toContain('TABLE_UNUSED');
    for (const side of [twice, foreign]) {
      for (const [key, column] of Object.entries(side.found.config.columns)) {
        if (key.startsWith('side.'))
          expect([key, column.role, column.encoding]).toEqual([key, 'meta', undefined]);
      }
      await expect(prepare(side.found.dir, side.found.config)).resolves.toMatchObject({ cached: false });
    }
  });

  it('is as of a time where keys repeat with one, or its name says so', async () => {
    const repeated = await sideOf(
      people.flatMap((i) => [0, 60].map((at) => ({ user_id: `u${i}`, level: i % 3, ts: start + at }))),
    );
    expect(repeated.table).toMatchObject({ kind: 'dated', asOf: 'ts' });
    const snapshot = await sideOf(
      people.map((i) => ({ user_id: `u${i}`, level: i % 3, updated_at: start + i })),
    );
    expect(snapshot.table).toMatchObject({ kind: 'dated', asOf: 'updated_at' });
    // a birthday is a time, but not one since when the row holds
    const fact = await sideOf(
      people.map((i) => ({ user_id: `u${i}`, level: i % 3, signup_time: start - i })),
    );
    expect(fact.table).toMatchObject({ kind: 'entity' });
    expect(fact.table.asOf).toBeUndefined();
  });
});

describe('what columns of a side table are', () => {
  const items = Array.from({ length: 13 }, (_, i) => i);

  it('are leaks where they count behaviour without a date; the dated twin is none', async () => {
    const undated = await sideOf(
      items.map((i) => ({ item_id: `i${i}`, click_cnt: i * 3, brand: `b${i % 3}` })),
    );
    expect([undated.role('click_cnt'), undated.role('brand')]).toEqual(['leak', 'item_feature']);
    const dated = await sideOf(
      items.map((i) => ({ item_id: `i${i}`, click_cnt: i * 3, brand: `b${i % 3}`, updated_at: start })),
    );
    expect([dated.role('click_cnt'), dated.role('brand')]).toEqual(['item_feature', 'item_feature']);
  });

  it('are all leaks in a table that is mostly statistics', async () => {
    const statistics = await sideOf(
      items.map((i) => ({
        item_id: `i${i}`,
        show_cnt: i * 30,
        click_cnt: i * 3,
        like_cnt: i,
        quality: (i * 7) % 5,
        brand: `b${i % 3}`,
      })),
    );
    for (const name of ['show_cnt', 'click_cnt', 'like_cnt', 'quality'])
      expect(statistics.role(name)).toBe('leak');
    // text is no statistic
    expect(statistics.role('brand')).toBe('item_feature');
  });

  it('are doubtful where they count a user’s behaviour: asked about, not dropped', async () => {
    const side = await sideOf(people.map((i) => ({ user_id: `u${i}`, follow_cnt: i * 3, fans: i })));
    expect(side.role('follow_cnt')).toBe('user_feature');
    expect(side.found.questions.map(({ id }) => id)).toContain('role:side.follow_cnt');
    expect(side.found.questions.map(({ id }) => id)).not.toContain('role:side.fans');
  });

  it('are leaks where they list items without a date, sequences where they have one', async () => {
    const lines = (more: object): string =>
      people
        .map((i) =>
          JSON.stringify({ user_id: `u${i}`, seen: [`i${i}`, 'i1'], tastes: ['jazz', 'rock'], ...more }),
        )
        .join('\n');
    const undated = await sideOf(lines({}), 'side.jsonl');
    expect([undated.role('seen'), undated.role('tastes')]).toEqual(['leak', 'user_feature']);
    const dated = await sideOf(lines({ last_time: start }), 'side.jsonl');
    expect([dated.role('seen'), dated.role('tastes')]).toEqual(['sequence', 'user_feature']);
  });

  it('are no inputs where they are prose, names of one row each, or dates', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({
      item_id: `i${i}`,
      title: `The long title of number ${i}`,
      url: `u${i}`,
      released: `2020-01-${String(1 + (i % 28)).padStart(2, '0')}`,
      colour: `c${i % 4}`,
    }));
    const side = await sideOf(rows);
    expect(['title', 'url', 'colour'].map(side.role)).toEqual(['text', 'meta', 'item_feature']);
    expect(side.found.config.columns['side.released'].encoding ?? { kind: 'skip' }).toEqual({ kind: 'skip' });
  });
});
