import {
  add,
  glorotUniform,
  matmul,
  mul,
  reshape,
  softmax,
  tanh,
  transpose,
  unsqueeze,
  zeros,
  type Node,
} from '../../graph/index.js';
import { dense, lastDim } from './dense.js';

export type CrossLayer = (x0: Node, x: Node, name: string) => Node;

/** x0 ⊙ (W x + b) + x, W [W, W] (DCN-V2, eq. 1). */
export const fullRankCross: CrossLayer = (x0, x, name) => add(mul(x0, dense(x, lastDim(x), name)), x);

/** x0 ⊙ (U (Vᵀ x) + b) + x, U and V [W, rank] (eq. 2). */
export const lowRankCross =
  (rank: number): CrossLayer =>
  (x0, x, name) =>
    add(mul(x0, dense(dense(x, rank, `${name}.down`, { bias: false }), lastDim(x), `${name}.up`)), x);

/**
 * Σ_i G_i(x) · x0 ⊙ (U_i tanh(C_i tanh(V_iᵀ x)) + b) + x with a softmax gate over the experts (eq. 3-4). All experts'
 * V_i are one matrix product, and so are all U_i: since the gate is a scalar per sample and expert, it scales the
 * expert's rank-sized code, and Σ_i G_i U_i c_i = [U_1 … U_K] [G_1 c_1; …; G_K c_K]. The gates sum to one, so b stays.
 */
export const mixtureCross =
  (rank: number, experts: number): CrossLayer =>
  (x0, x, name) => {
    const { graph } = x;
    const width = lastDim(x);
    const batch = x.shape[0];
    const gates = softmax(dense(x, experts, `${name}.gate`, { bias: false }), -1); // [B, K]
    const down = tanh(dense(x, experts * rank, `${name}.down`, { bias: false })); // [B, K r]
    const perExpert = transpose(reshape(down, [batch, experts, rank]), [1, 0, 2]); // [K, B, r]
    const core = graph.parameter(`${name}.core`, [experts, rank, rank], glorotUniform());
    const codes = transpose(tanh(matmul(perExpert, core)), [1, 0, 2]); // [B, K, r]
    const gated = reshape(mul(codes, unsqueeze(gates, 2)), [batch, experts * rank]); // [B, K r]
    const up = matmul(gated, graph.parameter(`${name}.up`, [experts * rank, width], glorotUniform())); // [B, W]
    const bias = graph.parameter(`${name}.bias`, [width], zeros(), { decay: false });
    return add(mul(x0, add(up, bias)), x);
  };

/** Applies `depth` cross layers to x0 [B, W]: [B, W], all interactions up to order depth + 1. */
export function crossNetwork(x0: Node, depth: number, layer: CrossLayer): Node {
  let x = x0;
  for (let i = 0; i < depth; i += 1) x = layer(x0, x, `cross.${i}`);
  return x;
}
