/** Anything that holds one number per row. Typed arrays keep hot loops free of boxing. */
export type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array | Uint32Array | readonly number[];
