import { concat, mul, reshape, sum, transpose, unsqueeze, type Node } from '../../graph/index.js';
import { dense } from './dense.js';

/**
 * Compressed interaction network (xDeepFM, eq. 6): X^k_h = Σ_ij W^{k,h}_ij (X^{k-1}_i ∘ X^0_j) for field vectors
 * X^0 [B, M, D], then each feature map summed over D: [B, Σ widths].
 *
 * The embedding axis stands before the maps, so that a layer is one product of all pairs, [B D, H M] x [H M, H'].
 */
export function compressedInteraction(vectors: Node, widths: readonly number[]): Node {
  const [batch, fields, dim] = vectors.shape;
  const base = transpose(vectors, [0, 2, 1]); // [B, D, M]
  const pooled: Node[] = [];
  let maps = base; // [B, D, H]
  let mapCount = Number(fields);
  widths.forEach((width, layer) => {
    const pairs = mul(unsqueeze(maps, 3), unsqueeze(base, 2)); // [B, D, H, M]
    const flat = reshape(pairs, [batch, dim, mapCount * Number(fields)]);
    maps = dense(flat, width, `cin.${layer}`, { bias: false }); // [B, D, H']
    mapCount = width;
    pooled.push(sum(maps, 1)); // [B, H']
  });
  return concat(pooled, 1);
}
