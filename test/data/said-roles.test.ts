import { describe, expect, it } from 'vitest';
import { csvText, faultOf, impressions, infer } from './fixtures.js';

const wish = { task: 'ctr', split: 'time' } as const;
const rows = impressions(200);
const text = csvText(rows);
const bare = text.slice(text.indexOf('\n') + 1);
const users = csvText(
  Array.from({ length: 11 }, (_, u) => ({ user_id: `u${u}`, age: 20 + u, member: u % 3 })),
);

describe('roles that are said', () => {
  it('read a file without a header', async () => {
    const roles = {
      'events.column0': 'user_id',
      'events.column1': 'item_id',
      column2: 'timestamp',
      column5: 'label',
    } as const;
    const { config } = await infer({ 'events.csv': bare }, { ...wish, roles });
    expect(config.label).toEqual({ column: 'column5' });
    expect(config.clock).toBe('column2');
    expect(config.columns['events.column2']).toMatchObject({
      role: 'timestamp',
      unit: 'seconds',
      confidence: 1,
    });
    expect(config.columns['events.column0']).toMatchObject({ role: 'user_id', reason: 'said by you' });
    // without them nothing of it is known
    expect((await faultOf(infer({ 'events.csv': bare }, wish))).remedy).toMatch(/--clock|--label/);
  });

  it('outweigh names, in every table', async () => {
    const roles = { 'users.age': 'leak', 'events.place': 'signal' } as const;
    const { config } = await infer({ 'events.csv': text, 'users.csv': users }, { ...wish, roles });
    expect(config.columns['users.age'].role).toBe('leak');
    expect(config.columns['events.place'].role).toBe('signal');
    expect(config.columns['users.member'].role).toBe('user_feature');
  });

  it.each([
    ['no table has', { nothing: 'meta' }],
    ['several tables have', { user_id: 'user_id' }],
  ] as const)('are refused for a column that %s', async (_, roles) => {
    const fault = await faultOf(infer({ 'events.csv': text, 'users.csv': users }, { ...wish, roles }));
    expect(fault.code).toBe('UNKNOWN_COLUMN');
    expect(fault.remedy).toContain('events.user_id');
  });
});

describe('a clock that is said', () => {
  it('is taken before what the names say', async () => {
    const twice = rows.map((row, i) => ({ ...row, late: 1_600_000_000 + i * 61 }));
    const named = { ...wish, clock: 'late' };
    expect((await infer({ 'events.csv': twice }, named)).config).toMatchObject({ clock: 'late' });
    expect((await infer({ 'events.csv': twice }, wish)).config).toMatchObject({ clock: 'timestamp' });
  });

  it('must be there', async () => {
    const fault = await faultOf(infer({ 'events.csv': text }, { ...wish, clock: 'when' }));
    expect(fault.code).toBe('UNKNOWN_COLUMN');
    expect(fault.remedy).toContain('timestamp');
  });
});

describe('files with nothing in them', () => {
  it.each([
    ['events.csv', text.slice(0, text.indexOf('\n') + 1), 'has no rows'],
    ['events.csv', '', 'is empty'],
    ['events.jsonl', '\n', 'is empty'],
    ['events.json', `[${'{"user_id":1},'.repeat(3)}{"user_id":2}]`, 'JSON array'],
  ])('are called so: %s', async (name, content, says) => {
    const fault = await faultOf(infer({ [name]: content }, wish));
    expect(fault.code).toBe('FILE_UNREADABLE');
    expect(fault.message).toContain(says);
    expect(fault.remedy).toMatch(/Name|Write/);
  });

  it('do not begin with an empty line that has rows after it', async () => {
    const { config, tables } = await infer({ 'events.csv': `\n\n${text}` }, wish);
    expect(tables[0].rows).toBe(200);
    expect(config.columns['events.user_id'].role).toBe('user_id');
  });
});
