// Runs evolve on shuffled labels many times: whatever it accepts is an error. Each run takes the next of the sources in
// turn: the projects that are given, then a world generated afresh from the run's seed. Resumable per run; a run that is
// cut short is started anew. Ends with 1 when anything was accepted.
//   npm run null-runs -- [--runs 20] [--from 1] [--trials 20] [--workers 2] [--project <dir> …] [--work null-runs]
//     [--no-worlds]
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { automodel as call } from './automodel.mjs';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    runs: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    trials: { type: 'string', default: '20' },
    workers: { type: 'string', default: '2' },
    users: { type: 'string', default: '400' },
    items: { type: 'string', default: '200' },
    days: { type: 'string', default: '7' },
    project: { type: 'string', multiple: true, default: [] },
    work: { type: 'string', default: 'null-runs' },
    worlds: { type: 'boolean', default: true },
  },
});
const cli = fileURLToPath(new URL('../dist/cli/index.js', import.meta.url));
const work = resolve(values.work);
mkdirSync(work, { recursive: true });
const sources = [...values.project.map((dir) => resolve(dir)), ...(values.worlds ? ['world'] : [])];
if (sources.length === 0) {
  console.error('Give at least one --project, or leave --no-worlds out.');
  process.exit(2);
}

const automodel = (...args) => call(cli, ...args);

/** A project on a world of its own, where labels do depend on the columns until they are shuffled. */
function freshProject(seed) {
  const dir = join(work, `world-${seed}`);
  rmSync(dir, { recursive: true, force: true });
  const log = join(dir, 'log');
  const { users, items, days } = values;
  const size = ['--users', users, '--items', items, '--days', days];
  const world = automodel('world', 'generate', '--seed', String(seed), ...size, '--out', log);
  const project = join(dir, 'project');
  mkdirSync(project);
  const files = world.files.map(({ path }) => path);
  automodel('init', ...files, '--task', 'ctr', '--split', 'time', '--project', project);
  return { project, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

function nullRun(index) {
  const seed = Number(values.from) + index;
  const source = sources[index % sources.length];
  const name = source === 'world' ? 'world' : basename(source);
  const path = join(work, `${name}-${seed}-${values.trials}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  console.error(`\n== null run ${index + 1} of ${values.runs}: ${name}, seed ${seed}`);
  const begun = performance.now();
  const { project, remove } =
    source === 'world' ? freshProject(seed) : { project: source, remove: () => undefined };
  const { trials, workers } = values;
  const budget = ['--trials', trials, '--workers', workers, '--seed', String(seed)];
  const { outcome, gate, contract, testOpenings } = automodel(
    'evolve',
    '--null',
    ...budget,
    '--project',
    project,
  );
  const seconds = (performance.now() - begun) / 1000;
  const record = { on: name, seed, rows: contract.rows, outcome, gate, testOpenings, seconds };
  writeFileSync(path, `${JSON.stringify(record, null, 1)}\n`);
  remove();
  return record;
}

const signed = (value) => `${value >= 0 ? '+' : ''}${value.toFixed(4)}`;

function row({ on, seed, rows, outcome, gate, seconds }) {
  const best = gate.toSorted((a, b) => b.difference / b.minimumGain - a.difference / a.minimumGain)[0];
  const look = best
    ? `${best.model} ${signed(best.difference)}, least ${signed(best.minimumGain)}, ${best.verdict}`
    : '–';
  return `| ${seed} | ${on} | ${rows.validation} | ${gate.length} | ${look} | ${outcome} | ${seconds.toFixed(0)} |`;
}

const runs = Array.from({ length: Number(values.runs) }, (_, index) => nullRun(index));
const accepted = runs.filter(({ outcome }) => outcome === 'accepted').length;
const looks = runs.reduce((sum, { gate }) => sum + gate.length, 0);
console.log(
  '| seed | labels shuffled of | validation rows | looks | look that came nearest | outcome | seconds |\n' +
    `| --- | --- | --- | --- | --- | --- | --- |\n${runs.map(row).join('\n')}\n`,
);
console.log(`Accepted: ${accepted} of ${runs.length} null runs, over ${looks} looks of the gate.`);
if (accepted > 0) process.exitCode = 1;
