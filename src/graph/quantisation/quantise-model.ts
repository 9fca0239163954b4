import { decodeModel, encodeModel, type OnnxOperator, type OnnxTensor } from '../lowering/onnx-format.js';
import { floatsOf, foldConstants, withoutUnread } from './fold-constants.js';

const FLOAT32 = 1;
const INT8 = 3;

export interface QuantiseOptions {
  /**
   * multiplications for each number that has to be converted, inner x columns / (inner + columns); products with fewer stay as they
   * are, since bounds and conversions would cost what they save. Measured with 100 to 3,000 rows: 0.9 to 1.1 of the time at 16, 0.75 to
   * 1 at 21, 0.65 to 0.8 at 27
   */
  readonly leastReuse?: number;
  /**
   * 7 leaves one bit unused, so that the sum of two products of an unsigned and a signed byte stays within 16 bits, which older
   * processors add with saturation; 8 is a little closer and right only where they do not
   */
  readonly weightBits?: 7 | 8;
}

export interface QuantisedModel {
  readonly model: Uint8Array;
  /** [inner, columns] of the products that became products of bytes */
  readonly products: readonly (readonly [inner: number, columns: number])[];
  /** products with constant float32 weights that stayed */
  readonly kept: number;
}

/**
 * The ONNX file with its products of activations and constant weights in bytes. Weights are symmetric int8 with a scale per column;
 * activations become uint8 by the range that they have in the run (DynamicQuantizeLinear), so nothing need be calibrated, and the
 * answer of a row depends on the rows beside it by up to half a step of that range. Source: Jacob et al., CVPR 2018, equations 1-4;
 * the operators are those of ONNX.
 */
export function quantiseModel(file: Uint8Array, options: QuantiseOptions = {}): QuantisedModel {
  const { leastReuse = 24, weightBits = 7 } = options;
  const graph = foldConstants(decodeModel(file));
  const weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const names = new FreshNames();
  const added = new Map<string, OnnxTensor>();
  const bounded = new Map<string, readonly string[]>();
  const node: OnnxOperator[] = [];
  const products: [number, number][] = [];
  let kept = 0;

  const bytesOf = (tensor: OnnxTensor): { readonly values: string; readonly scale: string } => {
    const values = `${tensor.name}:int8`;
    const scale = `${tensor.name}:scale`;
    if (!added.has(values)) {
      const quantised = quantiseColumns(floatsOf(tensor), tensor.dims[1], weightBits);
      added.set(values, {
        name: values,
        dims: tensor.dims,
        dataType: INT8,
        rawData: new Uint8Array(quantised.values.buffer),
      });
      added.set(scale, {
        name: scale,
        dims: [tensor.dims[1]],
        dataType: FLOAT32,
        rawData: new Uint8Array(quantised.scale.buffer),
      });
    }
    return { values, scale };
  };
  /** value, scale and zero point of an activation, once however many products read it */
  const activation = (name: string): readonly string[] => {
    const known = bounded.get(name);
    if (known !== undefined) return known;
    const output = [names.next(), names.next(), names.next()];
    node.push(operator('DynamicQuantizeLinear', [name], output));
    bounded.set(name, output);
    return output;
  };

  for (const one of graph.node) {
    const tensor = one.opType === 'MatMul' ? weights.get(one.input[1]) : undefined;
    if (tensor?.dataType !== FLOAT32 || tensor.dims.length !== 2 || weights.has(one.input[0])) {
      node.push(one);
      continue;
    }
    const [inner, columns] = tensor.dims;
    if (inner * columns < leastReuse * (inner + columns)) {
      kept += 1;
      node.push(one);
      continue;
    }
    const [values, scale, zero] = activation(one.input[0]);
    const weight = bytesOf(tensor);
    const [sum, float, step] = [names.next(), names.next(), names.next()];
    node.push(
      operator('MatMulInteger', [values, weight.values, zero], [sum]),
      operator('Cast', [sum], [float], [{ name: 'to', type: 2, i: FLOAT32 }]),
      operator('Mul', [scale, weight.scale], [step]),
      operator('Mul', [float, step], one.output),
    );
    products.push([inner, columns]);
  }
  const initializer = [...graph.initializer, ...added.values()];
  return { model: encodeModel(withoutUnread({ ...graph, node, initializer })), products, kept };
}

/** Symmetric bytes of a matrix [rows, columns] and the step of each column: weight ≈ byte x step. */
export function quantiseColumns(
  weights: Float32Array,
  columns: number,
  bits: 7 | 8,
): { readonly values: Int8Array<ArrayBuffer>; readonly scale: Float32Array<ArrayBuffer> } {
  const most = bits === 7 ? 63 : 127;
  const scale = new Float32Array(columns);
  for (let i = 0; i < weights.length; i += 1) {
    const column = i % columns;
    const size = Math.abs(weights[i]);
    if (size > scale[column]) scale[column] = size;
  }
  // A column of zeros has any step.
  for (let column = 0; column < columns; column += 1) scale[column] = scale[column] / most || 1;
  const values = new Int8Array(weights.length);
  for (let i = 0; i < weights.length; i += 1)
    values[i] = Math.max(-most, Math.min(most, Math.round(weights[i] / scale[i % columns])));
  return { values, scale };
}

const operator = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attribute: OnnxOperator['attribute'] = [],
): OnnxOperator => ({ opType, domain: '', input, output, attribute });

/** Names that the writer of graphs never gives (it writes "#1", models write words). */
class FreshNames {
  private count = 0;

  next(): string {
    this.count += 1;
    return `int8#${this.count}`;
  }
}
