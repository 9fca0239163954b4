import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprint, hashProject, labelText, makeContract } from '../../src/data/contract.js';
import type { ProjectConfig } from '../../src/schema/index.js';
import { newFolder } from './fixtures.js';
import { encoded, eventColumns, eventRows, handmade } from './handmade.js';

const events = eventRows(10, (i) => ({ x: i % 3, like: i % 2 }));

function base(): { dir: string; config: ProjectConfig } {
  return handmade({
    log: {
      rows: events,
      columns: { ...eventColumns, x: encoded('context', { kind: 'categorical' }), like: 'signal' },
    },
    users: {
      rows: [{ user: 0, city: 'a' }],
      columns: { user: 'user_id', city: 'user_feature' },
      join: [{ column: 'user', eventColumn: 'user' }],
    },
  });
}

/** Which of the two hashes a change of the configuration moves. */
function moved(change: (config: ProjectConfig) => ProjectConfig): string {
  const { dir, config } = base();
  const before = hashProject(dir, config);
  const after = hashProject(dir, change(structuredClone(config)));
  const contract = before.contract === after.contract ? '' : 'contract';
  const encoding = before.encoding === after.encoding ? '' : 'encoding';
  return [contract, encoding].filter((name) => name !== '').join(' ');
}

describe('the hashes of a project', () => {
  it.each<[string, string, (config: ProjectConfig) => ProjectConfig]>([
    // what is judged
    ['the split', 'contract encoding', (c) => ({ ...c, split: 'time' })],
    ['the label', 'contract encoding', (c) => ({ ...c, label: { column: 'like' } })],
    [
      'the rule of the label',
      'contract encoding',
      (c) => ({ ...c, label: { column: 'label', positive: 'x>=1' } }),
    ],
    ['duplicates', 'contract encoding', (c) => ({ ...c, duplicates: 'drop' })],
    ['the task', 'contract encoding', (c) => ({ ...c, task: 'rating' })],
    // what models see
    ['history', 'encoding', (c) => ({ ...c, history: { enabled: true, maxLength: 9, of: 'clicked' } })],
    ['the least count', 'encoding', (c) => ({ ...c, minCount: 3 })],
    ['hours', 'encoding', (c) => ({ ...c, timeFeatures: { enabled: true, utcOffsetMinutes: 0 } })],
    ['further labels', 'encoding', (c) => ({ ...c, extraLabels: ['like'] })],
    [
      'an encoding',
      'encoding',
      (c) => ({
        ...c,
        columns: { ...c.columns, 'log.x': { ...c.columns['log.x'], encoding: { kind: 'log' } } },
      }),
    ],
    [
      'a role',
      'encoding',
      (c) => ({ ...c, columns: { ...c.columns, 'log.x': { ...c.columns['log.x'], role: 'leak' } } }),
    ],
    [
      'a side table',
      'encoding',
      (c) => ({ ...c, tables: { ...c.tables, users: { ...c.tables['users'], kind: 'unused' } } }),
    ],
    // what neither is
    [
      'a reason',
      '',
      (c) => ({ ...c, columns: { ...c.columns, 'log.x': { ...c.columns['log.x'], reason: 'other' } } }),
    ],
    [
      'a confidence',
      '',
      (c) => ({ ...c, columns: { ...c.columns, 'log.x': { ...c.columns['log.x'], confidence: 0.1 } } }),
    ],
    ['the seed of a search', '', (c) => ({ ...c, seed: 99 })],
    ['another way to write the split', '', (c) => ({ ...c, split: '  column:part ' })],
  ])('that %s moves: %s', (_, what, change) => {
    expect(moved(change)).toBe(what);
  });

  it('go by the content of files, not by their place', () => {
    const [one, other] = [base(), base()];
    expect(one.dir).not.toBe(other.dir);
    expect(hashProject(one.dir, one.config)).toEqual(hashProject(other.dir, other.config));
    writeFileSync(join(other.dir, 'users.csv'), 'user,city\n0,b\n');
    expect(hashProject(one.dir, one.config).contract).toBe(hashProject(other.dir, other.config).contract);
    expect(hashProject(one.dir, one.config).encoding).not.toBe(hashProject(other.dir, other.config).encoding);
    writeFileSync(join(one.dir, 'log.csv'), 'user,item,ts,label,part,x,like\n');
    expect(hashProject(one.dir, one.config).contract).not.toBe(hashProject(other.dir, other.config).contract);
  });

  it('follow the clock only where the split goes by it', () => {
    const { dir, config } = base();
    const of = (split: string, clock: string): string =>
      hashProject(dir, { ...config, split, clock }).contract;
    expect(of('time', 'ts')).not.toBe(of('time', 'x'));
    expect(of('leave-one-out', 'ts')).not.toBe(of('leave-one-out', 'x'));
    expect(of('column:part', 'ts')).toBe(of('column:part', 'x'));
  });

  it('follow the items of a next-item task, which are its candidates', () => {
    const { dir, config } = base();
    const next: ProjectConfig = { ...config, task: 'next-item', split: 'leave-one-out' };
    expect(hashProject(dir, { ...next, minCount: 5 }).contract).not.toBe(hashProject(dir, next).contract);
    expect(hashProject(dir, { ...config, minCount: 5 }).contract).toBe(hashProject(dir, config).contract);
  });
});

describe('fingerprint', () => {
  it('tells contents apart, by one byte and by length, and not names', () => {
    const dir = newFolder();
    const of = (name: string, content: string | Uint8Array): string => {
      writeFileSync(join(dir, name), content);
      return fingerprint(join(dir, name));
    };
    expect(of('a', 'same')).toBe(of('b', 'same'));
    expect(of('a', '')).not.toBe(of('b', '\0'));
    // more than one slice of a mebibyte: a byte in the last one counts
    const large = new Uint8Array(3 * 2 ** 20 + 17);
    const before = of('large', large);
    large[large.length - 1] = 1;
    expect(of('large', large)).not.toBe(before);
    large[large.length - 1] = 0;
    large[2 ** 20] = 1;
    expect(of('large', large)).not.toBe(before);
  });
});

describe('the contract in words', () => {
  const { config } = base();

  it('says what the label is', () => {
    expect(labelText(config)).toBe('label');
    expect(labelText({ ...config, label: { column: 'stars', positive: 'stars>=4' } })).toBe('stars>=4');
    expect(labelText({ ...config, task: 'next-item', label: undefined })).toBe('next item');
    expect(labelText({ ...config, task: 'next-item', label: { column: 'r', positive: 'r>=4' } })).toBe(
      'r>=4',
    );
  });

  it('says what is ranked, and what became of duplicates', () => {
    const rows = { train: 7, validation: 2, test: 1 };
    expect(makeContract(config, 'h', rows, 'user')).toEqual({
      hash: 'h',
      task: 'ctr',
      split: 'column:part',
      regime: 'frozen',
      label: 'label',
      candidateSet: 'impressions',
      duplicates: 'kept',
      rows,
      clusterBy: 'user',
    });
    const next = makeContract({ ...config, task: 'next-item', duplicates: 'drop' }, 'h', rows, 'user');
    expect([next.candidateSet, next.duplicates]).toEqual(['all-items', 'dropped']);
  });
});
