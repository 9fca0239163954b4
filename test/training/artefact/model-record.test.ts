import { describe, expect, it } from 'vitest';
import { banksOf, inputsOfSelection, ModelRecord } from '../../../src/training/artefact/model-record.js';
import type { BankUse } from '../../../src/training/inputs/ctr-inputs.js';
import { selectFields } from '../../../src/training/inputs/field-selection.js';
import { tinyFields, tinySizes } from '../support/tiny-data.js';

const selection = selectFields({ fields: tinyFields, vocabularySizes: tinySizes }, undefined);
const banks: readonly BankUse[] = [
  { name: 'deep', dim: 8, fields: 'rows:deep', sequences: new Map([['history', 'rows:deep:history']]) },
  { name: 'memory', dim: 4, fields: undefined, sequences: new Map([['history', 'rows:memory:history']]) },
];
const record = {
  formatVersion: 1,
  task: 'ctr',
  model: 'm',
  hyperParameters: { dim: 8, gate: true, act: 'relu' },
  recipe: { learningRate: 0.001, loss: 'bce' },
  seed: 3,
  parameters: 12,
  inputs: ['rows:deep'],
  ...inputsOfSelection(selection, banks),
} as const;

describe('ModelRecord', () => {
  it('brings selection and banks through JSON to an equal model', () => {
    const parsed = ModelRecord.parse(JSON.parse(JSON.stringify(record)));
    if (parsed.task === 'next-item') throw new Error('wrong task');
    expect(banksOf(parsed)).toEqual(banks);
    const fields = [
      ...parsed.fields,
      ...parsed.sequences.map((sequence) => ({
        ...sequence,
        kind: 'sequence' as const,
        targetField: sequence.targetField,
      })),
      ...parsed.numeric.map((field) => ({ ...field, kind: 'numeric' as const })),
    ];
    const again = selectFields(
      { fields, vocabularySizes: new Map(Object.entries(parsed.vocabularySizes)) },
      undefined,
    );
    expect(again.fieldSpecs).toEqual(selection.fieldSpecs);
    expect(again.sequenceSpecs).toEqual(selection.sequenceSpecs);
    expect(again.numeric).toEqual(selection.numeric);
  });

  it('lists the vocabularies that are read, and no others', () => {
    const some = selectFields({ fields: tinyFields, vocabularySizes: tinySizes }, ['user', 'history', 'age']);
    expect(inputsOfSelection(some, banks).vocabularySizes).toEqual({ user: 40, item: 30 });
  });

  it.each([
    ['another version', { formatVersion: 2 }],
    ['a seed with a fraction', { seed: 0.5 }],
    ['a bank of no width', { banks: [{ name: 'a', dim: 0, sequences: {} }] }],
    ['a bank of a negative width', { banks: [{ name: 'a', dim: -8, sequences: {} }] }],
    ['an endless sequence', { sequences: [{ name: 's', vocabulary: 'item', maxLength: Infinity }] }],
    ['a field of an unknown kind', { fields: [{ ...record.fields[0], kind: 'sequence' }] }],
    ['a vocabulary of half an id', { vocabularySizes: { user: 1.5 } }],
    ['inputs that are numbers', { inputs: [1] }],
    ['a task of its own', { task: 'next-item' }],
  ])('refuses %s', (_, wrong) => {
    expect(ModelRecord.safeParse(record).success).toBe(true);
    expect(ModelRecord.safeParse({ ...record, ...wrong }).success).toBe(false);
  });
});
