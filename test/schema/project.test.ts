import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Encoding, ProjectConfig } from '../../src/schema/index.js';

const smallest = {
  schemaVersion: 1,
  task: 'ctr',
  split: 'time',
  tables: {
    events: { kind: 'events', format: 'csv', files: [{ path: 'events.csv' }], join: [] },
  },
  columns: {
    'events.user': { role: 'user_id', type: 'integer', confidence: 1, reason: 'named so' },
  },
};

/** A deep copy with the member at a dotted path set, or taken out when `value` is undefined. */
function changed(path: string, value: unknown, base: object = smallest): unknown {
  const copy: unknown = structuredClone(base);
  const names = path.split('/');
  let at = copy as Record<string, unknown>;
  for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>;
  const last = names[names.length - 1];
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

const issueOf = (value: unknown): string => {
  const parsed = ProjectConfig.safeParse(value);
  return parsed.success ? '' : `${parsed.error.issues[0].path.join('/')}: ${parsed.error.issues[0].message}`;
};

describe('ProjectConfig', () => {
  it('fills in what a person left out', () => {
    expect(ProjectConfig.parse(smallest)).toMatchObject({
      seed: 1,
      extraLabels: [],
      duplicates: 'keep',
      minCount: 2,
      history: { enabled: true, maxLength: 50, of: 'clicked' },
      timeFeatures: { enabled: false, utcOffsetMinutes: 0 },
    });
  });

  it('reads back what it wrote: defaults written out change nothing', () => {
    const once = ProjectConfig.parse(smallest);
    const again = ProjectConfig.parse(JSON.parse(JSON.stringify(once)));
    expect(again).toEqual(once);
  });

  it.each([
    'schemaVersion',
    'task',
    'split',
    'tables',
    'columns',
    'columns/events.user/role',
    'tables/events/files',
  ])('refuses a project without %s, and names it', (path) =>
    expect(issueOf(changed(path, undefined))).toContain(path),
  );

  it.each<[string, unknown]>([
    // another version is never guessed at
    ['schemaVersion', 2],
    ['schemaVersion', '1'],
    ['task', 'CTR'],
    ['split', ''],
    ['seed', 1.5],
    ['seed', '1'],
    ['minCount', 0],
    ['minCount', Number.NaN],
    ['duplicates', true],
    ['extraLabels', 'like'],
    ['history', { enabled: true, maxLength: 5000, of: 'clicked' }],
    ['history', { enabled: true }],
    ['timeFeatures', { enabled: true, utcOffsetMinutes: 900 }],
    ['label', { column: 'click', range: [1] }],
    ['tables/events/kind', 'event'],
    ['tables/events/format', 'xlsx'],
    ['tables/events/files', []],
    ['tables/events/files', ['events.csv']],
    ['tables/events/files', [{ path: '' }]],
    // only `init` may point outside, and only by saying so
    ['tables/events/files', [{ path: '/etc/passwd', external: false }]],
    ['tables/events/csv', { delimiter: '', quote: '"', header: true }],
    ['tables/events/csv', { delimiter: ',', quote: '""', header: true }],
    ['columns/events.user/confidence', 1.01],
    ['columns/events.user/confidence', -0.01],
    ['columns/events.user/role', 'password'],
    ['columns/events.user/unit', 'weeks'],
  ])('refuses %s = %j, naming the member', (path, value) => {
    expect(issueOf(changed(path, value))).toContain(path.split('/')[0]);
    expect(issueOf(changed(path, value))).not.toBe('');
  });

  it.each(['../events', 'a b', 'a.b', "a';--", '', 'ünï'])(
    'refuses the table name %j, which SQL and keys must hold',
    (name) => {
      const { events } = smallest.tables;
      expect(issueOf({ ...smallest, tables: { [name]: events } })).not.toBe('');
    },
  );

  it.each<[string, string]>([
    ['minCout', 'minCout'],
    ['history/maxlength', 'maxlength'],
    ['timeFeatures/offset', 'offset'],
    ['label/positve', 'positve'],
    ['tables/events/asof', 'asof'],
    ['columns/events.user/encodings', 'encodings'],
  ])('refuses the mistyped member %s instead of dropping it', (path, name) => {
    const whole = {
      ...smallest,
      history: { enabled: true, maxLength: 5, of: 'clicked' },
      timeFeatures: { enabled: true, utcOffsetMinutes: 60 },
      label: { column: 'click' },
    };
    expect(issueOf(whole)).toBe('');
    expect(issueOf(changed(path, 3, whole))).toContain(name);
  });

  it('takes hostile column names as names', () => {
    for (const name of ['__proto__', 'constructor', "'; drop table x", 'events.Ünï 🎬', '']) {
      const columns = JSON.parse(
        `{${JSON.stringify(name)}: ${JSON.stringify(smallest.columns['events.user'])}}`,
      );
      const parsed = ProjectConfig.parse({ ...smallest, columns });
      expect(Object.hasOwn(parsed.columns, name) || name === '__proto__').toBe(true);
      expect(({} as Record<string, unknown>)['role']).toBeUndefined();
    }
  });

  it('refuses anything that is no object', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(ProjectConfig.safeParse(value).success).toBe(false);
      }),
      { numRuns: 50 },
    );
  });
});

describe('Encoding', () => {
  it.each([
    [{ kind: 'bucket' }, { kind: 'bucket', buckets: 32 }],
    [{ kind: 'multi' }, { kind: 'multi', maxValues: 32 }],
    [
      { kind: 'sequence', ofItems: true },
      { kind: 'sequence', ofItems: true, maxLength: 50 },
    ],
    [{ kind: 'categorical' }, { kind: 'categorical' }],
    [{ kind: 'skip' }, { kind: 'skip' }],
  ])('%j means %j', (given, meant) => expect(Encoding.parse(given)).toEqual(meant));

  it.each([
    {},
    { kind: 'hash' },
    { kind: 'bucket', buckets: 1 },
    { kind: 'bucket', buckets: 257 },
    { kind: 'bucket', buckets: 8.5 },
    { kind: 'multi', separator: '' },
    { kind: 'multi', separator: '123456789' },
    { kind: 'multi', maxValues: 0 },
    { kind: 'sequence' },
    { kind: 'sequence', ofItems: true, maxLength: 4097 },
    { kind: 'categorical', minCount: 0 },
    // a member of another kind would have no effect
    { kind: 'categorical', buckets: 8 },
    { kind: 'skip', why: 'x' },
  ])('refuses %j', (given) => expect(Encoding.safeParse(given).success).toBe(false));
});
