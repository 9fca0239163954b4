import { describe, expect, it } from 'vitest';
import { impressions, infer, prepare, type Rows } from './fixtures.js';
import { encodeCtr } from './handmade.js';

const log = impressions(160);
const options = { task: 'ctr', split: 'time' } as const;
const users = (id: (i: number) => string | number): Rows =>
  Array.from({ length: 11 }, (_, i) => ({ user_id: id(i), age: 20 + i }));

async function coverage(id: (i: number) => string | number): Promise<string | undefined> {
  const found = await infer({ 'log.csv': log, 'users.csv': users(id) }, options);
  return found.warnings.find(({ code }) => code === 'JOIN_COVERAGE')?.message;
}

describe('JOIN_COVERAGE', () => {
  it('is silent where events find their rows', async () => {
    expect(await coverage((i) => `u${i}`)).toBeUndefined();
  });

  it.each<[string, (i: number) => string, string]>([
    ['case and spaces', (i) => `U${i} `, 'upper and lower case and spaces around ids'],
    ['case', (i) => `U${i}`, 'upper and lower case'],
  ])('says that keys differ in %s, without naming one', async (_, id, words) => {
    const message = await coverage(id);
    expect(message).toContain('users.csv: 0 % of the events find a row of users by user_id; 100 % would if');
    expect(message).toContain(`if ${words} did not count`);
    // The folder of the test has a random name.
    expect(message?.slice(message.indexOf('users.csv'))).not.toMatch(/u\d/i);
  });

  it('names no way of writing where the ids are other ids', async () => {
    const message = await coverage((i) => `w${i + 50}`);
    expect(message).toContain('0 % of the events');
    expect(message).not.toContain('would');
  });

  it('is also said when the log is encoded', async () => {
    const found = await infer({ 'log.csv': log, 'users.csv': users((i) => `U${i}`) }, options);
    const { warnings } = await prepare(found.dir, found.config);
    expect(warnings.map(({ code }) => code)).toContain('JOIN_COVERAGE');
  });
});

describe('dated tables of users', () => {
  const start = Number(log[0]['timestamp']);
  const dated = (name: string, when: (i: number) => number): Rows =>
    Array.from({ length: 33 }, (_, i) => ({ user_id: `u${i % 11}`, [name]: when(i), level: `L${i % 7}` }));

  it.each<[string, string, (i: number) => number, string]>([
    ['days as yyyymmdd', 'day', (i) => 20_200_910 + Math.floor(i / 11), 'yyyymmdd'],
    ['seconds as valid_from', 'valid_from', (i) => start - 9000 + i * 60, 'seconds'],
    ['seconds as snapshot', 'snapshot', (i) => start - 9000 + i * 60, 'seconds'],
  ])('are joined by %s, and events find their rows', async (_, name, when, unit) => {
    const found = await infer({ 'log.csv': log, 'state.csv': dated(name, when) }, options);
    expect(found.config.tables['state']).toMatchObject({ kind: 'dated', asOf: name });
    expect(found.config.columns[`state.${name}`].unit).toBe(unit);
    expect(found.warnings.map(({ code }) => code)).not.toContain('AS_OF_TOO_LATE');
    const { data } = await encodeCtr(found);
    const levels = new Set(data.train.block(0).ids.get('level'));
    expect(levels.size).toBeGreaterThan(3);
  });

  it('are no dated tables by a number that is no time', async () => {
    const found = await infer({ 'log.csv': log, 'state.csv': dated('last_score', (i) => i) }, options);
    expect(found.config.tables['state'].kind).toBe('unused');
  });
});
