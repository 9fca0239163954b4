// Audits and calibrates projects on the datasets of a folder and prints what came out as tables: what do the commands say of
// real logs? Every answer is kept, so an interrupted call goes on where it was (finished trainings are remembered too).
//   npm run noise-of-folders -- --data <dir with one folder per dataset> [--only criteo-80k,…] [--seeds ml-1m=2]
//     [--skip calibrate|audit] [--workers 2] [--work noise-of-folders] [--table-only]
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { automodel } from './automodel.mjs';
import { projects } from './results/plan.mjs';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    only: { type: 'string', default: 'ml-100k-ctr,criteo-80k,kuairand-pure,amazon-beauty-shuf,ml-1m' },
    seeds: { type: 'string', multiple: true, default: [] },
    skip: { type: 'string', default: '' },
    workers: { type: 'string', default: '2' },
    work: { type: 'string', default: 'noise-of-folders' },
    'table-only': { type: 'boolean', default: false },
  },
});
if (values.data === undefined && !values['table-only']) {
  console.error('Give --data, the folder of the datasets.');
  process.exit(2);
}
const cli = fileURLToPath(new URL('../dist/cli/index.js', import.meta.url));
const work = resolve(values.work);
const seedsOf = new Map(values.seeds.map((text) => text.split('=')));
const chosen = values.only.split(',').map((id) => {
  const project = projects.find((known) => known.id === id);
  if (project === undefined)
    throw new Error(`--only: ${id} is none of ${projects.map((p) => p.id).join(', ')}`);
  return project;
});

/** The answer of a command, from an earlier call where there is one. */
function answered(name, ask) {
  const path = join(work, `${name}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  if (values['table-only']) return undefined;
  console.error(`\n== ${name}`);
  const begun = performance.now();
  const answer = { seconds: 0, result: ask() };
  answer.seconds = Math.round((performance.now() - begun) / 1000);
  writeFileSync(path, `${JSON.stringify(answer, null, 1)}\n`);
  return answer;
}

function initialised(name, files, args) {
  const dir = join(work, name);
  if (existsSync(join(dir, 'automodel.json'))) return dir;
  mkdirSync(dir, { recursive: true });
  automodel(cli, 'init', ...files, ...args, '--project', dir);
  return dir;
}

/** As somebody would who has nothing but the files. */
function audited({ folder }) {
  return answered(`${folder}-audit`, () => {
    const parts = readdirSync(join(values.data, folder)).filter((file) => file.endsWith('.parquet'));
    const files = parts.map((file) => resolve(values.data, folder, file));
    const dir = initialised(`${folder}-as-found`, files, ['--no-dataset-json']);
    return automodel(cli, 'audit', '--project', dir);
  });
}

function calibrated({ id, folder, files, init }) {
  return answered(`${id}-calibrate`, () => {
    const paths = files.map((file) => resolve(values.data, folder, file));
    const dir = initialised(id, paths, init);
    const seeds = seedsOf.has(id) ? ['--seeds', seedsOf.get(id)] : [];
    return automodel(cli, 'calibrate', ...seeds, '--workers', values.workers, '--project', dir);
  });
}

/** Below it a spread is what rounding leaves of models that no seed moves. */
const rounding = 1e-12;
const fine = (value) =>
  value === null
    ? '—'
    : value < rounding
      ? '0'
      : Number(value.toPrecision(2)).toString().replace(/^0\./, '.');
const mean = (value) => value.toFixed(4).replace(/^0\./, '.');
const percent = (share) => (100 * share).toFixed(1);
const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `|${' --- |'.repeat(head.length)}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');

function noiseRows({ project, answer }) {
  const { metrics, gateSeeds } = answer.result;
  return metrics.map(({ metric, models, pooled, resolvable, userLimit, falseAccepts }) => {
    const [baseline, deep] = models;
    const copies = falseAccepts.find(({ level }) => level === 'one-look');
    return [
      project.id,
      metric,
      ...[baseline, deep].flatMap((run) =>
        run === undefined
          ? ['—', '—']
          : [`${run.model} ${mean(run.mean)}`, `${fine(run.sd)} = ${fine(run.seedSd)} + ${fine(run.userSe)}`],
      ),
      `${fine(pooled.sd)} (${pooled.degreesOfFreedom})${pooled.drifted ? ', differ' : ''}`,
      fine(resolvable.find(({ seeds }) => seeds === gateSeeds)?.gain ?? null),
      fine(userLimit),
      copies === undefined
        ? '—'
        : `${percent(copies.rate)} % [${percent(copies.ci[0])}, ${percent(copies.ci[1])}]`,
    ];
  });
}

function costLine({ project, answer }) {
  const { cost, models } = answer.result;
  const runs = models.map(({ model, runs: n, secondsPerRun, lost, failed }) => {
    const faults = lost + failed > 0 ? `, ${lost} lost, ${failed} failed` : '';
    return `${n} of ${model}${secondsPerRun === null ? '' : ` at ${secondsPerRun.toFixed(1)} s`}${faults}`;
  });
  return `${project.id}: ${cost.trainings} trainings (${runs.join(', ')}), ${answer.seconds} s with tuning.`;
}

function findingRows({ project, answer }) {
  const { findings } = answer.result;
  if (findings.length === 0) return [[project.folder, '—', 'nothing', '', '']];
  const groups = new Map();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.probe}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].map((same) => {
    const columns = same.flatMap((finding) => finding.columns);
    const shown =
      columns.length > 6
        ? `${columns.length} columns: ${columns.slice(0, 4).join(', ')}, …`
        : columns.join(', ');
    const [{ severity, probe, evidence }] = same;
    return [
      project.folder,
      severity,
      `\`${probe}\``,
      shown,
      same.length > 1 ? `${same.length} findings` : evidence,
    ];
  });
}

mkdirSync(work, { recursive: true });
const skipped = values.skip.split(',');
const every = (name, ask) =>
  skipped.includes(name)
    ? []
    : chosen
        .map((project) => ({ project, answer: ask(project) }))
        .filter(({ answer }) => answer !== undefined);
const audits = every('audit', audited);
const calibrations = every('calibrate', calibrated);
if (audits.length > 0)
  console.log(`${table(['folder', 'severity', 'probe', 'columns', 'seen'], audits.flatMap(findingRows))}\n`);
if (calibrations.length > 0) {
  const head = [
    'project',
    'metric',
    'baseline',
    'sd = seeds + users',
    'deep',
    'sd = seeds + users',
    'pooled seed sd (df)',
  ];
  console.log(
    table([...head, 'resolved', 'limit of users', 'copies accepted at 5 %'], calibrations.flatMap(noiseRows)),
  );
  console.log(`\n${calibrations.map(costLine).join('\n')}`);
}
