/** Element types. float64 exists for numerical checks; models use float32, int32 ids and bool masks. */
export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool';

export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** Codes of onnx.TensorProto.DataType. */
export const onnxTypeOf: Readonly<Record<DType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

export const bytesOf: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  int64: 8,
  bool: 1,
};

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** A typed array of `dtype` filled from plain numbers. */
export function tensorData(dtype: DType, values: ArrayLike<number>): TensorData {
  if (dtype === 'float32') return Float32Array.from(values);
  if (dtype === 'float64') return Float64Array.from(values);
  if (dtype === 'int32') return Int32Array.from(values);
  if (dtype === 'bool') return Uint8Array.from(values);
  return BigInt64Array.from(Array.from(values, (value) => BigInt(value)));
}
