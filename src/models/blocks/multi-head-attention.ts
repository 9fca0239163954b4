import { add, matmul, mul, reshape, softmax, transpose, type Node } from '../../graph/index.js';
import { lastDim } from './dense.js';

export interface AttentionOptions {
  readonly heads: number;
  /** divide the inner products by the square root of the head size */
  readonly scaled: boolean;
  /** added to the inner products before the softmax; broadcasts to [B, heads, queries, keys] */
  readonly bias?: Node;
}

export interface AttentionResult {
  /** [B, queries, width] */
  readonly output: Node;
  /** [B, heads, queries, keys]; every row sums to one */
  readonly weights: Node;
}

/** Softmax attention of several heads (Vaswani et al. 2017): queries [B, Q, width], keys and values [B, K, width]. */
export function multiHeadAttention(
  queries: Node,
  keys: Node,
  values: Node,
  options: AttentionOptions,
): AttentionResult {
  const width = lastDim(values);
  const q = splitHeads(queries, options.heads);
  const k = splitHeads(keys, options.heads);
  const scale = options.scaled ? 1 / Math.sqrt(lastDim(q)) : 1;
  // Scaling the queries, not the products, touches Q·d numbers instead of Q·K.
  const products = matmul(mul(q, scale), k, { transposeB: true }); // [B, heads, Q, K]
  const weights = softmax(options.bias === undefined ? products : add(products, options.bias), -1);
  const mixed = matmul(weights, splitHeads(values, options.heads)); // [B, heads, Q, width / heads]
  const output = reshape(transpose(mixed, [0, 2, 1, 3]), [queries.shape[0], queries.shape[1], width]);
  return { output, weights };
}

/** [B, N, width] → [B, heads, N, width / heads] */
function splitHeads(x: Node, heads: number): Node {
  return transpose(reshape(x, [x.shape[0], x.shape[1], heads, lastDim(x) / heads]), [0, 2, 1, 3]);
}
