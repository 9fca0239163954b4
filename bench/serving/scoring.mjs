// Time of `rank` in process, by number of candidates: the graph cut at the request beside the whole graph with the request in every
// row, how much of it ONNX Runtime works, and processor time, which says more than the clock on a machine that is shared.
// `npm run build && node bench/serving/scoring.mjs [--rounds 100] [--threads 1] [--json]`
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openOnlineService, operations } from '../../dist/agents/index.js';
import { Rng, clock } from '../../dist/platform/index.js';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    threads: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(flags.rounds);
const modelThreads = Number(flags.threads);
const sizes = [100, 500, 1000];
const HISTORY = 50;
/** Left out, so that ten fields are left: four of the user, two of the context, four of the item. */
const leftOut = [
  'position',
  'weekday',
  'shard',
  'jitter',
  'events.hour',
  'events.weekday',
  'device',
  'register_days',
  'cohort_code',
  'batch_code',
  'tags',
];
const io = {
  onProgress: () => {},
  warn: () => {},
  signal: new AbortController().signal,
  ask: undefined,
  renderReport: async () => '',
};
const folder = mkdtempSync(join(tmpdir(), 'scoring-'));

const models = [
  { title: 'LR, 10 fields', model: 'lr', hyperParameters: {} },
  {
    title: 'DCNv2, 10 fields x 16, 3 crosses, 400x3',
    model: 'dcnv2',
    hyperParameters: { embeddingDim: 16, crossLayers: 3, hidden: '400x400x400', usesHistory: false },
  },
  {
    title: `DIN, 10 fields x 16, history ${HISTORY}, attention 80x40, tower 256x128`,
    model: 'din',
    hyperParameters: { embeddingDim: 16, attention: '80x40', hidden: '256x128' },
  },
];

async function project() {
  const world = await operations.generateWorld(
    { seed: 1, users: 2000, items: 4000, days: 4, out: join(folder, 'log'), nullWorld: false },
    io,
  );
  const projectDir = join(folder, 'project');
  const files = world.files.map(({ path }) => path);
  await operations.init({ projectDir, files, task: 'ctr', split: 'time', useDatasetJson: false }, io);
  return projectDir;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** Median milliseconds of a request, and of that inside ONNX Runtime. */
async function measured(services, requests) {
  const times = services.map(() => ({ total: [], model: [] }));
  for (const request of requests) {
    // By turns, so that what else the machine does falls on both.
    for (const [s, service] of services.entries()) {
      const before = service.gauges().model_ms;
      const begun = clock.monotonicMs();
      await service.rank(request);
      const total = clock.monotonicMs() - begun;
      times[s].total.push(total);
      times[s].model.push(service.gauges().model_ms - before);
    }
  }
  const out = [];
  for (const [s, { total, model }] of times.entries()) {
    const before = process.cpuUsage();
    for (const request of requests) await services[s].rank(request);
    const { user, system } = process.cpuUsage(before);
    out.push({
      total: median(total),
      model: median(model),
      outside: median(total.map((ms, i) => ms - model[i])),
      /** of all threads */
      processor: (user + system) / 1000 / requests.length,
    });
  }
  return out;
}

try {
  const projectDir = await project();
  const rows = [];
  for (const { title, model, hyperParameters } of models) {
    const fields = Object.fromEntries(leftOut.map((name) => [`use.${name}`, false]));
    await operations.train(
      {
        projectDir,
        model,
        seeds: 1,
        seed: 1,
        hyperParameters: { ...hyperParameters, ...fields, 'recipe.maxEpochs': 1 },
        tune: 0,
        test: false,
      },
      io,
    );
    const services = [];
    for (const wholeGraph of [false, true]) {
      const storeDir = join(folder, `${model}-${wholeGraph}`);
      const service = await openOnlineService({ projectDir, storeDir, modelThreads, wholeGraph, io });
      services.push(service);
      const rng = new Rng([1, 'behaviour']);
      const events = Array.from({ length: 20 * HISTORY }, (_, i) => ({
        id: `e${i}`,
        atMs: 1_750_000_000_000 + i,
        user: String(1 + (i % 20)),
        item: String(1 + rng.integer(4000)),
        kind: 'click',
      }));
      await service.append(events);
    }
    for (const size of sizes) {
      const rng = new Rng([size, 'requests']);
      const request = () => ({
        user: String(1 + rng.integer(20)),
        items: Array.from({ length: size }, () => String(1 + rng.integer(4000))),
        context: { hour: rng.integer(24), on_wifi: 1 },
        atMs: 1_750_100_000_000,
      });
      await measured(services, Array.from({ length: 20 }, request));
      const [factored, whole] = await measured(services, Array.from({ length: rounds }, request));
      rows.push({ title, candidates: size, factored, whole });
    }
    for (const service of services) await service.close();
  }
  if (flags.json) console.log(JSON.stringify({ rounds, modelThreads, rows }, null, 2));
  else {
    console.log(
      `Median milliseconds of ${rounds} requests, one at a time, ${modelThreads} thread(s) of ONNX Runtime\n`,
    );
    console.log(
      '| model | candidates | factored | in ONNX Runtime | outside | processor | whole graph | in ONNX Runtime | outside | processor |',
    );
    console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
    for (const { title, candidates, factored, whole } of rows) {
      const cells = [factored, whole].flatMap(({ total, model, outside, processor }) => [
        total,
        model,
        outside,
        processor,
      ]);
      console.log(`| ${title} | ${candidates} | ${cells.map((ms) => ms.toFixed(2)).join(' | ')} |`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
