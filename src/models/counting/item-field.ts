import type { CategoricalField, CtrDataset } from '../../schema/index.js';

/**
 * The field that names the candidate: the target of a behaviour sequence when there is one, else the item-side field
 * with the largest vocabulary. Undefined for logs without items.
 */
export function itemField(dataset: CtrDataset): CategoricalField | undefined {
  const categorical = dataset.fields.filter((field) => field.kind === 'categorical');
  const targets = new Set(
    dataset.fields.flatMap((field) =>
      field.kind === 'sequence' && field.targetField !== undefined ? [field.targetField] : [],
    ),
  );
  const size = (field: CategoricalField): number => dataset.vocabularySizes.get(field.vocabulary) ?? 0;
  const named = categorical.filter((field) => targets.has(field.name) && field.side === 'item');
  const candidates = named.length > 0 ? named : categorical.filter((field) => field.side === 'item');
  return candidates.reduce<CategoricalField | undefined>(
    (best, field) => (best === undefined || size(field) > size(best) ? field : best),
    undefined,
  );
}
