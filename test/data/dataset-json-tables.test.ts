import { describe, expect, it } from 'vitest';
import { impressions, infer, type Rows } from './fixtures.js';

const users: Rows = Array.from({ length: 11 }, (_, i) => ({
  user_id: `u${i}`,
  age: 20 + i,
  snapshot: 1_599_000_000 + i,
}));
const log = impressions(100);
const options = { task: 'ctr', split: 'time' } as const;

type Found = Awaited<ReturnType<typeof infer>>;
const ignored = (found: Found): string[] =>
  found.warnings.flatMap(({ code, message }) => (code === 'DATASET_JSON_IGNORED' ? [message] : []));

const told = (tables: object): Promise<Found> =>
  infer({ 'log.csv': log, 'users.csv': users, 'dataset.json': JSON.stringify({ tables }) }, options);

describe('dataset.json', () => {
  it('says of what kind a table is, by either word', async () => {
    const [none, entity] = [await told({}), await told({ 'users.csv': { role: 'entity', columns: {} } })];
    expect(none.config.tables['users'].kind).toBe('dated');
    expect(entity.config.tables['users'].kind).toBe('entity');
    const unused = await told({ 'users.csv': { kind: 'unused' } });
    expect(unused.config.tables['users'].kind).toBe('unused');
    expect(unused.questions.filter(({ id }) => id.startsWith('role:users'))).toEqual([]);
    for (const found of [none, entity, unused]) expect(ignored(found)).toEqual([]);
  });

  it('is not dropped in silence where nobody can use it, each by name', async () => {
    const found = await told({
      'log.csv': {
        kind: 'journal',
        columns: { user_id: { role: 'userid' }, price: { role: 'leak' }, nope: { role: 'label' } },
      },
      'users.csv': { columns: { age: { type: 'int' } } },
    });
    expect(found.config.columns['log.price'].role).toBe('leak');
    expect(found.config.columns['log.user_id'].role).toBe('user_id');
    const [first, second] = ignored(found);
    for (const name of ['log.csv', '"journal"', '"userid"', '"user_id"', '"nope"'])
      expect(first).toContain(name);
    expect(first).not.toContain('price');
    expect(second).toContain('"age"');
  });

  it('cannot leave a project without a log', async () => {
    const files = {
      'log.csv': log,
      'dataset.json': JSON.stringify({ tables: { 'log.csv': { kind: 'unused' } } }),
    };
    const found = await infer(files, options);
    expect(found.config.tables['log'].kind).toBe('events');
    expect(ignored(found)[0]).toMatch(/log\.csv.*says unused/);
  });
});
