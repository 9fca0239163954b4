import { hashKeys } from '../../platform/index.js';

/** Which users a score may look at: screening and deciding never share a user (3-evidence rule 10). */
export type ValidationShare = 'search' | 'gate' | 'all';

/**
 * 1 for rows whose cluster belongs to the share. The division is a fixed hash of the cluster index and the contract,
 * half and half, so every process agrees on it without a file.
 * @param clusters dense cluster (user) index per row
 */
export function shareMask(clusters: Int32Array, share: ValidationShare, contractHash: string): Uint8Array {
  const mask = new Uint8Array(clusters.length);
  if (share === 'all') return mask.fill(1);
  const key = hashKeys('validation-share', contractHash);
  const wanted = share === 'gate' ? 1 : 0;
  for (let row = 0; row < clusters.length; row += 1) {
    if ((hashKeys(key, clusters[row]) & 1) === wanted) mask[row] = 1;
  }
  return mask;
}

/** Row numbers where the mask is set. */
export function selectedRows(mask: Uint8Array): Int32Array {
  let count = 0;
  for (const bit of mask) count += bit;
  const rows = new Int32Array(count);
  let at = 0;
  for (let row = 0; row < mask.length; row += 1) if (mask[row]) rows[at++] = row;
  return rows;
}

/** values[rows], as a new array of the same kind. */
export function takeFloat(values: Float32Array, rows: Int32Array): Float32Array {
  const out = new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) out[i] = values[rows[i]];
  return out;
}

export function takeInt(values: Int32Array, rows: Int32Array): Int32Array {
  const out = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) out[i] = values[rows[i]];
  return out;
}
