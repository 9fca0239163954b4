import type { Dim } from '../dims.js';
import type { DType, TensorData } from '../dtype.js';

export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };
export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export interface EmitOptions {
  /** operator domain; '' is the standard one */
  readonly domain?: string;
  /** how many outputs the operator has (1) */
  readonly outputs?: number;
}

/**
 * What a lowering rule writes into. Equal emissions give equal names, so rules may emit what another rule already
 * emitted. Integer attributes are plain numbers; float attributes are written as `{ float: value }`.
 */
export interface Emitter {
  /** Emits one ONNX operator and returns its output names. */
  emitAll(
    opType: string,
    inputs: readonly string[],
    attributes?: OnnxAttributes,
    options?: EmitOptions,
  ): readonly string[];
  /** Emits an operator with one output. */
  emit(opType: string, inputs: readonly string[], attributes?: OnnxAttributes, options?: EmitOptions): string;
  /** An initializer. */
  constant(data: TensorData, shape: readonly number[], dtype: DType): string;
  /** A scalar initializer. */
  scalar(value: number, dtype: DType): string;
  /** A constant int64 vector, as axes, starts and shapes need. */
  ints(values: readonly number[]): string;
  /** Code of an element type in ONNX. */
  typeCode(dtype: DType): number;
  /** A shape as int64 vector; symbolic dimensions are read from the inputs that have them. */
  shape(dims: readonly Dim[]): string;
}
