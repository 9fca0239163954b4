// Processor time of a request's two graphs (request.onnx, candidates.onnx), artefacts beside each other in turns: for changes of the cut
// or of how it is computed. Processor time of all threads is right where the clock is not, on a machine that other work shares.
//   node bench/serving/cut-graphs.mjs <artefact> [<artefact> ...] [--candidates 500] [--threads 1] [--rounds 40] [--json]
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Rng } from '../../dist/platform/index.js';
import { medianOf } from './modes.mjs';

const { values: flags, positionals: dirs } = parseArgs({
  allowPositionals: true,
  options: {
    candidates: { type: 'string', default: '500' },
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
  },
});
const [candidates, threads, rounds] = ['candidates', 'threads', 'rounds'].map((name) => Number(flags[name]));
// As the thread of the model has them.
const options = {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
  extra: { session: { dynamic_block_base: '4', intra_op: { spin_duration_us: '20' } } },
};

/** The same numbers under the same name for every artefact; histories are full. */
function tensorOf({ name, shape }, rows) {
  const dims = shape.map((size) => (typeof size === 'number' ? size : rows));
  const size = dims.reduce((product, dim) => product * dim, 1);
  const rng = new Rng([name]);
  const value = name.startsWith('mask') ? () => 1 : () => 0.5 * (rng.next() - 0.5);
  return new Tensor('float32', Float32Array.from({ length: size }, value), dims);
}

const tensors = (metadata, rows) =>
  Object.fromEntries(metadata.map((each) => [each.name, tensorOf(each, rows)]));

async function opened(dir) {
  const [request, rest] = await Promise.all(
    ['request.onnx', 'candidates.onnx'].map((file) =>
      InferenceSession.create(readFileSync(join(dir, file)), options),
    ),
  );
  const handed = tensors(request.outputMetadata, 1);
  const asked = tensors(request.inputMetadata, 1);
  const own = rest.inputMetadata.filter(({ name }) => !(name in handed));
  const fed = { ...handed, ...tensors(own, candidates) };
  const logits = new Tensor('float32', new Float32Array(candidates), [candidates]);
  return async () => {
    await request.run(asked, handed);
    await rest.run(fed, { logits });
    return logits.data.slice();
  };
}

const score = await Promise.all(dirs.map(opened));
const logits = await Promise.all(score.map((run) => run()));
const times = dirs.map(() => []);
for (let round = 0; round < rounds; round += 1)
  for (const [i, run] of score.entries()) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    times[i].push((user + system) / 1000);
  }
const rows = dirs.map((dir, i) => ({
  artefact: basename(dir),
  processorMs: medianOf(times[i]),
  leastMs: Math.min(...times[i]),
  ratio: medianOf(times[i]) / medianOf(times[0]),
  apart: Math.max(...logits[i].map((logit, c) => Math.abs(logit - logits[0][c]))),
}));
if (flags.json) console.log(JSON.stringify({ candidates, threads, rounds, rows }, null, 2));
else {
  console.log(
    `Processor milliseconds of a request with ${candidates} candidates, ${threads} thread(s), ${rounds} rounds\n`,
  );
  console.log('| artefact | median | least | to the first | scores apart |');
  console.log('| --- | --: | --: | --: | --: |');
  for (const { artefact, processorMs, leastMs, ratio, apart } of rows)
    console.log(
      `| ${artefact} | ${processorMs.toFixed(2)} | ${leastMs.toFixed(2)} | ${ratio.toFixed(3)} | ${apart.toExponential(1)} |`,
    );
}
