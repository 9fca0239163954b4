import { differentiate, evaluateDim, lower, mul, sum, type Node } from '../../../src/graph/index.js';
import { isFloat } from '../../../src/graph/dtype.js';
import { Rng } from '../../../src/platform/index.js';
import type { BuiltCase } from './build-case.js';
import { load } from './evaluate.js';

/**
 * Largest difference between the gradients of the graph and central differences of sum(output * weights), relative to
 * the largest gradient. Differences have step `h`.
 */
export async function gradientError(built: BuiltCase, b: number, h: number): Promise<number> {
  const { graph, output, nodes, feeds } = built;
  const shape = output.shape.map((dim) => evaluateDim(dim, { B: b }));
  const count = shape.reduce((product, dim) => product * dim, 1);
  const rng = new Rng([7, 'weights']);
  const weights = graph.input('weights', output.shape, output.dtype);
  const fed = {
    ...feeds,
    weights: { data: Array.from({ length: count }, () => 0.5 + rng.next()), shape, dtype: output.dtype },
  };
  const loss = sum(mul(output, weights));
  const wrt = nodes.filter((node) => isFloat(node.dtype));
  const gradients = differentiate(loss, wrt);
  const analytic = await (
    await load(lower(graph, Object.fromEntries(gradients.map((node, i) => [`g${i}`, node]))))
  ).run(fed);
  const forward = await load(lower(graph, { loss }));
  const at = async (node: Node, element: number, shift: number): Promise<number> => {
    const data = Float64Array.from(fed[node.name as keyof typeof fed].data);
    data[element] += shift;
    const result = await forward.run({
      ...fed,
      [node.name]: { ...fed[node.name as keyof typeof fed], data },
    });
    return result.loss.data[0];
  };
  let worst = 0;
  let largest = 1e-3;
  for (const [i, node] of wrt.entries()) {
    for (const [element, value] of analytic[`g${i}`].data.entries()) {
      const numeric = ((await at(node, element, h)) - (await at(node, element, -h))) / (2 * h);
      worst = Math.max(worst, Math.abs(numeric - value));
      largest = Math.max(largest, Math.abs(numeric));
    }
  }
  return worst / largest;
}
