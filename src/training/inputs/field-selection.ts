import type { FieldSpec, SequenceSpec } from '../../graph/index.js';
import { AutoModelError } from '../../platform/index.js';
import type {
  CategoricalField,
  CtrDataset,
  MultiField,
  NumericField,
  SequenceField,
} from '../../schema/index.js';

/** The fields of a dataset that a model may read, in dataset order, as the graph and the batches number them. */
export interface FieldSelection {
  /** fields that embed to one row per sample, single values and bags */
  readonly embedded: readonly (CategoricalField | MultiField)[];
  readonly sequences: readonly SequenceField[];
  readonly numeric: readonly NumericField[];
  readonly fieldSpecs: readonly FieldSpec[];
  readonly sequenceSpecs: readonly SequenceSpec[];
  readonly vocabularySizes: ReadonlyMap<string, number>;
}

/**
 * @param names the subset to use; all fields when undefined
 * @throws UNKNOWN_COLUMN for a name that the dataset does not have
 */
export function selectFields(
  dataset: Pick<CtrDataset, 'fields' | 'vocabularySizes'>,
  names: readonly string[] | undefined,
): FieldSelection {
  const known = new Set(dataset.fields.map((field) => field.name));
  const stranger = names?.find((name) => !known.has(name));
  if (stranger !== undefined) {
    throw new AutoModelError('UNKNOWN_COLUMN', `The dataset has no field "${stranger}"`, {
      remedy: `Choose among ${[...known].join(', ')}.`,
      details: { field: stranger },
    });
  }
  const chosen =
    names === undefined ? dataset.fields : dataset.fields.filter((field) => names.includes(field.name));
  const embedded = chosen.filter((field) => field.kind === 'categorical' || field.kind === 'multi');
  const sequences = chosen.filter((field) => field.kind === 'sequence');
  const sizeOf = (vocabulary: string): number => {
    const size = dataset.vocabularySizes.get(vocabulary);
    if (size === undefined)
      throw new AutoModelError('CONFIG_INVALID', `The dataset has no vocabulary "${vocabulary}"`);
    return size;
  };
  for (const sequence of sequences) sizeOf(sequence.vocabulary);
  return {
    embedded,
    sequences,
    numeric: chosen.filter((field) => field.kind === 'numeric'),
    fieldSpecs: embedded.map((field) => ({
      name: field.name,
      side: field.side,
      size: sizeOf(field.vocabulary),
    })),
    sequenceSpecs: sequences.map((sequence) => {
      const target = embedded.findIndex((field) => field.name === sequence.targetField);
      return {
        name: sequence.name,
        maxLength: sequence.maxLength,
        targetField: target < 0 ? undefined : target,
      };
    }),
    vocabularySizes: dataset.vocabularySizes,
  };
}
