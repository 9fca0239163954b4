/**
 * Numbers of IEEE 754 binary16, which typed arrays of Node 20 lack. Encoding rounds to nearest, ties to even; what is too large becomes
 * infinite, what is too small a subnormal or zero.
 */
export function toHalf(value: number): number {
  scratch.f[0] = value;
  const bits = scratch.u[0];
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds to 65,536 or is larger
  if (magnitude < 0x38800000) {
    // Below 2^-14: a multiple of 2^-24, which adding 0.5 rounds to as the processor does.
    scratch.f[0] = Math.abs(value) + 0.5;
    return sign | (scratch.u[0] - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

const scratch = ((): { readonly f: Float32Array; readonly u: Uint32Array } => {
  const buffer = new ArrayBuffer(4);
  return { f: new Float32Array(buffer), u: new Uint32Array(buffer) };
})();

function decode(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

let decoded: Float32Array | undefined;

/** The value of each of the 65,536 half floats: one look-up is quicker than arithmetic on bits. */
export function halfValues(): Float32Array {
  decoded ??= Float32Array.from({ length: 65_536 }, (_, half) => decode(half));
  return decoded;
}
