import { crc32 } from 'node:zlib';

/** Bytes before a payload: its length and its CRC-32, both little-endian. */
const HEAD = 8;
/** No event is larger; a longer length is damage. */
export const MOST_PAYLOAD = 1 << 20;

/** A payload with its length and checksum in front. */
export function frame(payload: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(HEAD + payload.length);
  out.writeUInt32LE(payload.length, 0);
  out.writeUInt32LE(crc32(payload), 4);
  out.set(payload, HEAD);
  return out;
}

/**
 * Calls `each` with every whole frame from the beginning on.
 * @returns where the first one begins that is cut short or does not fit its checksum; the length when there is none
 */
export function scanFrames(bytes: Buffer, each: (payload: Buffer) => void): number {
  let at = 0;
  while (at + HEAD <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const end = at + HEAD + length;
    if (length > MOST_PAYLOAD || end > bytes.length) return at;
    const payload = bytes.subarray(at + HEAD, end);
    if (crc32(payload) !== bytes.readUInt32LE(at + 4)) return at;
    each(payload);
    at = end;
  }
  return at;
}
