import {
  add,
  glorotUniform,
  matmul,
  mul,
  reshape,
  slice,
  softmax,
  sub,
  unsqueeze,
  zeros,
  type Node,
} from '../../graph/index.js';
import { activate, type ActivationName } from './activation.js';
import { dense, lastDim, project } from './dense.js';

export interface TargetAttentionOptions {
  /** hidden layers of the attention unit, at least one */
  readonly widths: readonly number[];
  readonly activation: ActivationName | (string & {});
  /** false: weights are free in size, so that the strength of an interest survives (DIN, section 4.3) */
  readonly softmax: boolean;
}

/**
 * DIN's local activation unit: how much every event of the history matters to the candidate. Candidate [B, D], events
 * [B, L, D], mask [B, L]; the weights are [B, L] and zero on padding.
 */
export function targetAttentionWeights(
  candidate: Node,
  events: Node,
  mask: Node,
  name: string,
  options: TargetAttentionOptions,
): Node {
  let hidden = activationUnitInput(candidate, events, options.widths[0], `${name}.0`); // [B, L, H]
  hidden = activate(hidden, options.activation, `${name}.0`);
  options.widths.slice(1).forEach((width, layer) => {
    const id = `${name}.${layer + 1}`;
    hidden = activate(dense(hidden, width, id), options.activation, id);
  });
  const scores = reshape(dense(hidden, 1, `${name}.out`), mask.shape); // [B, L]
  if (!options.softmax) return mul(scores, mask);
  return mul(softmax(add(scores, mul(sub(mask, 1), 1e9)), 1), mask); // the last product keeps empty histories at zero
}

/**
 * First layer of the unit, W [q; k; q − k; q ∘ k] + b, without ever building the concatenation. By linearity, with W cut
 * into four blocks of D rows,
 *   W [q; k; q − k; q ∘ k] = (Wq + Wd) q + (Wk − Wd) k + Wp (q ∘ k),
 * so the candidate's part is computed once per sample and broadcast over the L events: 2 instead of 4 products of D x H
 * per event, and no tensor of 4 D numbers per event.
 */
export function activationUnitInput(candidate: Node, events: Node, width: number, name: string): Node {
  const { graph } = candidate;
  const dim = lastDim(candidate);
  const weight = graph.parameter(`${name}.weight`, [4 * dim, width], glorotUniform());
  const bias = graph.parameter(`${name}.bias`, [width], zeros(), { decay: false });
  const [ofQuery, ofKey, ofDifference, ofProduct] = [0, 1, 2, 3].map((block) =>
    slice(weight, 0, block * dim, (block + 1) * dim),
  );
  const perSample = add(matmul(candidate, add(ofQuery, ofDifference)), bias); // [B, H]
  const perEvent = add(
    project(events, sub(ofKey, ofDifference)),
    project(mul(events, unsqueeze(candidate, 1)), ofProduct),
  ); // [B, L, H]
  return add(perEvent, unsqueeze(perSample, 1));
}

/** Σ_l weights_l events_l: [B, L] and [B, L, D] → [B, D]. */
export function weightedHistory(weights: Node, events: Node): Node {
  return reshape(matmul(unsqueeze(weights, 1), events), [events.shape[0], lastDim(events)]);
}
