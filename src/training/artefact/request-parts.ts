import {
  cost,
  elementCount,
  factorRequest,
  lower,
  type Graph,
  type Node,
  type RequestSide,
} from '../../graph/index.js';
import type { EncodedField } from '../../schema/index.js';
import { inputNames, type BankUse } from '../inputs/ctr-inputs.js';
import type { FieldSelection } from '../inputs/field-selection.js';
import type { RequestRecord } from './model-record.js';

interface ServedModel {
  readonly selection: FieldSelection;
  readonly banks: readonly BankUse[];
  readonly inference: { readonly graph: Graph; readonly logits: Node };
}

export interface RequestParts {
  readonly files: Readonly<Record<'request.onnx' | 'candidates.onnx', Uint8Array>>;
  readonly record: RequestRecord;
}

/**
 * The inference graph of a model, cut at the request: user and context fields and all behaviour belong to it, item fields to
 * the candidate. Undefined where one side has nothing, so that there is nothing to cut.
 */
export function requestParts(
  { selection, banks, inference }: ServedModel,
  constants: ReadonlyMap<string, Float32Array>,
): RequestParts | undefined {
  const sides = requestSides(selection, banks);
  const hasRequest = [...sides.values()].some((side) => side === 'all' || side.includes(true));
  const hasCandidate = [...sides.values()].some((side) => side !== 'all' && side.includes(false));
  if (!hasRequest || !hasCandidate) return undefined;
  const { request, requestInputs, candidates, candidateInputs, handedOver } = factorRequest(
    inference.graph,
    sides,
    { logits: inference.logits },
  );
  const handed = handedOver.map((name) => ({ name, node: request.outputs.get(name) as Node }));
  // Persistent buffers of the compute thread are floats.
  if (handed.length === 0 || handed.some(({ node }) => node.dtype !== 'float32')) return undefined;
  return {
    files: {
      'request.onnx': lower(request, request.outputs, { constants }),
      'candidates.onnx': lower(candidates, candidates.outputs, { constants }),
    },
    record: {
      requestInputs: requestInputs.map(written),
      candidateInputs: candidateInputs.map(written),
      handedOver: handed.map(({ name, node }) => ({ name, size: Number(elementCount(node.shape)) })),
      flops: {
        request: cost(request).flopsPerSample,
        candidate: cost(candidates).flopsPerSample,
      },
    },
  };
}

const written = ({
  name,
  from,
  entries,
}: {
  readonly name: string;
  readonly from: string;
  readonly entries: readonly number[] | undefined;
}): RequestRecord['requestInputs'][number] => ({
  name,
  from,
  ...(entries !== undefined && { entries: [...entries] }),
});

/** Users, context and behaviour are the same for all candidates of a request; what has the side of items is not. */
export const isOfRequest = (field: EncodedField): boolean =>
  field.kind === 'sequence' || field.side !== 'item';

/** Which entries of every input the request decides. */
function requestSides(
  selection: FieldSelection,
  banks: readonly BankUse[],
): ReadonlyMap<string, RequestSide> {
  const sides = new Map<string, RequestSide>();
  for (const { fields, sequences } of banks) {
    if (fields !== undefined) sides.set(fields, selection.embedded.map(isOfRequest));
    for (const input of sequences.values()) sides.set(input, 'all');
  }
  for (const { name } of selection.sequences) sides.set(inputNames.mask(name), 'all');
  if (selection.numeric.length > 0) sides.set(inputNames.numeric, selection.numeric.map(isOfRequest));
  return sides;
}
