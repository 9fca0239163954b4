import { z } from 'zod';
import type { FieldSelection } from '../inputs/field-selection.js';
import type { BankUse } from '../inputs/ctr-inputs.js';
import { FORMAT_VERSION } from './format-version.js';

const side = z.enum(['user', 'item', 'context']);
const HyperParameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const common = {
  formatVersion: z.literal(FORMAT_VERSION),
  model: z.string(),
  hyperParameters: HyperParameters,
  recipe: z.record(z.string(), z.union([z.string(), z.number()])),
  seed: z.number().int(),
  parameters: z.number(),
  /** inputs of model.onnx */
  inputs: z.array(z.string()),
};

const EmbeddedField = z.object({
  kind: z.enum(['categorical', 'multi']),
  name: z.string(),
  side,
  vocabulary: z.string(),
});

const FactoredInput = z.object({
  /** name in the file */
  name: z.string(),
  /** input of model.onnx that it is, or whose entries along axis 1 it has */
  from: z.string(),
  entries: z.array(z.number().int()).optional(),
});

/**
 * What request.onnx and candidates.onnx need to be fed: the graph of model.onnx, cut where only the request decides. The
 * first runs once a request, the second over its candidates with the results of the first.
 */
const RequestRecord = z.object({
  requestInputs: z.array(FactoredInput),
  candidateInputs: z.array(FactoredInput),
  /** float32 outputs of request.onnx that are inputs of candidates.onnx, with their number of elements */
  handedOver: z.array(z.object({ name: z.string(), size: z.number().int() })),
  /** floating-point operations of a request before its candidates, and of each candidate; absent in older artefacts */
  flops: z.object({ request: z.number(), candidate: z.number() }).optional(),
});
export type RequestRecord = z.infer<typeof RequestRecord>;

const CtrRecord = z.object({
  ...common,
  task: z.enum(['ctr', 'rating']),
  /** fields of the inputs [B, F, dim], in their order */
  fields: z.array(EmbeddedField),
  sequences: z.array(
    z.object({
      name: z.string(),
      vocabulary: z.string(),
      maxLength: z.number().int().positive(),
      targetField: z.string().optional(),
    }),
  ),
  /** columns of the input `numeric` [B, N] */
  numeric: z.array(z.object({ name: z.string(), side })),
  vocabularySizes: z.record(z.string(), z.number().int()),
  banks: z.array(
    z.object({
      name: z.string(),
      dim: z.number().int().positive(),
      /** input [B, F, dim] */
      fields: z.string().optional(),
      /** sequence → input [B, L, dim] */
      sequences: z.record(z.string(), z.string()),
    }),
  ),
  /** absent where no field belongs to the request, or none to the candidate */
  request: RequestRecord.optional(),
});

const NextItemRecord = z.object({
  ...common,
  task: z.literal('next-item'),
  itemCount: z.number().int(),
  maxLength: z.number().int(),
});

/** model.json: what model.onnx and tables/ need to be fed. */
export const ModelRecord = z.discriminatedUnion('task', [CtrRecord, NextItemRecord]);
export type ModelRecord = z.infer<typeof ModelRecord>;
export type CtrRecord = z.infer<typeof CtrRecord>;
export type NextItemRecord = z.infer<typeof NextItemRecord>;
export type CommonRecord = Pick<ModelRecord, keyof typeof common>;

/** tables/index.json */
export const TableIndex = z.array(
  z.object({
    file: z.string(),
    bank: z.string(),
    vocabulary: z.string(),
    rows: z.number().int(),
    dim: z.number().int(),
  }),
);
export type TableIndex = z.infer<typeof TableIndex>;

export function inputsOfSelection(
  selection: FieldSelection,
  banks: readonly BankUse[],
): Pick<CtrRecord, 'fields' | 'sequences' | 'numeric' | 'vocabularySizes' | 'banks'> {
  const vocabularies = [...selection.embedded, ...selection.sequences].map((field) => field.vocabulary);
  return {
    fields: selection.embedded.map(({ kind, name, side: at, vocabulary }) => ({
      kind,
      name,
      side: at,
      vocabulary,
    })),
    sequences: selection.sequences.map(({ name, vocabulary, maxLength, targetField }) => ({
      name,
      vocabulary,
      maxLength,
      targetField,
    })),
    numeric: selection.numeric.map(({ name, side: at }) => ({ name, side: at })),
    vocabularySizes: Object.fromEntries(
      vocabularies.map((name) => [name, selection.vocabularySizes.get(name) ?? 0]),
    ),
    banks: banks.map(({ name, dim, fields, sequences }) => ({
      name,
      dim,
      fields,
      sequences: Object.fromEntries(sequences),
    })),
  };
}

export function banksOf(record: CtrRecord): BankUse[] {
  return record.banks.map(({ name, dim, fields, sequences }) => ({
    name,
    dim,
    fields,
    sequences: new Map(Object.entries(sequences)),
  }));
}
