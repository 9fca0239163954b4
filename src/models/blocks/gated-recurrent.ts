import {
  add,
  concat,
  glorotUniform,
  matmul,
  mul,
  reshape,
  sigmoid,
  split,
  sub,
  tanh,
  unsqueeze,
  zeros,
  type Node,
} from '../../graph/index.js';
import { lastDim, project } from './dense.js';

/**
 * Gated recurrent unit, unrolled over L steps: inputs [B, L, in], mask [B, L] → states [B, L, width], starting at zero.
 *   r = σ(W_r x + U_r h + b_r),  z = σ(W_z x + U_z h + b_z),  n = tanh(W_n x + b_n + r ∘ (U_n h + c)),
 *   h' = (1 − z) ∘ n + z ∘ h
 * This is the form of cuDNN and ONNX (linear_before_reset = 1), whose U h is one product for all gates (Cho et al. 2014
 * reset before the product). The products of all steps' inputs are made at once, before the loop. Steps with mask 0
 * keep the state.
 */
export function gatedRecurrent(inputs: Node, mask: Node, width: number, name: string): Node {
  const { graph } = inputs;
  const [batch, length] = inputs.shape;
  const steps = Number(length);
  const weight = (part: string, rows: number) =>
    graph.parameter(`${name}.${part}`, [rows, 3 * width], glorotUniform());
  const shift = (part: string, size: number) =>
    graph.parameter(`${name}.${part}`, [size], zeros(), { decay: false });
  const sizes = Array.from({ length: steps }, () => 1);
  const recurrent = weight('recurrent', width);
  const resetShift = shift('reset.bias', width);
  const fromInputs = add(project(inputs, weight('input', lastDim(inputs))), shift('bias', 3 * width)); // [B, L, 3 H]
  const perStep = split(fromInputs, sizes, 1); // [B, 1, 3 H] each
  const masks = split(mask, sizes, 1); // [B, 1] each
  const states: Node[] = [];
  let state: Node | undefined;
  for (let step = 0; step < steps; step += 1) {
    const [gates, candidate] = split(reshape(perStep[step], [batch, 3 * width]), [2 * width, width], 1);
    // At the first step h = 0, so its product is left out.
    const [fromGates, fromState] =
      state === undefined ? [undefined, undefined] : split(matmul(state, recurrent), [2 * width, width], 1);
    const [reset, update] = split(
      sigmoid(fromGates === undefined ? gates : add(gates, fromGates)),
      [width, width],
      1,
    );
    const carried = fromState === undefined ? resetShift : add(fromState, resetShift);
    const fresh = tanh(add(candidate, mul(reset, carried))); // [B, H]
    const keep = mul(masks[step], sub(1, update)); // share of the new state; 0 on padding
    state = state === undefined ? mul(keep, fresh) : add(state, mul(keep, sub(fresh, state)));
    states.push(unsqueeze(state, 1));
  }
  return concat(states, 1);
}
