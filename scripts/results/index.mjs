// Trains the library on the datasets of a folder and writes docs/results.md. Every row is kept in docs/results when it is
// done, so an interrupted call goes on where it was; delete a row to have it measured again.
//   npm run results -- --data <dir> [--work results] [--rows docs/results] [--only <project id>[,...]] [--models a,b] [--seeds 3] [--workers n]
//   [--table-only]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { projects } from './plan.mjs';
import { renderTables } from './tables.mjs';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    work: { type: 'string', default: 'results' },
    rows: { type: 'string' },
    only: { type: 'string' },
    models: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    workers: { type: 'string', default: String(Math.min(4, cpus().length)) },
    'table-only': { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = join(root, 'dist/cli/index.js');
const work = resolve(values.work);
const rowsDir = values.rows === undefined ? join(root, 'docs/results') : resolve(values.rows);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const only = values.only?.split(',');
const onlyModels = values.models?.split(',');

/** Runs a command with --json; its progress goes to this terminal. */
function automodel(project, ...args) {
  let text;
  try {
    text = execFileSync(process.execPath, [cli, ...args, '--project', project, '--json'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 1 << 28,
    });
  } catch (error) {
    text = error.stdout;
    if (!text) throw error;
  }
  return JSON.parse(text);
}

const rowPath = (project, model) => join(rowsDir, project.id, `${model}.json`);

/** Models that only count: floors, never "the best trained model". */
const counts = ['popularity', 'rates', 'neighbourhood', 'skip-markov'];

/** What the tables need of an answer, with the engine that gave it and without paths of this machine. */
function rowOf({ ok, result, error }) {
  if (!ok) return { engine: version, ok, error: { code: error.code, message: error.message } };
  const { artefact: _name, artefactPath: _path, ...kept } = result;
  const learns = result.parameters > 0 && !counts.includes(result.model);
  return {
    engine: version,
    ok,
    result: { ...kept, learns },
  };
}

function trainRow(project, row) {
  const path = rowPath(project, row.model);
  if (existsSync(path)) return;
  const dir = join(work, project.id, 'project');
  mkdirSync(dir, { recursive: true });
  if (!existsSync(join(dir, 'automodel.json'))) {
    const files = project.files.map((file) => resolve(values.data, project.folder, file));
    const answer = automodel(dir, 'init', ...files, ...project.init);
    if (!answer.ok) throw new Error(`init of ${project.id}: ${answer.error.message}`);
  }
  const seeds = String(row.seeds ?? values.seeds);
  const tune = row.tune > 0 ? ['--tune', String(row.tune)] : [];
  console.error(`\n== ${project.id} / ${row.model}`);
  const answer = automodel(
    dir,
    'train',
    '--model',
    row.model,
    '--seeds',
    seeds,
    '--workers',
    values.workers,
    ...tune,
    ...(row.args ?? []),
  );
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(rowOf(answer))}\n`);
}

if (!values['table-only']) {
  if (values.data === undefined)
    throw new Error('name the folder of the datasets: npm run results -- --data <dir>');
  for (const project of projects) {
    if (only !== undefined && !only.includes(project.id)) continue;
    if (!existsSync(join(values.data, project.folder))) {
      console.error(`skipped ${project.id}: ${project.folder} is not in ${values.data}`);
      continue;
    }
    for (const row of project.rows) {
      if (onlyModels === undefined || onlyModels.includes(row.model)) trainRow(project, row);
    }
  }
}

const finished = projects.map((project) => ({
  project,
  rows: project.rows
    .filter((row) => existsSync(rowPath(project, row.model)))
    .map((row) => ({ ...row, answer: JSON.parse(readFileSync(rowPath(project, row.model), 'utf8')) })),
}));
const [cpu] = cpus();
const machine = `${cpus().length} cores of an ${cpu.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB memory, Node ${process.versions.node}`;
const target = join(root, 'docs/results.md');
const marker = '<!-- tables below are written by npm run results -->';
const head = existsSync(target) ? readFileSync(target, 'utf8').split(marker)[0] : '# Results\n\n';
writeFileSync(target, `${head}${marker}\n\n${renderTables(finished, machine)}`);
console.error(`wrote ${target}`);
