import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { constancy, holdsItems, isUniqueKey, labelRelations } from '../../src/data/column-relations.js';
import { openEngine, type Engine } from '../../src/data/engine.js';
import type { LoadedTable } from '../../src/data/load-table.js';
import { quoteText } from '../../src/data/sql.js';
import { Rng } from '../../src/platform/index.js';

type Cell = string | number | null;

let engine: Engine;
let tables = 0;
beforeAll(async () => {
  engine = await openEngine({ files: [] });
});
afterAll(() => engine.close());

/** A table of columns c0, c1, ... with the given SQL types. */
async function table(types: readonly string[], rows: readonly (readonly Cell[])[]): Promise<LoadedTable> {
  tables += 1;
  const relation = `t${tables}`;
  await engine.run(`CREATE TABLE ${relation} (${types.map((type, k) => `c${k} ${type}`).join(', ')})`);
  const cell = (value: Cell): string =>
    value === null ? 'NULL' : typeof value === 'number' ? `${value}` : quoteText(value);
  await engine.run(
    `INSERT INTO ${relation} VALUES ${rows.map((row) => `(${row.map(cell).join(', ')})`).join(', ')}`,
  );
  return {
    name: relation,
    relation,
    columns: types.map((sqlType, k) => ({ name: `n${k}`, ident: `c${k}`, sqlType })),
    files: [],
    rows: rows.length,
  };
}

/** AUC by counting pairs, ties a half; folded, since a column may also run against the label. */
function pairAuc(values: readonly number[], labels: readonly number[]): number {
  let [wins, pairs] = [0, 0];
  values.forEach((a, i) => {
    values.forEach((b, j) => {
      if (labels[i] !== 1 || labels[j] !== 0) return;
      pairs += 1;
      wins += a > b ? 1 : a === b ? 0.5 : 0;
    });
  });
  const auc = pairs === 0 ? 0.5 : wins / pairs;
  return Math.max(auc, 1 - auc);
}

/** 0.5 for what chance gives on so many rows: 4.5 standard errors of the Mann-Whitney statistic. */
function beyondChance(auc: number, labels: readonly number[]): number {
  const positives = labels.filter((y) => y === 1).length;
  const negatives = labels.length - positives;
  const reach = 4.5 * Math.sqrt((labels.length + 1) / (12 * positives * negatives));
  return auc - 0.5 >= reach ? auc : 0.5;
}

describe('labelRelations', () => {
  it('equals the pair-counting AUC of the numbers where that is beyond chance and rates know nothing (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: -1000, max: 1000 })), {
          minLength: 10,
          maxLength: 60,
        }),
        fc.constantFrom(0, 700, 3000),
        async (drawn, shift) => {
          // every value once: rates per value, judged on other rows, have nothing to say
          const rows = drawn.map(([y, x], i): [number, number] => [y, (x + shift * y) * 100 + i]);
          const made = await table(['INTEGER', 'INTEGER'], rows);
          const found = await labelRelations(engine, made, 'c0', [{ name: 'x', cell: 'c1', numeric: true }]);
          const labels = rows.map(([y]) => y);
          const plain = pairAuc(
            rows.map(([, x]) => x),
            labels,
          );
          expect(found.get('x')?.auc).toBeCloseTo(beyondChance(plain, labels), 10);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('sees what a category, an absence or a 1 tells, and nothing in chance', async () => {
    const rows = Array.from({ length: 400 }, (_, i): Cell[] => {
      const y = (i * 7919) % 2;
      return [
        y,
        y === 1 ? 'yes' : `no${i % 2}`,
        y === 1 ? 'here' : null,
        i % 5 === 0 ? y : 0,
        `r${(i * 31) % 7}`,
      ];
    });
    const made = await table(['INTEGER', 'VARCHAR', 'VARCHAR', 'INTEGER', 'VARCHAR'], rows);
    const found = await labelRelations(engine, made, 'c0', [
      { name: 'category', cell: 'c1', numeric: false },
      { name: 'absence', cell: 'c2', numeric: false },
      { name: 'flag', cell: 'c3', numeric: true },
      { name: 'chance', cell: 'c4', numeric: false },
    ]);
    expect(found.get('category')?.auc).toBe(1);
    expect(found.get('absence')?.auc).toBe(1);
    expect(found.get('flag')?.labelAtOne).toBe(1);
    expect(found.get('flag')?.ones).toBe(rows.filter((row) => row[3] === 1).length);
    expect(found.get('chance')?.auc).toBeLessThan(0.65);
  });

  it('sees as much in a log of pairs, one positive and one negative in turn', async () => {
    const of = async (order: (i: number) => number): Promise<number | undefined> => {
      const rows = Array.from({ length: 400 }, (_, i): Cell[] => [order(i), `v${order(i)}${i % 5}`]);
      const made = await table(['INTEGER', 'VARCHAR'], rows);
      return (await labelRelations(engine, made, 'c0', [{ name: 'x', cell: 'c1', numeric: false }])).get('x')
        ?.auc;
    };
    expect(await of((i) => i % 2)).toBe(1);
    expect(await of((i) => (i < 200 ? 1 : 0))).toBe(1);
  });

  it('does not call a column of one value per row a leak, nor fail on labels of one kind', async () => {
    const rows = Array.from({ length: 100 }, (_, i): Cell[] => [1, `id${i}`, i]);
    const made = await table(['INTEGER', 'VARCHAR', 'INTEGER'], rows);
    const found = await labelRelations(engine, made, 'c0', [
      { name: 'id', cell: 'c1', numeric: false },
      { name: 'n', cell: 'c2', numeric: true },
    ]);
    expect(found.get('id')?.auc).toBe(0.5);
    expect(found.get('n')?.auc).toBe(0.5);
  });

  it('leaves out rows whose label is neither 0 nor 1', async () => {
    const rows = [
      ...Array.from({ length: 40 }, (_, i): Cell[] => [i % 2, ((i * 17) % 40) + 30 * (i % 2)]),
      ...Array.from({ length: 40 }, (): Cell[] => [null, 1000]),
      ...Array.from({ length: 40 }, (): Cell[] => [7, -1000]),
    ];
    const [all, clean] = [
      await table(['INTEGER', 'INTEGER'], rows),
      await table(['INTEGER', 'INTEGER'], rows.slice(0, 40)),
    ];
    const of = async (made: LoadedTable): Promise<number | undefined> =>
      (await labelRelations(engine, made, 'c0', [{ name: 'x', cell: 'c1', numeric: true }])).get('x')?.auc;
    const expected = pairAuc(
      rows.slice(0, 40).map(([, x]) => Number(x)),
      rows.slice(0, 40).map(([y]) => Number(y)),
    );
    expect(await of(clean)).toBeCloseTo(expected, 10);
    expect(await of(all)).toBeCloseTo(expected, 10);
  });

  it('takes nothing of a handful of rows for proof: rare cells, and codes that hardly come back', async () => {
    const rng = new Rng(['handful', 1]);
    const columns = 30;
    const rows = Array.from({ length: 1000 }, (): Cell[] => [
      rng.integer(2),
      ...Array.from({ length: columns }, () => (rng.next() < 0.006 ? rng.integer(1000) : null)),
      ...Array.from({ length: columns }, () => `r${rng.integer(40_000)}`),
    ]);
    const names = rows[0].slice(1).map((_, k) => `c${k + 1}`);
    const types = ['INTEGER', ...names.map((_, k) => (k < columns ? 'INTEGER' : 'VARCHAR'))];
    const found = await labelRelations(
      engine,
      await table(types, rows),
      'c0',
      names.map((name, k) => ({ name, cell: name, numeric: k < columns })),
    );
    expect(Math.max(...[...found.values()].map(({ auc }) => auc))).toBe(0.5);
    // The same columns with enough rows behind them are seen.
    const told = rows.map(([y, ...cells], i): Cell[] => [
      y,
      ...cells.map((cell, k) => (k === 0 ? (i % 8 === 0 ? Number(y) : null) : cell)),
    ]);
    const sparse = await labelRelations(engine, await table(types, told), 'c0', [
      { name: 'sparse', cell: 'c1', numeric: true },
    ]);
    expect(sparse.get('sparse')?.auc).toBe(1);
  });

  it('holds more columns than go into one statement', async () => {
    const rows = Array.from({ length: 60 }, (_, i): Cell[] => [i % 2, i % 2, (i * 29) % 60]);
    const made = await table(['INTEGER', 'INTEGER', 'INTEGER'], rows);
    const columns = Array.from({ length: 40 }, (_, k) => ({
      name: `k${k}`,
      cell: k === 37 ? 'c1' : 'c2',
      numeric: true,
    }));
    const found = await labelRelations(engine, made, 'c0', columns);
    expect(found.size).toBe(40);
    expect([...found].filter(([, { auc }]) => auc === 1).map(([name]) => name)).toEqual(['k37']);
  });
});

describe('constancy', () => {
  it('is the share of keys of several rows whose rows agree, a missing cell being a value', async () => {
    const rows: Cell[][] = [
      ['a', 1, 'x', null],
      ['a', 1, 'y', null],
      ['b', 2, 'x', null],
      ['b', 2, 'x', 'z'],
      ['c', 3, 'x', 'z'],
      [null, 9, 'p', 'p'],
      [null, 8, 'q', 'q'],
    ];
    const made = await table(['VARCHAR', 'INTEGER', 'VARCHAR', 'VARCHAR'], rows);
    const shares = await constancy(engine, made, 'c0', ['c1', 'c2', 'c3']);
    expect(Object.fromEntries(shares)).toEqual({ c1: 1, c2: 0.5, c3: 0.5 });
  });

  it('says nothing where no key comes twice', async () => {
    const made = await table(
      ['VARCHAR', 'INTEGER'],
      [
        ['a', 1],
        ['b', 1],
      ],
    );
    expect((await constancy(engine, made, 'c0', ['c1'])).get('c1')).toBeNaN();
  });
});

describe('isUniqueKey', () => {
  it('is said of columns together, rows without one of them aside', async () => {
    const made = await table(
      ['VARCHAR', 'INTEGER', 'INTEGER'],
      [
        ['a', 1, 1],
        ['a', 2, 1],
        ['b', 1, 1],
        [null, 1, 1],
        [null, 1, 1],
      ],
    );
    expect(await isUniqueKey(engine, made, ['c0'])).toBe(false);
    expect(await isUniqueKey(engine, made, ['c0', 'c1'])).toBe(true);
    expect(await isUniqueKey(engine, made, ['c0', 'c2'])).toBe(false);
    const none = await table(['VARCHAR'], [[null], [null]]);
    expect(await isUniqueKey(engine, none, ['c0'])).toBe(true);
  });
});

describe('holdsItems', () => {
  it('is said of lists most of whose elements are items, in whatever type', async () => {
    const events = await table(['INTEGER'], [[1], [2], [3], [4]]);
    await engine.run(
      `CREATE TABLE lists AS SELECT * FROM (VALUES ([1, 2], ['3', '4'], [1, 99, 98], []::INTEGER[]), ` +
        `([3], ['1'], [97, 2, 96], NULL)) AS v(c0, c1, c2, c3)`,
    );
    const lists = { name: 'lists', relation: 'lists', columns: [], files: [], rows: 2 };
    const item = { raw: { name: 'item', ident: 'c0', sqlType: 'INTEGER' } };
    const of = (k: number): Promise<boolean> =>
      holdsItems(
        engine,
        { loaded: lists },
        { raw: { name: 'list', ident: `c${k}`, sqlType: 'INTEGER[]' } },
        { loaded: events },
        item,
      );
    expect([await of(0), await of(1), await of(2), await of(3)]).toEqual([true, true, false, false]);
  });
});
