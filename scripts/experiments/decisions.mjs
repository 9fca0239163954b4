// How often is a wrong thing done? Experiments in a simulated world, from the first step of a ramp to a verdict, on a grid of true
// lifts of the success metric and true harm to the guardrail. The truth of each cell is that of cloned users.
//   npm run build && node scripts/experiments/decisions.mjs [--runs 20] [--users 20000] [--days 10] [--seed 7] [--rows decisions]
//     [--table-only] [--only 1.4-0,0.7-0]
// --only: cells by the treatment's noise and the milliseconds that it adds.
// Wrongly shipped: kept, though clicks do not rise or the guardrail loses more than its margin. Wrongly killed: discarded or rolled
// back, though clicks rise and the guardrail loses no more than that. Runs are kept in --rows, so an interrupted call goes on.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { WorldTraffic } from '../../dist/agents/online/world-traffic.js';
import { playExperiment } from '../../dist/experiments/index.js';
import { ExperimentRecord } from '../../dist/schema/index.js';
import { wilsonInterval } from '../../dist/stats/index.js';
import {
  createLiveWorld,
  degradedScore,
  oracleScore,
  rankedPolicy,
  trueEffect,
  withBehaviour,
} from '../../dist/world/index.js';
import { keptRows } from './kept-rows.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    users: { type: 'string', default: '20000' },
    days: { type: 'string', default: '10' },
    seed: { type: 'string', default: '7' },
    rows: { type: 'string', default: 'decisions' },
    'table-only': { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const [runs, users, days, seed] = ['runs', 'users', 'days', 'seed'].map((name) => Number(values[name]));
const dir = resolve(values.rows);
mkdirSync(dir, { recursive: true });
const margin = 0.05;

/** Noise through which the treatment sees what is good (the control: 2), and milliseconds that it adds to a page. */
const noises = [2.3, 2, 1.4, 0.7];
const latencies = [0, 180, 450];

const world = createLiveWorld({ seed, users, items: 600, days, warmupDays: 2, tickSeconds: 600 });
const oracle = oracleScore(world, 'value');
const policy = (id, noise) =>
  rankedPolicy({ id, exploration: 0.05, rankings: [{ weight: 1, score: degradedScore(oracle, noise, 3) }] });
const control = () => ({ name: 'control', recommender: policy(1, 2), latencyMs: 100 });
const treatment = ({ noise, latency }) => ({
  name: 'treatment',
  recommender: policy(2, noise),
  latencyMs: 100 + latency,
});

const only = values.only?.split(',');
const cells = noises
  .flatMap((noise) => latencies.map((latency) => ({ noise, latency })))
  .filter(({ noise, latency }) => only?.includes(`${noise}-${latency}`) ?? true);
const nameOf = ({ noise, latency }) => `${users}-${days}-${seed}-${noise}-${latency}`;

async function truthOf(cell) {
  const path = join(dir, `truth-${nameOf(cell)}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  if (values['table-only']) return undefined;
  const effects = await trueEffect(world, {
    control: control(),
    treatment: treatment(cell),
    metrics: [
      { name: 'clicks', sum: 'clicks' },
      { name: 'depth', sum: 'impressions', per: 'sessions' },
    ],
    repeats: 2,
  });
  const truth = Object.fromEntries(
    effects.map(({ metric, lift, liftError }) => [metric, { lift, liftError }]),
  );
  writeFileSync(path, JSON.stringify(truth));
  return truth;
}

const recordOf = (run) =>
  ExperimentRecord.parse({
    id: `run-${run}`,
    hypothesis: 'The other ranking brings more clicks',
    holds: { parameters: ['ranking'] },
    treatments: [{ name: 'treatment', change: { kind: 'none' } }],
    metrics: [
      { name: 'clicks', role: 'success', cuped: true },
      { name: 'depth', role: 'guardrail', kind: 'ratio', of: 'impressions', denominator: 'sessions', margin },
    ],
    ramp: {
      steps: [
        { share: 0.25, hours: 24, units: 500 },
        { share: 0.5, hours: 24, units: 500 },
      ],
      riskBudget: 0.2,
    },
    plannedUnits: Math.round(0.7 * users),
  });

async function played(cell) {
  const path = join(dir, `runs-${nameOf(cell)}.jsonl`);
  const rows = keptRows(path);
  for (let run = rows.length; run < runs && !values['table-only']; run += 1) {
    const traffic = new WorldTraffic({
      world: withBehaviour(world, 1000 + run),
      arms: [control(), treatment(cell)],
      hoursPerLook: 12,
    });
    const { outcome, treatedUnits, units, looks } = await playExperiment(recordOf(run), traffic);
    const row = { run, outcome, exposed: treatedUnits / users, units, days: looks.length / 2 };
    appendFileSync(path, `${JSON.stringify(row)}\n`);
    rows.push(row);
    process.stderr.write(`\r${nameOf(cell)}: ${run + 1} of ${runs}  `);
  }
  return rows.slice(0, runs);
}

const percent = (value) => `${(100 * value).toFixed(1)} %`;
const share = (count, of) => {
  if (of === 0) return '—';
  const { ci } = wilsonInterval(count, of);
  return `${count} of ${of} [${percent(ci[0])}, ${percent(ci[1])}]`;
};
const lines = [];
const wrong = { ship: 0, kill: 0, bad: 0, good: 0 };
for (const cell of cells) {
  const truth = await truthOf(cell);
  const rows = await played(cell);
  if (truth === undefined || rows.length === 0) continue;
  const good = truth.clicks.lift > 0 && truth.depth.lift >= -margin;
  // Too near to a border to be called either.
  const clear =
    Math.abs(truth.clicks.lift) > 2 * truth.clicks.liftError &&
    Math.abs(truth.depth.lift + margin) > 2 * truth.depth.liftError;
  const count = (...outcomes) => rows.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const kept = count('KEEP');
  const killed = count('DISCARD', 'rolled-back');
  if (clear) {
    wrong.good += good ? rows.length : 0;
    wrong.bad += good ? 0 : rows.length;
    wrong.kill += good ? killed : 0;
    wrong.ship += good ? 0 : kept;
  }
  const effect = ({ lift, liftError }) =>
    `${lift < 0 ? '−' : '+'}${percent(Math.abs(lift))} ± ${percent(liftError)}`;
  const exposed = rows.map((row) => row.exposed).sort((a, b) => a - b)[rows.length >> 1];
  lines.push(
    `| ${effect(truth.clicks)} | ${effect(truth.depth)} | ${clear ? (good ? 'ship' : 'do not') : 'border'} | ${kept} | ${count('undecided')} | ${count('DISCARD')} | ${count('rolled-back')} | ${percent(exposed)} |`,
  );
}
console.log(
  `${runs} experiments a cell, ${users} users, at most ${days} days, margin of the guardrail ${percent(margin)}.\n`,
);
console.log(
  '| true lift of clicks | true change of impressions a session | right | KEEP | undecided | DISCARD | rolled back | exposed, median |',
);
console.log(`|${' --- |'.repeat(8)}`);
console.log(lines.join('\n'));
console.log(`\nWrongly shipped: ${share(wrong.ship, wrong.bad)} of experiments that should not ship.`);
console.log(`Wrongly killed: ${share(wrong.kill, wrong.good)} of experiments that should.`);
