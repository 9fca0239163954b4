import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EncodedField } from '../../../src/schema/index.js';
import type { BankUse } from '../../../src/training/inputs/ctr-inputs.js';
import { selectFields } from '../../../src/training/inputs/field-selection.js';
import { TableSet, trainableTables } from '../../../src/training/tables/table-set.js';

const vocabularySizes = new Map([
  ['user', 40],
  ['item', 30],
  ['tag', 12],
]);

const fields: readonly EncodedField[] = [
  { kind: 'categorical', name: 'user', side: 'user', vocabulary: 'user' },
  { kind: 'categorical', name: 'item', side: 'item', vocabulary: 'item' },
  { kind: 'categorical', name: 'last', side: 'context', vocabulary: 'item' },
  { kind: 'multi', name: 'cart', side: 'context', vocabulary: 'item' },
  { kind: 'multi', name: 'tags', side: 'item', vocabulary: 'tag' },
  { kind: 'sequence', name: 'clicks', vocabulary: 'item', maxLength: 5, targetField: 'item' },
  { kind: 'sequence', name: 'views', vocabulary: 'item', maxLength: 9, targetField: 'item' },
  { kind: 'sequence', name: 'searches', vocabulary: 'tag', maxLength: 3, targetField: undefined },
];

function bank(name: string, dim: number, fieldRows: boolean, sequences: readonly string[] = []): BankUse {
  return {
    name,
    dim,
    fields: fieldRows ? `rows:${name}` : undefined,
    sequences: new Map(sequences.map((sequence) => [sequence, `rows:${name}:${sequence}`])),
  };
}

function setOf(banks: readonly BankUse[], names?: readonly string[]): TableSet {
  const selection = selectFields({ fields, vocabularySizes }, names);
  return new TableSet(selection, banks, trainableTables({ stateSize: (dim) => dim, clocked: false }));
}

function groupOf(set: TableSet, tableName: string) {
  return set.groups.find((group) => group.members.some((member) => member.table.name === tableName))!;
}

describe('TableSet', () => {
  it('has one table for all places of a bank that read one vocabulary', () => {
    const set = setOf([bank('deep', 8, true, ['clicks', 'views'])]);
    expect(set.tables.map(({ name, rows, dim }) => [name, rows, dim])).toEqual([
      ['deep/user', 40, 8],
      ['deep/item', 30, 8],
      ['deep/tag', 12, 8],
    ]);
    // fields 1 and 2 are single items, field 3 is a bag of items; sequences 0 and 1 are of items, 2 is not asked for
    expect(groupOf(set, 'deep/item')).toMatchObject({
      singles: [1, 2],
      bags: [3],
      sequences: [0, 1],
      size: 30,
    });
    expect(groupOf(set, 'deep/tag')).toMatchObject({ singles: [], bags: [4], sequences: [] });
  });

  it('gives a bank that only reads sequences no table for the fields', () => {
    const set = setOf([bank('memory', 4, false, ['searches'])]);
    expect(set.tables.map((table) => table.name)).toEqual(['memory/tag']);
    expect(set.groups[0]).toMatchObject({ singles: [], bags: [], sequences: [2] });
    expect(set.parameterCount).toBe(11 * 4);
  });

  it('shares a group between banks that read the same places, and only then', () => {
    const set = setOf([bank('a', 8, true, ['clicks']), bank('b', 1, true, ['clicks']), bank('c', 2, true)]);
    const banksOf = (name: string) => groupOf(set, name).members.map((member) => member.bank);
    expect(banksOf('a/user')).toEqual(['a', 'b', 'c']);
    expect(banksOf('a/item')).toEqual(['a', 'b']);
    expect(banksOf('c/item')).toEqual(['c']);
    expect(set.parameterCount).toBe((39 + 29 + 11) * (8 + 1 + 2));
  });

  it('leaves out what is not chosen', () => {
    const set = setOf([bank('deep', 8, true)], ['user', 'tags', 'clicks']);
    expect(set.tables.map((table) => table.name)).toEqual(['deep/user', 'deep/tag']);
  });

  it('puts every place of every bank into exactly one group', () => {
    const someBanks = fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd'),
        dim: fc.constantFrom(1, 4, 8),
        fieldRows: fc.boolean(),
        sequences: fc.subarray(['clicks', 'views', 'searches']),
      }),
      { selector: (use) => use.name, maxLength: 4 },
    );
    fc.assert(
      fc.property(someBanks, (uses) => {
        const set = setOf(uses.map((use) => bank(use.name, use.dim, use.fieldRows, use.sequences)));
        for (const use of uses) {
          const own = set.groups.filter((group) => group.members.some((member) => member.bank === use.name));
          const places = own.flatMap((group) => [
            ...group.singles.map((f) => `field ${f}`),
            ...group.bags.map((f) => `field ${f}`),
            ...group.sequences.map((s) => `sequence ${s}`),
          ]);
          const positions = ['clicks', 'views', 'searches'];
          const expected = [
            ...(use.fieldRows ? [0, 1, 2, 3, 4].map((f) => `field ${f}`) : []),
            ...use.sequences.map((name) => `sequence ${positions.indexOf(name)}`),
          ];
          expect(places.toSorted()).toEqual(expected.toSorted());
        }
        expect(set.tables.every((table) => table.stride >= 2 * table.dim)).toBe(true);
      }),
    );
  });

  it('initialises every table from one seed, each with its own rows', () => {
    const [first, again, other] = [
      setOf([bank('a', 4, true)]),
      setOf([bank('a', 4, true)]),
      setOf([bank('a', 4, true)]),
    ];
    first.tables.forEach((table) => table.initialise(3));
    again.tables.forEach((table) => table.initialise(3));
    other.tables.forEach((table) => table.initialise(4));
    expect(again.tables.map((table) => table.weights())).toEqual(
      first.tables.map((table) => table.weights()),
    );
    expect(other.tables[0].weights()).not.toEqual(first.tables[0].weights());
    expect(first.tables[1].weights().subarray(0, 48)).not.toEqual(first.tables[2].weights());
  });
});
