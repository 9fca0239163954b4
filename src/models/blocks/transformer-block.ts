import { add, dropout, layerNorm, ones, relu, zeros, type Node } from '../../graph/index.js';
import { dense, lastDim } from './dense.js';
import { multiHeadAttention } from './multi-head-attention.js';

export interface TransformerBlockOptions {
  readonly heads: number;
  /** width of the feed-forward layer, in multiples of the model's width */
  readonly expansion: number;
  readonly dropout: number;
  /** 0 where a position may be read and about -1e9 where not; broadcasts to [B, heads, L, L] */
  readonly bias: Node;
}

/** One encoder block with the norm before each part: x + attention(norm x), then + feed-forward(norm x). [B, L, D]. */
export function transformerBlock(x: Node, name: string, options: TransformerBlockOptions): Node {
  const width = lastDim(x);
  const normed = layerNormed(x, `${name}.norm.0`);
  const project = (role: string) => dense(normed, width, `${name}.${role}`, { bias: false });
  const { output } = multiHeadAttention(project('query'), project('key'), project('value'), {
    heads: options.heads,
    scaled: true,
    bias: options.bias,
  });
  const attended = add(x, dropout(dense(output, width, `${name}.mix`), options.dropout));
  const inner = relu(
    dense(layerNormed(attended, `${name}.norm.1`), options.expansion * width, `${name}.feed.0`),
  );
  return add(
    attended,
    dropout(dense(dropout(inner, options.dropout), width, `${name}.feed.1`), options.dropout),
  );
}

/** Layer normalisation with its own scale and shift. */
export function layerNormed(x: Node, name: string): Node {
  const scale = x.graph.parameter(`${name}.scale`, [lastDim(x)], ones(), { decay: false });
  const shift = x.graph.parameter(`${name}.shift`, [lastDim(x)], zeros(), { decay: false });
  return layerNorm(x, scale, shift);
}
