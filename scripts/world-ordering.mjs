// Whether logs of the world tell models apart as real ones do: LR < FM < deep, on the newest days of a log that a served policy made.
//   npm run world:ordering -- [--family interacting] [--users 4000] [--items 1000] [--days 14] [--seed 1] [--models lr,fm,dcnv2,din]
//   [--seeds 3] [--tune 0] [--hp deepfm:dropout=0.2]... [--exploration 0.1] [--sessions-per-day 0.28] [--work <dir>] [--json]
// Every model is trained with its defaults, after `--tune` trials on validation, or with what `--hp` sets. Exits 1 when the means are not
// in the order of the first three of --models.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  createLiveWorld,
  credibility,
  flatLog,
  InteractiveWorld,
  interactionGap,
  LiveLog,
  popularityPolicy,
  writeWorld,
} from '../dist/world/index.js';
import { automodel } from './automodel.mjs';

const { values } = parseArgs({
  options: {
    family: { type: 'string', default: 'interacting' },
    users: { type: 'string', default: '4000' },
    items: { type: 'string', default: '1000' },
    days: { type: 'string', default: '14' },
    seed: { type: 'string', default: '1' },
    models: { type: 'string', default: 'lr,fm,dcnv2,din' },
    seeds: { type: 'string', default: '3' },
    tune: { type: 'string', default: '0' },
    hp: { type: 'string', multiple: true, default: [] },
    exploration: { type: 'string', default: '0.1' },
    'sessions-per-day': { type: 'string', default: '0.28' },
    work: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const cli = fileURLToPath(new URL('../dist/cli/index.js', import.meta.url));
const work =
  values.work === undefined ? mkdtempSync(join(tmpdir(), 'world-ordering-')) : resolve(values.work);
const world = createLiveWorld({
  family: values.family,
  users: Number(values.users),
  items: Number(values.items),
  days: Number(values.days),
  seed: Number(values.seed),
  exploration: Number(values.exploration),
  sessionsPerDay: Number(values['sessions-per-day']),
});
const { items, exploration, baseClickRate } = world.settings;
const log = new LiveLog();
await new InteractiveWorld({
  world,
  arms: [
    { name: 'control', recommender: popularityPolicy({ items, exploration, priorRate: baseClickRate }) },
  ],
  recorders: [log],
}).run();
const flat = flatLog(world, log);
const gap = interactionGap(flat);
const checks = credibility(world, log);
console.error(`${flat.events.rows} impressions; ${JSON.stringify(gap)}`);
const { files } = await writeWorld(flat, join(work, 'data'));
const project = join(work, 'project');
automodel(
  cli,
  'init',
  ...files.map(({ path }) => path),
  '--task',
  'ctr',
  '--split',
  'time',
  '--project',
  project,
);

const rows = [];
for (const model of values.models.split(',')) {
  const own = values.hp
    .filter((given) => given.startsWith(`${model}:`))
    .map((given) => given.slice(model.length + 1));
  const train = ['train', '--model', model, '--seeds', values.seeds, '--project', project];
  if (values.tune !== '0') train.push('--tune', values.tune);
  if (own.length > 0) train.push('--hp', ...own);
  const { mean, sd, n } = automodel(cli, ...train).metrics.test.auc;
  console.error(`${model}: test AUC ${mean.toFixed(4)}, sd of ${n} seeds ${sd.toFixed(4)}`);
  rows.push({ model, mean, sd, seeds: n });
}
if (values.work === undefined) rmSync(work, { recursive: true, force: true });

const ordered = rows.slice(0, 3).every(({ mean }, n) => n === 0 || mean > rows[n - 1].mean);
if (values.json) {
  process.stdout.write(
    `${JSON.stringify({ settings: world.settings, rows: flat.events.rows, gap, checks, models: rows, ordered }, null, 2)}\n`,
  );
} else {
  const lines = [
    `${values.family} world, ${values.users} users, ${values.items} items, ${values.days} days, seed ${values.seed}: ${flat.events.rows} impressions.`,
    `Truth has AUC ${gap.oracleAuc.toFixed(4)}, the best additive approximation of it ${gap.additiveAuc.toFixed(4)}.`,
    '',
    '| model | test AUC, mean of seeds | sd of seeds |',
    '| --- | --: | --: |',
    ...rows.map(({ model, mean, sd }) => `| ${model} | ${mean.toFixed(4)} | ${sd.toFixed(4)} |`),
    '',
    ordered ? 'In the expected order.' : 'NOT in the expected order.',
    '',
  ];
  process.stdout.write(lines.join('\n'));
}
process.exitCode = ordered ? 0 : 1;
