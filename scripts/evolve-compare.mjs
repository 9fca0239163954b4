// Runs evolve of several checkouts of this repository on the same projects at equal budgets: what did a change of the engine bring?
// Every run has a fresh project; checkouts take turns, so that a machine's moods hit all of them. Resumable per run.
//   npm run evolve-compare -- --data <dir with one folder per dataset> --checkout <dir> [--checkout <dir> …]
//     [--only criteo-80k] [--trials criteo-80k=24] [--minutes kuairand-pure=10] [--repeats 3] [--workers 2]
//     [--work evolve-compare] [--table-only]
// A budget in minutes takes the place of that in trials; then nothing else should run on the machine.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { automodel } from './automodel.mjs';
import { projects } from './results/plan.mjs';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    checkout: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', default: 'criteo-80k,kuairand-pure' },
    trials: { type: 'string', multiple: true, default: [] },
    minutes: { type: 'string', multiple: true, default: [] },
    repeats: { type: 'string', default: '3' },
    workers: { type: 'string', default: '2' },
    work: { type: 'string', default: 'evolve-compare' },
    'table-only': { type: 'boolean', default: false },
  },
});
if (values.data === undefined || values.checkout.length === 0) {
  console.error('Give --data, the folder of the datasets, and at least one --checkout.');
  process.exit(2);
}
const trialsOf = new Map(values.trials.map((text) => text.split('=')));
const minutesOf = new Map(values.minutes.map((text) => text.split('=')));
const defaultTrials = '24';

/** What a run of a project may spend: the options for it, in words, and in the names of files. */
function budgetOf({ id }) {
  const minutes = minutesOf.get(id);
  if (minutes !== undefined)
    return { args: ['--minutes', minutes], words: `${minutes} minutes`, name: `${minutes}m` };
  const trials = trialsOf.get(id) ?? defaultTrials;
  return { args: ['--trials', trials], words: `${trials} trials`, name: trials };
}
const chosen = values.only.split(',').map((id) => {
  const project = projects.find((known) => known.id === id);
  if (project === undefined)
    throw new Error(`--only: ${id} is none of ${projects.map((p) => p.id).join(', ')}`);
  return project;
});
const checkouts = values.checkout.map((dir) => ({
  cli: resolve(dir, 'dist/cli/index.js'),
  commit: execFileSync('git', ['-C', dir, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
}));
for (const { cli } of checkouts)
  if (!existsSync(cli)) throw new Error(`${cli} is missing: build that checkout first (npm run build)`);
const work = resolve(values.work);
mkdirSync(work, { recursive: true });

function played(project, { cli, commit }, seed) {
  const budget = budgetOf(project);
  const path = join(work, `${project.id}-${budget.name}-${commit}-${seed}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  if (values['table-only']) return undefined;
  console.error(`\n== ${project.id}, ${commit}, seed ${seed}`);
  const dir = join(work, 'project');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  const files = project.files.map((file) => resolve(values.data, project.folder, file));
  automodel(cli, 'init', ...files, ...project.init, '--project', dir);
  const begun = performance.now();
  const others = ['--workers', values.workers, '--seed', String(seed)];
  const result = automodel(cli, 'evolve', ...budget.args, ...others, '--project', dir);
  const record = { seed, budget: budget.words, seconds: (performance.now() - begun) / 1000, result };
  writeFileSync(path, `${JSON.stringify(record, null, 1)}\n`);
  rmSync(dir, { recursive: true, force: true });
  return record;
}

const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
const sd = (list) =>
  list.length < 2
    ? Number.NaN
    : Math.sqrt(list.reduce((sum, value) => sum + (value - mean(list)) ** 2, 0) / (list.length - 1));
const four = (value) => value.toFixed(4);
const signed = (value) => `${value >= 0 ? '+' : ''}${four(value)}`;

/** What a run hands over, on test: the accepted candidate or, where nothing was better, the baseline. */
const handedOver = ({ result }) => result.best ?? result.baseline;

function row({ commit }, { seed, seconds, result }) {
  const { model, metrics } = handedOver({ result });
  const { mean: value, ci } = metrics.test[result.metric];
  const gain = result.improvement
    ? `${signed(result.improvement.difference)} [${result.improvement.ci.map(signed).join(', ')}]`
    : '–';
  return `| ${commit} | ${seed} | ${result.outcome} | ${model} | ${four(value)} [${ci.map(four).join(', ')}] | ${gain} | ${seconds.toFixed(0)} |`;
}

const seeds = Array.from({ length: Number(values.repeats) }, (_, i) => i + 1);
for (const project of chosen) {
  const byCheckout = new Map(checkouts.map((checkout) => [checkout, []]));
  for (const seed of seeds)
    for (const checkout of checkouts) byCheckout.get(checkout).push(played(project, checkout, seed));
  const whole = [...byCheckout].map(([checkout, records]) => [checkout, records.filter(Boolean)]);
  const first = whole.flatMap(([, records]) => records)[0];
  if (first === undefined) continue;
  console.log(
    `\n${project.title}: ${budgetOf(project).words} (benchmark: the test split is read for every row)\n`,
  );
  console.log(
    `| commit | seed | outcome | handed over | test ${first.result.metric} [95 %] | gain over the tuned baseline | seconds |`,
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const [checkout, records] of whole) for (const record of records) console.log(row(checkout, record));
  console.log('');
  for (const [{ commit }, records] of whole) {
    const scores = records.map((record) => handedOver(record).metrics.test[record.result.metric].mean);
    const text = `${four(mean(scores))} ± ${four(sd(scores))} over ${scores.length} runs`;
    console.log(`${commit}: mean test ${first.result.metric} ${text}.`);
  }
}
