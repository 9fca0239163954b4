// npm run bench:serving -- [--models dcnv2,din,din-36] [--precision float32|int8] [--candidates 100,500,1000] [--modes fixed,highest,overload] [--rate 100]
//   [--seconds 60] [--warm-up 10] [--repeats 5] [--model-threads 1] [--model-instances 1] [--project dir --artefact hash] [--keep dir] [--no-plain]
//   [--serve-flags="--deadline-ms 60"] [--json]
// Latency, throughput, memory and use of `automodel serve` under Poisson arrivals from a second process; beside it the same ONNX
// model behind a plain HTTP wrapper. A short look: --models dcnv2 --candidates 500 --modes fixed --seconds 5 --warm-up 2 --repeats 1
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { artefactFolder, makeProject, models, serveIn, shapeOf } from './make-project.mjs';
import { fixedRate, highestRate, overload } from './modes.mjs';
import { prepareServer } from './prepare-server.mjs';
import { servePlainly } from './processes.mjs';
import { tableOf } from './table.mjs';

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: 'dcnv2,din' },
    candidates: { type: 'string', default: '100,500,1000' },
    modes: { type: 'string', default: 'fixed,highest,overload' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '60' },
    'warm-up': { type: 'string', default: '10' },
    repeats: { type: 'string', default: '5' },
    'model-threads': { type: 'string', default: '1' },
    'model-instances': { type: 'string', default: '1' },
    precision: { type: 'string', default: 'float32' },
    project: { type: 'string' },
    artefact: { type: 'string' },
    keep: { type: 'string' },
    'no-plain': { type: 'boolean', default: false },
    'serve-flags': { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const list = (text) => text.split(',').filter((word) => word !== '');
const modes = list(values.modes);
const options = {
  rate: Number(values.rate),
  seconds: Number(values.seconds),
  warmUpSeconds: Number(values['warm-up']),
  repeats: Number(values.repeats),
};
const modelThreads = Number(values['model-threads']);
const modelInstances = Number(values['model-instances']);
const root = values.keep ?? mkdtempSync(join(tmpdir(), 'automodel-bench-serving-'));
const users = Array.from({ length: 300 }, (_, i) => String(i));
const say = (text) => process.stderr.write(`${text}\n`);

/** A project of one's own, or one for each model. */
async function subjects() {
  if (values.project !== undefined) {
    if (values.artefact === undefined) throw new Error('--project needs --artefact');
    const artefactDir = artefactFolder(values.project, values.artefact);
    return [{ title: values.artefact, dir: values.project, artefact: values.artefact, artefactDir }];
  }
  const made = [];
  for (const model of list(values.models)) {
    say(`make a project with ${models[model].title}`);
    const dir = join(root, 'project');
    made.push({ title: models[model].title, dir, ...(await makeProject(dir, model)) });
    serveIn(dir, values.precision);
  }
  return made;
}

async function measured(server, extra) {
  try {
    const target = { url: server.url, pid: server.pid, users, limit: 10 };
    const row = { ...extra };
    if (modes.includes('fixed')) row.fixed = await fixedRate(target, options);
    if (modes.includes('highest')) row.highest = await highestRate(target, options);
    if (modes.includes('overload') && extra.server === 'automodel')
      row.overload = await overload(target, options);
    return row;
  } finally {
    await server.stop();
  }
}

const rows = [];
for (const { title, dir, artefact, artefactDir } of await subjects()) {
  const shape = shapeOf(artefactDir);
  for (const candidates of list(values.candidates).map(Number)) {
    const about = { title, ...shape, candidates };
    say(`${title}, ${candidates} candidates: automodel serve`);
    const served = await prepareServer({
      dir,
      artefact,
      candidates,
      modelThreads,
      modelInstances,
      users,
      clicks: 60,
      items: 3000,
      flags: values['serve-flags'].split(' ').filter((word) => word !== ''),
    });
    rows.push(await measured(served, { ...about, server: 'automodel' }));
    if (values['no-plain']) continue;
    say(`${title}, ${candidates} candidates: plain wrapper`);
    const plain = await servePlainly(join(artefactDir, 'model.onnx'), candidates, modelThreads);
    rows.push(await measured(plain, { ...about, server: 'plain' }));
  }
}
if (values.keep === undefined) rmSync(root, { recursive: true, force: true });

const machine = { processor: cpus()[0].model.trim(), cores: availableParallelism(), node: process.version };
if (values.json)
  process.stdout.write(
    `${JSON.stringify({ machine, options, modelThreads, modelInstances, precision: values.precision, rows }, null, 2)}\n`,
  );
else
  process.stdout.write(
    `${tableOf({ machine, options, modelThreads, modelInstances, precision: values.precision, rows })}\n`,
  );
