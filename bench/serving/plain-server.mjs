// The same ONNX model behind a plain HTTP wrapper, as one would write it in an hour: node:http, one session of the whole graph
// on the main thread, and the features of all candidates built already. What a request costs here is the model, the sorting
// and the JSON; recall, features, user state, the log of what was served, limits and tokens are left out.
//   node plain-server.mjs <model.onnx> <candidates> <threads>
import { createServer } from 'node:http';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Rng } from '../../dist/platform/index.js';

const [model, candidates, threads] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const session = await InferenceSession.create(model, {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
});
const rng = new Rng(['plain-server']);
const feeds = Object.fromEntries(session.inputMetadata.map((input) => [input.name, tensorFor(input)]));

/** Values do not change what a graph costs: small numbers for floats, zeros for ids, and masks that hide nothing. */
function tensorFor({ name, type, shape }) {
  const dims = shape.map((size) => (typeof size === 'number' && size > 0 ? size : candidates));
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (type === 'float32') {
    const isMask = name.startsWith('mask');
    const values = Float32Array.from({ length: size }, () => (isMask ? 1 : 0.1 * (rng.next() - 0.5)));
    return new Tensor('float32', values, dims);
  }
  if (type === 'bool') return new Tensor('bool', new Uint8Array(size).fill(1), dims);
  if (type === 'int64') return new Tensor('int64', new BigInt64Array(size), dims);
  return new Tensor('int32', new Int32Array(size), dims);
}
// A model that cannot be run so is found here, and not by the generator.
await session.run(feeds);

const server = createServer((incoming, outgoing) => {
  if (incoming.method !== 'POST') {
    outgoing.statusCode = 404;
    outgoing.end('{}');
    return;
  }
  let body = '';
  incoming.setEncoding('utf8').on('data', (part) => (body += part));
  incoming.on('end', async () => {
    const { user, limit } = JSON.parse(body);
    const outputs = await session.run(feeds);
    const logits = outputs[session.outputNames[0]].data;
    const order = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a]);
    const items = order.slice(0, limit).map((item, position) => ({ item, position, score: logits[item] }));
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end(JSON.stringify({ user, items }));
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`);
});
process.once('SIGTERM', () => process.exit(0));
