import { AutoModelError } from '../../platform/index.js';
import { termsOf, type Dim } from '../dims.js';
import { onnxTypeOf, tensorData, type DType, type TensorData } from '../dtype.js';
import type { EmitOptions, Emitter, OnnxAttribute, OnnxAttributes } from './emitter.js';
import type { OnnxOperator, OnnxTensor } from './onnx-format.js';

/** Finds a tensor that has a named size as one of its dimensions. */
export type SizeSource = (symbol: string) => { readonly tensor: string; readonly axis: number } | undefined;

function encodeAttribute(name: string, value: OnnxAttribute): Record<string, unknown> {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: Buffer.from(value) };
  if ('float' in value) return { name, type: 1, f: value.float };
  return { name, type: 7, ints: value };
}

/** Collects operators and initializers; equal ones are written once. */
export class OnnxEmitter implements Emitter {
  readonly operators: OnnxOperator[] = [];
  readonly initializers: OnnxTensor[] = [];
  private readonly emitted = new Map<string, readonly string[]>();
  private count = 0;

  constructor(private readonly sizeSource: SizeSource) {}

  emitAll(
    opType: string,
    inputs: readonly string[],
    attributes: OnnxAttributes = {},
    options: EmitOptions = {},
  ): readonly string[] {
    const key = JSON.stringify([opType, inputs, attributes, options]);
    const known = this.emitted.get(key);
    if (known !== undefined) return known;
    const output = Array.from({ length: options.outputs ?? 1 }, () => this.fresh());
    const attribute = Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value));
    this.operators.push({ opType, domain: options.domain ?? '', input: inputs, output, attribute });
    this.emitted.set(key, output);
    return output;
  }

  emit(
    opType: string,
    inputs: readonly string[],
    attributes?: OnnxAttributes,
    options?: EmitOptions,
  ): string {
    return this.emitAll(opType, inputs, attributes, options)[0];
  }

  constant(data: TensorData, shape: readonly number[], dtype: DType): string {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key =
      rawData.length <= 256
        ? `constant ${dtype} ${shape.join()} ${Buffer.from(rawData).toString('hex')}`
        : undefined;
    const known = key === undefined ? undefined : this.emitted.get(key);
    if (known !== undefined) return known[0];
    const name = this.fresh();
    this.initializers.push({ name, dims: shape, dataType: onnxTypeOf[dtype], rawData });
    if (key !== undefined) this.emitted.set(key, [name]);
    return name;
  }

  scalar(value: number, dtype: DType): string {
    return this.constant(tensorData(dtype, [value]), [], dtype);
  }

  ints(values: readonly number[]): string {
    return this.constant(tensorData('int64', values), [values.length], 'int64');
  }

  typeCode(dtype: DType): number {
    return onnxTypeOf[dtype];
  }

  shape(dims: readonly Dim[]): string {
    if (dims.every((dim) => typeof dim === 'number')) return this.ints(dims);
    const parts: string[] = [];
    let run: number[] = [];
    const close = (): void => {
      if (run.length > 0) parts.push(this.ints(run));
      run = [];
    };
    for (const dim of dims) {
      if (typeof dim === 'number') {
        run.push(dim);
      } else {
        close();
        parts.push(this.dimension(dim));
      }
    }
    close();
    return parts.length === 1 ? parts[0] : this.emit('Concat', parts, { axis: 0 });
  }

  /**
   * The operators with tensors renamed to the outputs that they are. Writing results under their own names, rather than
   * through Identity, lets ONNX Runtime compute them straight into the caller's buffers.
   */
  named(outputs: readonly (readonly [name: string, tensor: string])[]): OnnxOperator[] {
    const produced = new Set(this.operators.flatMap((operator) => operator.output));
    const names = new Map<string, string>();
    const identities: OnnxOperator[] = [];
    for (const [name, tensor] of outputs) {
      if (produced.has(tensor) && !names.has(tensor)) names.set(tensor, name);
      else
        identities.push({ opType: 'Identity', domain: '', input: [tensor], output: [name], attribute: [] });
    }
    const rename = (tensor: string): string => names.get(tensor) ?? tensor;
    return [...this.operators, ...identities].map((operator) => ({
      ...operator,
      input: operator.input.map(rename),
      output: operator.output.map(rename),
    }));
  }

  private dimension(dim: Dim): string {
    const terms = termsOf(dim).map(([coefficient, symbols]) => {
      const factors = symbols.map((symbol) => this.size(symbol));
      if (coefficient !== 1 || factors.length === 0) factors.push(this.ints([coefficient]));
      return factors.reduce((product, factor) => this.emit('Mul', [product, factor]));
    });
    return terms.reduce((total, term) => this.emit('Add', [total, term]));
  }

  private size(symbol: string): string {
    const source = this.sizeSource(symbol);
    if (source === undefined) {
      throw new AutoModelError('GRAPH_INVALID', `no input has the size "${symbol}" as a dimension`, {
        remedy: `Declare an input with the dimension "${symbol}".`,
      });
    }
    return this.emit('Shape', [source.tensor], { start: source.axis, end: source.axis + 1 });
  }

  private fresh(): string {
    this.count += 1;
    return `#${this.count}`;
  }
}
