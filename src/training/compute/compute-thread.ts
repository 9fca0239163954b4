/** Worker entry: owns ONNX Runtime sessions, since `session.run` blocks the thread that calls it. */
import { parentPort } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { AutoModelError, clock } from '../../platform/index.js';
import type {
  BufferPart,
  ComputeReply,
  ComputeRequest,
  OpenRequest,
  RunReply,
  RunRequest,
  SessionPlan,
  SlabTensor,
} from './protocol.js';

interface OpenSession {
  readonly session: InferenceSession;
  readonly plan: SessionPlan;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/**
 * The preparing thread and other trials want the cores too. Threads that wait hand theirs back soon instead of spinning,
 * and work is cut finer than one piece per thread, so that a thread which lost its core does not hold up the others.
 * Steps take half to two thirds of the time of the defaults when cores are shared, and no longer when they are not.
 */
const sharedCores = { session: { dynamic_block_base: '4', intra_op: { spin_duration_us: '20' } } };

const sessions = new Map<string, OpenSession>();
const buffers = new Map<string, Float32Array>();

function bufferNamed(name: string): Float32Array {
  const buffer = buffers.get(name);
  if (buffer === undefined)
    throw new AutoModelError('INTERNAL', `The compute thread has no buffer "${name}"`);
  return buffer;
}

async function open(request: OpenRequest): Promise<void> {
  for (const [name, buffer] of Object.entries(request.buffers)) buffers.set(name, buffer);
  for (const [name, plan] of Object.entries(request.sessions)) {
    const session = await InferenceSession.create(plan.model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: request.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: request.optimisation ?? 'all',
      logSeverityLevel: 3,
      extra: sharedCores,
    });
    sessions.set(name, { session, plan, shapes: staticShapes(session) });
  }
}

/** Shapes of inputs and outputs whose every dimension is a number. */
function staticShapes(session: InferenceSession): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const entry of [...session.inputMetadata, ...session.outputMetadata]) {
    if (!entry.isTensor) continue;
    const dims = entry.shape.filter((dim): dim is number => typeof dim === 'number');
    if (dims.length === entry.shape.length) shapes.set(entry.name, dims);
  }
  return shapes;
}

function persistent(session: OpenSession, tensorName: string, part: BufferPart): Tensor {
  const whole = bufferNamed(part.buffer);
  const begin = part.offset ?? 0;
  const data = part.length === undefined ? whole : whole.subarray(begin, begin + part.length);
  return new Tensor('float32', data, session.shapes.get(tensorName) ?? [data.length]);
}

function slabTensor(slab: ArrayBuffer, spec: SlabTensor): Tensor {
  const size = spec.dims.reduce((product, dim) => product * dim, 1);
  return spec.type === 'float32'
    ? new Tensor('float32', new Float32Array(slab, spec.offset, size), spec.dims)
    : new Tensor('int32', new Int32Array(slab, spec.offset, size), spec.dims);
}

async function run(request: Omit<RunRequest, 'kind'>): Promise<RunReply> {
  const begun = clock.monotonicMs();
  const open = sessions.get(request.session);
  if (open === undefined)
    throw new AutoModelError('INTERNAL', `The compute thread has no session "${request.session}"`);
  const { session, plan } = open;
  const feeds: Record<string, Tensor> = {};
  for (const spec of request.feeds) feeds[spec.name] = slabTensor(request.slab, spec);
  for (const [name, value] of Object.entries(request.scalars)) {
    if (!session.inputNames.includes(name)) continue;
    feeds[name] = new Tensor('float32', Float32Array.of(value), open.shapes.get(name) ?? []);
  }
  for (const [name, part] of Object.entries(plan.inputs)) feeds[name] = persistent(open, name, part);
  const fetches: Record<string, Tensor | null> = {};
  for (const [name, buffer] of Object.entries(plan.outputs))
    fetches[name] = persistent(open, name, { buffer });
  for (const spec of request.results) fetches[spec.name] = slabTensor(request.resultSlab, spec);
  for (const name of request.scalarResults) fetches[name] = null;
  const results = await session.run(feeds, fetches);
  const scalars: Record<string, number> = {};
  for (const name of request.scalarResults) scalars[name] = Number(results[name].data[0]);
  return {
    kind: 'ran',
    slab: request.slab,
    resultSlab: request.resultSlab,
    scalars,
    computeMs: clock.monotonicMs() - begun,
  };
}

async function close(): Promise<void> {
  for (const { session } of sessions.values()) await session.release();
  sessions.clear();
  buffers.clear();
}

async function handle(request: ComputeRequest): Promise<ComputeReply> {
  switch (request.kind) {
    case 'open':
      await open(request);
      return { kind: 'done' };
    case 'run':
      return run(request);
    case 'run-all': {
      const replies: RunReply[] = [];
      for (const one of request.runs) replies.push(await run(one));
      return { kind: 'ran-all', replies };
    }
    case 'copy':
      for (const [from, to] of request.pairs) {
        const target = buffers.get(to);
        if (target === undefined) buffers.set(to, bufferNamed(from).slice());
        else target.set(bufferNamed(from));
      }
      return { kind: 'done' };
    case 'put':
      for (const [name, buffer] of Object.entries(request.buffers)) buffers.set(name, buffer);
      return { kind: 'done' };
    case 'clear':
      for (const name of request.names) bufferNamed(name).fill(0);
      return { kind: 'done' };
    case 'export':
      return {
        kind: 'exported',
        buffers: Object.fromEntries(request.names.map((name) => [name, bufferNamed(name).slice()])),
      };
    case 'close':
      await close();
      return { kind: 'done' };
  }
}

const port = parentPort;
if (port === null) throw new AutoModelError('INTERNAL', 'compute-thread runs as a worker only');
// A run leaves the thread to other messages before it begins; without the queue a `close` or an `export` would overtake it.
let last: Promise<void> = Promise.resolve();
port.on('message', (request: ComputeRequest) => {
  last = last
    .then(() => handle(request))
    .catch((error: unknown): ComputeReply => {
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
    })
    .then((reply) => port.postMessage(reply, transfers(reply)));
});

function transfers(reply: ComputeReply): ArrayBuffer[] {
  if (reply.kind === 'ran') return [reply.slab, reply.resultSlab];
  if (reply.kind === 'ran-all') return reply.replies.flatMap(({ slab, resultSlab }) => [slab, resultSlab]);
  if (reply.kind === 'exported')
    return Object.values(reply.buffers).map((buffer) => buffer.buffer as ArrayBuffer);
  return [];
}
