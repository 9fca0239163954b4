import { mul, square, sub, sum, type Node } from '../../graph/index.js';

/**
 * Sum of the inner products of all pairs of field vectors, [B, M, D] → [B], in time linear in M:
 * ½ Σ_d ((Σ_i v_id)² − Σ_i v_id²) (Rendle 2010, lemma 3.1).
 */
export function pairwiseInteraction(vectors: Node): Node {
  const squareOfSum = square(sum(vectors, 1)); // [B, D]
  const sumOfSquares = sum(square(vectors), 1); // [B, D]
  return mul(sum(sub(squareOfSum, sumOfSquares), 1), 0.5);
}
