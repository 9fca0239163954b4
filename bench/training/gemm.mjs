// The machine's plain matrix-product rate: 1024 x 1024 x 1024 in single precision on the same threads.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Graph, lower, matmul } from '../../dist/graph/index.js';
import { clock } from '../../dist/platform/index.js';

const SIZE = 1024;

/** GFLOP/s of the median of 15 products after 5 unmeasured ones. */
export async function gemmRate(threads) {
  const graph = new Graph({ mode: 'infer', name: 'gemm' });
  const product = matmul(graph.input('a', [SIZE, SIZE]), graph.input('b', [SIZE, SIZE]));
  const session = await InferenceSession.create(lower(graph, { product }), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const matrix = () => new Tensor('float32', new Float32Array(SIZE * SIZE).fill(0.5), [SIZE, SIZE]);
  const feeds = { a: matrix(), b: matrix() };
  const fetches = { product: matrix() };
  const times = [];
  for (let i = 0; i < 20; i += 1) {
    const begun = clock.monotonicMs();
    await session.run(feeds, fetches);
    if (i >= 5) times.push(clock.monotonicMs() - begun);
  }
  await session.release();
  times.sort((a, b) => a - b);
  return (2 * SIZE ** 3) / times[Math.floor(times.length / 2)] / 1e6;
}
