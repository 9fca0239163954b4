import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectFields } from '../../../src/training/inputs/field-selection.js';
import { tinyFields, tinySizes } from '../support/tiny-data.js';

const dataset = { fields: tinyFields, vocabularySizes: tinySizes };
const allNames = tinyFields.map((field) => field.name);

function namesOf(selection: ReturnType<typeof selectFields>) {
  return {
    embedded: selection.embedded.map((field) => field.name),
    sequences: selection.sequences.map((field) => field.name),
    numeric: selection.numeric.map((field) => field.name),
  };
}

describe('selectFields', () => {
  it('takes all fields when none are named, and none when the list is empty', () => {
    expect(namesOf(selectFields(dataset, undefined))).toEqual({
      embedded: ['user', 'item', 'genres'],
      sequences: ['history'],
      numeric: ['age'],
    });
    expect(namesOf(selectFields(dataset, []))).toEqual({ embedded: [], sequences: [], numeric: [] });
  });

  it('keeps the order of the dataset, whatever the order and number of the names', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...allNames)), (names) => {
        const chosen = namesOf(selectFields(dataset, names));
        const sorted = allNames.filter((name) => names.includes(name));
        expect([...chosen.embedded, ...chosen.sequences, ...chosen.numeric]).toEqual(sorted);
      }),
    );
  });

  it('points a sequence to its candidate among the fields that are chosen', () => {
    const targetOf = (names: readonly string[]) => selectFields(dataset, names).sequenceSpecs[0].targetField;
    expect(targetOf(['user', 'item', 'history'])).toBe(1);
    expect(targetOf(['history', 'item'])).toBe(0);
    expect(targetOf(['user', 'history'])).toBeUndefined();
  });

  it('tells the model the sizes of the vocabularies', () => {
    const { fieldSpecs, sequenceSpecs } = selectFields(dataset, undefined);
    expect(fieldSpecs.map(({ name, side, size }) => [name, side, size])).toEqual([
      ['user', 'user', 40],
      ['item', 'item', 30],
      ['genres', 'item', 12],
    ]);
    expect(sequenceSpecs).toEqual([{ name: 'history', maxLength: 6, targetField: 1 }]);
  });

  it.each([['User'], ['user '], [''], ['constructor'], ['__proto__']])('does not know %j', (name) => {
    expect(() => selectFields(dataset, ['user', name])).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_COLUMN',
        details: { field: name },
        remedy: expect.stringContaining('genres'),
      }),
    );
  });

  it('needs the vocabulary of every chosen field, and of no other', () => {
    for (const missing of ['item', 'genre']) {
      const vocabularySizes = new Map([...tinySizes].filter(([name]) => name !== missing));
      expect(() => selectFields({ ...dataset, vocabularySizes }, undefined)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(missing) }),
      );
      expect(() => selectFields({ ...dataset, vocabularySizes }, ['user', 'age'])).not.toThrow();
    }
    const vocabularySizes = new Map([['user', 40]]);
    expect(() => selectFields({ ...dataset, vocabularySizes }, ['history'])).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});
