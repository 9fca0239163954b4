import { AutoModelError } from '../platform/index.js';
import { formatShape } from './dims.js';
import type { Node } from './node.js';
import { Origin } from './source-line.js';

/** Throws the error of an operation whose operands do not fit: it names operation, node, shapes and model line. */
export function failShape(
  op: string,
  inputs: readonly Node[],
  reason: string,
  name = op,
  line = new Origin().line,
): never {
  const operands = inputs.map((node) => `${node.name} ${formatShape(node.shape)} ${node.dtype}`);
  const of = operands.length === 0 ? '' : ` of ${operands.join(' and ')}`;
  throw new AutoModelError('SHAPE_MISMATCH', `${op}: ${reason}; node ${name}${of}, at ${line}`, {
    remedy: 'Make the shapes agree at that line of the model.',
    details: { op, node: name, operands, shapes: inputs.map((node) => node.shape), source: line },
  });
}
