/** Unit vectors of items: [items, dim], row by row. */
export interface ItemVectors {
  readonly data: Float32Array;
  readonly dim: number;
}

/** Vectors of length one; a zero vector stays zero and is similar to nothing. */
export function unitVectors(data: Float32Array, dim: number): ItemVectors {
  const out = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += dim) {
    let square = 0;
    for (let k = 0; k < dim; k += 1) square += data[start + k] ** 2;
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let k = 0; k < dim; k += 1) out[start + k] = data[start + k] * scale;
  }
  return { data: out, dim };
}

/** Cosine of two items. */
export function cosine({ data, dim }: ItemVectors, a: number, b: number): number {
  let sum = 0;
  for (let k = 0; k < dim; k += 1) sum += data[a * dim + k] * data[b * dim + k];
  return sum;
}
