import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FieldPlan } from '../../src/data/field-plan.js';
import { FIRST_VALUE_ID, UNKNOWN_ID, type Encoding, type ProjectConfig } from '../../src/schema/index.js';
import type { Rows } from './fixtures.js';
import {
  encodeCtr,
  encoded,
  eventColumns,
  eventRows,
  handmade,
  valuesOf,
  type Encoded,
  type HandColumn,
} from './handmade.js';
import { LogBench } from './log-bench.js';

type Cell = string | number | null;

let bench: LogBench;
beforeAll(async () => {
  bench = await LogBench.open();
});
afterAll(() => bench.close());

/** Encodes one column x of a log; parts are given per cell. */
async function encodeX(
  cells: readonly (readonly [part: string, x: Cell])[],
  column: HandColumn,
  change: Partial<ProjectConfig> = {},
): Promise<{ x: ReadonlyMap<number, number>; size: number | undefined; plan: FieldPlan | undefined }> {
  const rows = eventRows(cells.length, (i) => ({ part: cells[i][0], x: cells[i][1] }));
  const made = await bench.run(rows, { ...eventColumns, x: column }, change, true);
  return { x: made.values.get('x') ?? new Map(), size: made.sizes.get('x'), plan: made.plans.get('x') };
}

const ends = [
  ['valid', 'a'],
  ['test', 'a'],
] as const;

const parts = fc.constantFrom('train', 'train', 'valid', 'test');

/** Ids by frequency in training, ties by value, nulls before all; those that are too rare have none. */
function vocabulary(cells: readonly (readonly [string, Cell])[], minCount: number): Map<Cell, number> {
  const counts = new Map<Cell, number>();
  for (const [part, x] of cells) if (part === 'train') counts.set(x, (counts.get(x) ?? 0) + 1);
  const order = (a: Cell, b: Cell): number =>
    a === b ? 0 : a === null ? -1 : b === null ? 1 : a < b ? -1 : 1;
  return new Map(
    [...counts]
      .filter(([, n]) => n >= minCount)
      .sort(([a, m], [b, n]) => n - m || order(a, b))
      .map(([x], index) => [x, FIRST_VALUE_ID + index]),
  );
}

describe('vocabularies', () => {
  it('count training rows, and no others (property, against a plain recount)', async () => {
    const cells = fc.array(fc.tuple(parts, fc.constantFrom('a', 'b', 'c', 'd', 'e', null)), {
      minLength: 6,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(cells, fc.integer({ min: 1, max: 4 }), async (drawn, minCount) => {
        const all = [...drawn, ['train', 'a'] as const, ...ends];
        const { x, size } = await encodeX(all, encoded('context', { kind: 'categorical', minCount }));
        const ids = vocabulary(all, minCount);
        all.forEach(([, value], row) => expect(x.get(row)).toBe(ids.get(value) ?? UNKNOWN_ID));
        expect(size).toBe(FIRST_VALUE_ID + ids.size);
      }),
      { numRuns: 8 },
    );
  });

  it('do not depend on the order of rows', async () => {
    const cells = Array.from({ length: 30 }, (_, i) => ['train', `v${(i * i) % 7}`] as const);
    const one = await encodeX([...cells, ...ends], encoded('context', { kind: 'categorical' }));
    const other = await encodeX(
      [...cells.toReversed(), ...ends],
      encoded('context', { kind: 'categorical' }),
    );
    cells.forEach((_, row) => expect(other.x.get(29 - row)).toBe(one.x.get(row)));
  });

  it('take the least count of the project unless the column has its own', async () => {
    const cells = [
      ['train', 'a'],
      ['train', 'a'],
      ['train', 'a'],
      ['train', 'b'],
      ['train', 'b'],
      ...ends,
    ] as const;
    const plain = await encodeX(cells, encoded('context', { kind: 'categorical' }), { minCount: 3 });
    const own = await encodeX(cells, encoded('context', { kind: 'categorical', minCount: 2 }), {
      minCount: 3,
    });
    expect([plain.x.get(0), plain.x.get(3)]).toEqual([2, UNKNOWN_ID]);
    expect([own.x.get(0), own.x.get(3)]).toEqual([2, 3]);
  });

  it('tell values apart that only look alike', async () => {
    const alike = ['a', 'A', ' a', 'a ', 'ａ', '\u00e1', 'a\u0301', "a'", 'a"', '0', '00', 'nan', '\u200ba'];
    const cells = alike.map((x) => ['train', x] as const);
    const { x } = await encodeX([...cells, ...ends], encoded('context', { kind: 'categorical' }));
    expect(new Set(alike.map((_, row) => x.get(row))).size).toBe(alike.length);
  });

  it('of a side table count a value once for each training event that joins it', async () => {
    const rows = eventRows(20);
    const users: Rows = [0, 1, 2, 3, 4].map((user) => ({ user, city: user === 0 ? 'rare' : `c${user % 2}` }));
    const strangers: Rows = Array.from({ length: 50 }, (_, i) => ({ user: 50 + i, city: 'crowd' }));
    const ofUser = rows.filter((row) => row['part'] === 'train' && row['user'] === 0).length;
    const encode = (minCount: number): Promise<Encoded> =>
      encodeCtr(
        handmade({
          log: { rows, columns: eventColumns },
          users: {
            rows: [...strangers, ...users],
            columns: {
              user: 'user_id',
              city: encoded('user_feature', { kind: 'categorical', minCount }),
            },
            join: [{ column: 'user', eventColumn: 'user' }],
          },
        }),
      );
    const exact = await encode(ofUser);
    const above = await encode(ofUser + 1);
    const row = rows.findIndex((event) => event['user'] === 0);
    expect(valuesOf(exact.data, 'city').get(row)).not.toBe(UNKNOWN_ID);
    expect(valuesOf(above.data, 'city').get(row)).toBe(UNKNOWN_ID);
    // fifty rows that nobody joins give no id
    expect(exact.data.vocabularySizes.get('city')).toBe(FIRST_VALUE_ID + 3);
  });
});

/** Cuts as quantile_disc makes them: the value at place ceil(n q) - 1 of the sorted training cells, top cuts left out. */
function cutsOf(cells: readonly (readonly [string, Cell])[], buckets: number): number[] {
  const sorted = cells
    .flatMap(([part, x]) => (part === 'train' && typeof x === 'number' ? [x] : []))
    .sort((a, b) => a - b);
  const cuts = new Set<number>();
  for (let k = 1; k < buckets; k += 1)
    cuts.add(sorted[Math.max(0, Math.ceil((k / buckets) * sorted.length) - 1)]);
  return [...cuts].filter((cut) => cut < (sorted.at(-1) ?? Number.NaN)).sort((a, b) => a - b);
}

describe('buckets', () => {
  const cells = fc.array(
    fc.tuple(
      parts,
      fc.oneof(fc.integer({ min: -20, max: 1000 }), fc.integer({ min: 0, max: 3 }), fc.constant(null)),
    ),
    { minLength: 8, maxLength: 60 },
  );

  it('are cut at quantiles of training rows alone (property, against a plain recount)', async () => {
    await fc.assert(
      fc.asyncProperty(cells, fc.constantFrom(2, 4, 8), async (drawn, buckets) => {
        const all = [...drawn, ['train', 5], ['valid', 7], ['test', null]] as const;
        const { x, size, plan } = await encodeX(all, {
          role: 'context',
          type: 'integer',
          encoding: { kind: 'bucket', buckets },
        });
        const cuts = cutsOf(all, buckets);
        expect(plan).toMatchObject({ kind: 'bucket', cuts });
        const missing = all.some(([part, value]) => part === 'train' && value === null);
        const first = FIRST_VALUE_ID + (missing ? 1 : 0);
        all.forEach(([, value], row) => {
          const place = cuts.filter((cut) => (value ?? 0) > cut).length;
          const nullId = missing ? FIRST_VALUE_ID : UNKNOWN_ID;
          expect(x.get(row)).toBe(value === null ? nullId : first + place);
        });
        expect(size).toBe(first + cuts.length + 1);
      }),
      { numRuns: 8 },
    );
  });

  it('never give an id that the vocabulary lacks, however far a later value lies', async () => {
    const training = Array.from({ length: 20 }, (_, i) => ['train', i] as const);
    const far = [-1e18, -1, 0.5, 19, 20, 1e18].map((x) => ['test', x] as const);
    const { x, size } = await encodeX([...training, ['valid', 3], ...far], {
      role: 'context',
      type: 'number',
      encoding: { kind: 'bucket', buckets: 4 },
    });
    const ids = far.map((_, i) => x.get(21 + i));
    expect(ids).toEqual([2, 2, 2, 5, 5, 5]);
    expect(size).toBe(6);
  });

  it('stand a column that training never filled, and one of a single value', async () => {
    const empty = await encodeX(
      [...Array.from({ length: 8 }, () => ['train', null] as const), ['valid', 3], ['test', null]],
      { role: 'context', type: 'number', encoding: { kind: 'bucket', buckets: 4 } },
    );
    expect([empty.x.get(0), empty.x.get(8), empty.x.get(9)]).toEqual([2, 3, 2]);
    expect(empty.size).toBe(4);
    const single = await encodeX(
      [...Array.from({ length: 8 }, () => ['train', 5] as const), ['valid', 9], ['test', null]],
      { role: 'context', type: 'number', encoding: { kind: 'bucket', buckets: 4 } },
    );
    expect([single.x.get(0), single.x.get(8), single.x.get(9)]).toEqual([2, 2, UNKNOWN_ID]);
  });
});

describe('numbers that are standardised', () => {
  it('have mean 0 and deviation 1 in training, whatever comes later (property)', async () => {
    const drawn = fc.array(fc.tuple(parts, fc.integer({ min: -1000, max: 1000 })), {
      minLength: 6,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(drawn, async (some) => {
        const all = [...some, ['train', 1], ['train', -7], ['valid', 50], ['test', 1e6]] as const;
        const { x } = await encodeX(all, {
          role: 'context',
          type: 'number',
          encoding: { kind: 'standardise' },
        });
        const values = all.flatMap(([part], row) => (part === 'train' ? [Number(x.get(row))] : []));
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
        expect(mean).toBeCloseTo(0, 4);
        expect(variance).toBeCloseTo(1, 3);
      }),
      { numRuns: 5 },
    );
  });

  it('of one value are all 0', async () => {
    const cells = Array.from({ length: 8 }, () => ['train', 5] as const);
    const { x } = await encodeX([...cells, ['valid', 5], ['test', 6]], {
      role: 'context',
      type: 'number',
      encoding: { kind: 'standardise' },
    });
    expect(cells.map((_, row) => x.get(row))).toEqual(cells.map(() => 0));
    expect(x.get(9)).toBe(1);
  });
});

describe('what is fitted', () => {
  const encodings: readonly (readonly [string, Encoding, 'string' | 'number' | 'integer'])[] = [
    ['categories', { kind: 'categorical' }, 'string'],
    ['buckets', { kind: 'bucket', buckets: 4 }, 'number'],
    ['log bins', { kind: 'log' }, 'integer'],
    ['standardised numbers', { kind: 'standardise' }, 'number'],
  ];

  it.each(encodings)('does not move with absurd validation and test rows: %s', async (_, encoding, type) => {
    const value = (n: number): Cell =>
      type !== 'string' ? n : encoding.kind === 'multi' ? `t${n}|s${n % 2}` : `v${n}`;
    const absurd = type === 'string' ? 'absurd' : 1_000_000_000;
    const training = Array.from({ length: 16 }, (__, i) => ['train', value((i * i) % 5)] as const);
    const honest = await encodeX([...training, ['valid', value(1)], ['test', value(2)]], {
      role: 'context',
      type,
      encoding,
    });
    const flooded = await encodeX(
      [
        ...training,
        ['valid', value(1)],
        ['test', value(2)],
        ...Array.from({ length: 40 }, (__, i) => [i % 2 === 0 ? 'valid' : 'test', absurd] as const),
      ],
      { role: 'context', type, encoding },
    );
    for (let row = 0; row < 18; row += 1) expect(flooded.x.get(row)).toEqual(honest.x.get(row));
    expect(flooded.size).toBe(honest.size);
    // the twin that must move it: the same rows as training rows
    const trained = await encodeX(
      [
        ...training,
        ['valid', value(1)],
        ['test', value(2)],
        ...Array.from({ length: 40 }, () => ['train', absurd] as const),
      ],
      { role: 'context', type, encoding },
    );
    expect([...trained.x.values()].slice(0, 18)).not.toEqual([...honest.x.values()].slice(0, 18));
  });
});
