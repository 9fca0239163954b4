// Times one training step of four models in ONNX Runtime against the plain GEMM rate of the same machine.
// node bench/graph/index.mjs [model ...] [--threads 2] [--steps 15] [--cpu] [--profile]
import { parseArgs } from 'node:util';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { buildTrainingStep, cost, evaluateDim, Graph, lower, matmul } from '../../dist/graph/index.js';
import * as models from './models.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '2' },
    profile: { type: 'boolean', default: false },
    cpu: { type: 'boolean', default: false },
    steps: { type: 'string', default: '15' },
  },
});
const threads = Number(values.threads);
const arraysOf = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

function session(file, profile = false) {
  return ort.InferenceSession.create(file, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(profile ? { enableProfiling: true, profileFilePrefix: join(tmpdir(), 'automodel-profile') } : {}),
  });
}

function feedsOf(inputs, sizes, limits) {
  return Object.fromEntries(
    inputs.map(({ name, shape, dtype }) => {
      const dims = shape.map((dim) => evaluateDim(dim, sizes));
      const data = new arraysOf[dtype](dims.reduce((product, dim) => product * dim, 1));
      for (let i = 0; i < data.length; i += 1)
        data[i] = dtype === 'int32' ? (i * 7919) % (limits[name] ?? 100) : ((i * 31) % 17) / 17;
      if (name === 'learning_rate') data.fill(1e-3);
      if (name === 'step' || name === 'loss_scale') data.fill(1);
      return [name, new ort.Tensor(dtype, data, dims)];
    }),
  );
}

/** Milliseconds: wall clock, or with --cpu the processor time of this process, which a busy machine disturbs less. */
function now() {
  if (!values.cpu) return Number(process.hrtime.bigint()) / 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

// The fastest of several runs: other work on the machine only ever adds time.
async function best(steps, run) {
  for (let i = 0; i < 3; i += 1) await run();
  const times = [];
  for (let i = 0; i < steps; i += 1) {
    const start = now();
    await run();
    times.push(now() - start);
  }
  return Math.min(...times);
}

async function gemmRate() {
  const graph = new Graph({ mode: 'infer' });
  const n = 1024;
  const out = matmul(graph.input('a', [n, n]), graph.input('b', [n, n]));
  const s = await session(lower(graph, { out }));
  const tensor = () => new ort.Tensor('float32', new Float32Array(n * n).fill(0.5), [n, n]);
  const feeds = { a: tensor(), b: tensor() };
  const fetches = { out: tensor() };
  return (2 * n ** 3) / (await best(15, () => s.run(feeds, fetches))) / 1e6;
}

const cases = {
  dnn: { sizes: { B: 1024 }, limits: {} },
  dcnv2: { sizes: { B: 1024 }, limits: {} },
  din: { sizes: { B: 1024 }, limits: {} },
  sasrec: { sizes: { B: 32, P: 32 * 150 }, limits: { ids: 3417, targets: 3417, positions: 6400 } },
};

const gemm = await gemmRate();
console.log(`GEMM ${gemm.toFixed(1)} GFLOP/s on ${threads} threads`);
for (const name of positionals.length > 0 ? positionals : Object.keys(cases)) {
  const { graph, ...parts } = models[name]();
  const { sizes, limits } = cases[name];
  const step = buildTrainingStep(graph, { ...parts, optimizer: { kind: 'adam' } });
  const s = await session(step.toOnnx(), values.profile);
  const feeds = feedsOf(step.inputs, sizes, limits);
  feeds.parameters.data.set(step.initialParameters(1));
  const fetches = Object.fromEntries(
    step.outputs.map(({ name: output, shape, dtype }) => {
      const dims = shape.map((dim) => evaluateDim(dim, sizes));
      const inPlace = feeds[output.replace(/_out$/, '')];
      return [
        output,
        inPlace ??
          new ort.Tensor(dtype, new Float32Array(dims.reduce((product, dim) => product * dim, 1)), dims),
      ];
    }),
  );
  const ms = await best(Number(values.steps), () => s.run(feeds, fetches));
  const { perOp } = cost(step.graph, step.graph.outputs, { sizes });
  const rate = perOp.matmul.flops / ms / 1e6;
  console.log(
    `${name}: ${ms.toFixed(1)} ms, ${((sizes.B / ms) * 1000).toFixed(0)} samples/s, matmul ${rate.toFixed(1)} GFLOP/s = ${((100 * rate) / gemm).toFixed(0)} % of GEMM`,
  );
  if (values.profile) report(s);
}

/** Time per operator and shape, from ONNX Runtime's own profile. */
function report(s) {
  s.endProfiling();
  const file = readdirSync(tmpdir())
    .filter((entry) => entry.startsWith('automodel-profile'))
    .map((entry) => join(tmpdir(), entry))[0];
  const fastest = new Map();
  for (const event of JSON.parse(readFileSync(file, 'utf8'))) {
    if (event.cat !== 'Node' || !event.name.endsWith('_kernel_time')) continue;
    const shapes = (list) =>
      (list ?? [])
        .slice(0, 3)
        .map((entry) => JSON.stringify(Object.values(entry)[0]))
        .join(' ');
    const kind = `${event.args.op_name} ${shapes(event.args.input_type_shape)} -> ${shapes(event.args.output_type_shape)}`;
    const node = `${kind}#${event.args.node_index}`;
    fastest.set(node, { kind, us: Math.min(event.dur, fastest.get(node)?.us ?? Infinity) });
  }
  const totals = new Map();
  for (const { kind, us } of fastest.values()) totals.set(kind, (totals.get(kind) ?? 0) + us);
  for (const [kind, us] of [...totals].sort((a, b) => b[1] - a[1]).slice(0, 24))
    console.log(`  ${(us / 1000).toFixed(2)} ms  ${kind}`);
  rmSync(file);
}
