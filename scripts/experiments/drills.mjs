// Is every drill of the world judged as it should be? Each is played as an experiment, from the first step of its ramp to an end, in other
// lives of the same people and with other assignments. Ends with 1 where a verdict is not among the right ones.
//   npm run experiments:drills -- [--runs 3] [--users 12000, three times as many for one-segment] [--items 1000] [--seed 1] [--only a-a,...] [--rows drills]
//     [--without-truth] [--table-only] [--unchecked]
// What is right is said by the drills themselves (src/world/drills). --unchecked plays experiments that `experiment start` refuses too.
// Runs are kept in --rows, so an interrupted call goes on.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { WorldTraffic } from '../../dist/agents/online/world-traffic.js';
import {
  assignUnit,
  estimandOf,
  estimatePair,
  playExperiment,
  powerOf,
  powerPerTest,
  requireFreshSeed,
  unitsFor,
} from '../../dist/experiments/index.js';
import { ExperimentRecord } from '../../dist/schema/index.js';
import {
  carryOverDrill,
  createLiveWorld,
  drills,
  InteractiveWorld,
  liftDrill,
  noveltyDrill,
  segmentDrill,
  trueEffect,
  UnitTotals,
  withBehaviour,
} from '../../dist/world/index.js';
import { devices } from '../../dist/world/vocabulary.js';
import { keptRows } from './kept-rows.mjs';

const margin = 0.05;
const hoursPerLook = 12;
/** The gain of one-segment is that of a third of the people, who should be as many as all are elsewhere. */
const timesForSegment = 3;
/** Lift that a drill is planned for where it names none. */
const usualLift = 0.05;
const earlierShare = 0.5;
/** Requests of ten minutes are answered together. */
const tickSeconds = 600;
/** Days before the first logged one: what people did then is their past, for CUPED. */
const warmupDays = 7;
/** Of answers that are better, for a lift of clicks per user (docs/world.md); the truth of each is measured again. */
const lifts = [
  [0.005, 0.0226],
  [0.01, 0.0459],
  [0.02, 0.1051],
  [0.05, 0.2629],
];

const metricOf = ({ name, sum, per }, members) => ({
  name,
  of: sum,
  kind: per === undefined ? 'mean' : 'ratio',
  ...(per === undefined ? {} : { denominator: per }),
  ...members,
});

/**
 * A drill with what an experiment on it needs: the planned lift, from which day on it is an experiment, and how many times the people where it is
 * about a part of them.
 */
export const drillPlays = [
  ...drills.map((drill) => ({
    name: drill.name,
    drill,
    lift: usualLift,
    fromDay: 0,
    timesUsers: drill.name === segmentDrill.name ? timesForSegment : 1,
  })),
  // So strong that the bump of the first days is significant over all of them.
  {
    name: `${noveltyDrill.name}-stronger`,
    drill: { ...noveltyDrill, settings: { ...noveltyDrill.settings, noveltyPull: 1.2 } },
    lift: usualLift,
    fromDay: 0,
  },
  ...lifts.map(([lift, share]) => {
    const drill = liftDrill(lift, share);
    return { name: drill.name, drill, lift, fromDay: 0 };
  }),
  // Another experiment treated half of the people before this one, which begins when both arms are one.
  ...['same', 'new'].map((seed) => ({
    name: `carry-over into an experiment with ${seed === 'same' ? 'the same seed' : 'a seed of its own'}`,
    drill: {
      ...carryOverDrill,
      expected:
        seed === 'same'
          ? { verdicts: ['EXTEND'], sampleRatio: 'broken' }
          : { verdicts: ['EXTEND', 'DISCARD'], sampleRatio: 'even' },
    },
    lift: usualLift,
    fromDay: 7,
    earlierSeed: seed,
  })),
];

/** The record of a drill; `plannedUnits` null: not planned. */
export function recordOf({ drill, fromDay }, { seed, plannedUnits, judgedDays, units = 500 }) {
  return ExperimentRecord.parse({
    id: 'drill',
    seed,
    hypothesis: drill.question,
    holds: { parameters: ['ranking'] },
    treatments: [{ name: 'treatment', change: { kind: 'none' } }],
    metrics: [
      metricOf(drill.success, { role: 'success', cuped: true }),
      ...drill.guardrails.map((metric) => metricOf(metric, { role: 'guardrail', margin, cuped: true })),
    ],
    reported: 'impressions',
    ...(drill.name === segmentDrill.name ? { segment: 'device' } : {}),
    ramp: {
      steps: [
        { share: 0.25, hours: 24, units },
        // A verdict waits until what is new has had its days to fade.
        { share: 0.5, hours: 24 * (judgedDays ?? (fromDay > 0 ? 5 : 9)), units },
      ],
      riskBudget: 0.2,
    },
    plannedUnits,
  });
}

/** The experiment that held the people until this one begins; null where there was none. */
function earlierOf({ fromDay, earlierSeed }, record) {
  if (fromDay === 0) return null;
  return { ...record, id: 'earlier', seed: earlierSeed === 'same' ? record.seed : `${record.seed}-earlier` };
}

/** Lets an earlier experiment hold the people until this one begins. */
function after(traffic, { fromDay }, earlier) {
  if (earlier === null) return traffic;
  let begun = false;
  return {
    hoursPerLook,
    async act(door) {
      if (!begun) {
        begun = true;
        const visit = (unit) => assignUnit(earlier, earlierShare, unit)?.variant ?? null;
        const before = { visit, record: door.record };
        for (let look = 0; look < (fromDay * 24) / hoursPerLook; look += 1) await traffic.act(before);
      }
      return traffic.act(door);
    },
  };
}

/** Why `experiment start` refuses the record; null where it does not. */
function refusalOf(record, earlier) {
  try {
    requireFreshSeed(record, earlier === null ? [] : [earlier]);
    return null;
  } catch (error) {
    return error.message;
  }
}

/** One experiment on a drill. `unchecked`: also where `experiment start` would refuse it. */
export async function playDrill(play, world, { unchecked = false, ...options }) {
  const record = recordOf(play, options);
  const earlier = earlierOf(play, record);
  const refusal = unchecked ? null : refusalOf(record, earlier);
  if (refusal !== null) {
    const right = play.drill.expected.sampleRatio === 'broken';
    const said = { verdict: 'EXTEND', outcome: 'refused at start', broken: true, reasons: [refusal], right };
    return { ...said, found: [], novelty: null, played: null };
  }
  const { control, treatment } = play.drill.arms(world);
  const traffic = new WorldTraffic({
    world,
    arms: [control, treatment],
    hoursPerLook,
    segment: (user) => devices[world.users.device[user]],
  });
  const played = await playExperiment(record, after(traffic, play, earlier));
  return { ...verdictOf(play.drill, played), played };
}

/** What was said, and whether it is right. */
export function verdictOf(drill, { outcome, checks, looks, segments, metrics, reasons }) {
  const verdict = { KEEP: 'KEEP', undecided: 'EXTEND' }[outcome] ?? 'DISCARD';
  const broken = checks.some(({ passed }) => !passed) || (looks.at(-1)?.sampleRatioP ?? 1) < 0.001;
  const found = segments.map(({ value, metrics: own }) => [
    value,
    own.find(({ role }) => role === 'success')?.comparisons[0].outcome ?? 'undecided',
  ]);
  const whereRight = found.every(([value, outcomeThere]) =>
    value === 'web' ? outcomeThere === 'better' : outcomeThere === 'undecided',
  );
  return {
    verdict,
    outcome,
    broken,
    found,
    novelty: metrics[0]?.comparisons[0].novelty ?? null,
    right:
      drill.expected.verdicts.includes(verdict) &&
      broken === (drill.expected.sampleRatio === 'broken') &&
      whereRight,
    reasons,
  };
}

/** The success metric per unit that came, in a life under the control alone, and what its past tells of it. */
async function baselineOf(world, { drill, fromDay }) {
  const { users, days } = world.settings;
  const totals = new UnitTotals({ users, fromDay, toDay: days, count: 'reported' });
  const past = new UnitTotals({ users, fromDay: -1000, toDay: fromDay, count: 'reported' });
  const { control } = drill.arms(world);
  await new InteractiveWorld({ world, arms: [control], recorders: [totals, past] }).run();
  const units = [...totals.arm.keys()].filter((user) => totals.arm[user] >= 0);
  const definition = metricOf(drill.success, { cuped: true });
  const names = [definition.of, ...(definition.denominator === undefined ? [] : [definition.denominator])];
  const columns = [totals, past].flatMap(({ sums }) => names.map((name) => units.map((u) => sums[name][u])));
  const means = columns.map((column) => column.reduce((a, b) => a + b, 0) / units.length);
  const covariance = columns.map((a, i) =>
    columns.map(
      (b, j) => a.reduce((sum, x, u) => sum + (x - means[i]) * (b[u] - means[j]), 0) / (units.length - 1),
    ),
  );
  const moments = { n: units.length, means, covariance };
  const estimand = estimandOf(definition);
  const { control: adjusted } = estimatePair(moments, moments, estimand);
  const { control: plain } = estimatePair(moments, moments, { ...estimand, covariate: undefined });
  return {
    units: units.length,
    mean: plain.mean,
    variance: plain.variance,
    correlation: Math.sqrt(Math.max(0, 1 - adjusted.variance / plain.variance)),
  };
}

/** The true lift of the success metric; null where both arms are one all the time. */
async function truthOf(world, { drill, fromDay }) {
  const { effects, success } = drill;
  const isNone = effects.some(
    (one) => one.metric === success && one.sign === 'none' && one.users === undefined,
  );
  if (fromDay > 0 || (isNone && effects.every(({ sign }) => sign === 'none'))) return { lift: null };
  const [effect] = await trueEffect(world, { ...drill.arms(world), metrics: [success] });
  return { lift: effect.lift, liftError: effect.liftError };
}

/** Units that the planner asks for, and the power that those who come have. */
function planOf({ drill, lift }, { units, mean, variance, correlation }) {
  const question = {
    purpose: 'lift',
    kind: 'mean',
    mean,
    variance,
    correlation,
    controlShare: 0.5,
    treatmentShare: 0.5,
    alpha: 0.05,
    inference: 'always-valid',
  };
  return {
    plannedUnits: unitsFor(question, lift, powerPerTest(0.8, drill.guardrails.length)),
    power: powerOf(question, lift, units),
    units,
  };
}

async function main() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '3' },
      users: { type: 'string', default: '12000' },
      items: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      rows: { type: 'string', default: 'drills' },
      'without-truth': { type: 'boolean', default: false },
      'table-only': { type: 'boolean', default: false },
      unchecked: { type: 'boolean', default: false },
    },
  });
  const [runs, wantedUsers, items, seed] = [values.runs, values.users, values.items, values.seed].map(Number);
  const only = values.only?.split(',');
  const dir = resolve(values.rows);
  mkdirSync(dir, { recursive: true });
  const say = (text) => process.stderr.write(`${text}\n`);
  const kept = async (path, make) => {
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
    if (values['table-only']) return undefined;
    const made = await make();
    writeFileSync(path, JSON.stringify(made));
    return made;
  };
  const percent = (value, digits = 1) => `${(100 * value).toFixed(digits).replace('-', '−')} %`;
  const signed = (value) => `${value < 0 ? '' : '+'}${percent(value)}`;
  const counted = (all) =>
    [...new Set(all)].map((one) => `${all.filter((other) => other === one).length} ${one}`).join(', ');
  const lines = [];
  const wrong = [];
  for (const play of drillPlays.filter(({ name }) => only === undefined || only.includes(name))) {
    const { name, drill, fromDay, timesUsers = 1 } = play;
    const users = timesUsers * wantedUsers;
    const file = (kind, of, ending) =>
      join(dir, `${kind}-${of.replaceAll(/[^A-Za-z0-9.]+/g, '-')}-${users}-${items}-${seed}.${ending}`);
    const world = createLiveWorld({ ...drill.settings, users, items, seed, warmupDays, tickSeconds });
    // Drills of one world and metric have one baseline.
    const like = JSON.stringify([drill.success.name, fromDay, drill.settings]);
    const baseline = await kept(file('baseline', like, 'json'), () => baselineOf(world, play));
    if (baseline === undefined) continue;
    const plan = planOf(play, baseline);
    const truthFile = file('truth', name, 'json');
    const truth =
      values['without-truth'] && !existsSync(truthFile)
        ? { lift: undefined }
        : await kept(truthFile, () => truthOf(world, play));
    const path = file(values.unchecked ? 'unchecked' : 'runs', name, 'jsonl');
    const rows = keptRows(path);
    for (let run = rows.length; run < runs && !values['table-only']; run += 1) {
      const { played, ...row } = await playDrill(play, withBehaviour(world, 1000 + run), {
        seed: `run-${run}`,
        plannedUnits: plan.plannedUnits,
        unchecked: values.unchecked,
      });
      rows.push({
        run,
        ...row,
        lift: played?.metrics[0]?.comparisons[0].relative?.estimate ?? null,
        exposed: (played?.treatedUnits ?? 0) / users,
        hours: (played?.looks.length ?? 0) * hoursPerLook,
      });
      appendFileSync(path, `${JSON.stringify(rows.at(-1))}\n`);
      say(`${name}: ${run + 1} of ${runs}, ${row.outcome}: ${row.reasons.join('; ')}`);
    }
    const own = rows.slice(0, runs);
    if (own.length === 0 || truth === undefined) continue;
    const right = own.filter((row) => row.right).length;
    if (right < own.length) wrong.push(name);
    const middle = (of) => own.map(of).sort((a, b) => a - b)[own.length >> 1];
    const where = counted(
      own.filter(({ found }) => found.length > 0).flatMap(({ found }) => found.map((one) => one.join(': '))),
    );
    const reasons = counted(
      own.flatMap((row) => row.reasons).map((reason) => reason.replaceAll(/[−+-]?\d+(\.\d+)? %/g, '… %')),
    );
    lines.push(
      `| ${name} | ${drill.success.name} | ${truth.lift === undefined ? 'not measured' : truth.lift === null ? 'none' : `${signed(truth.lift)} ± ${percent(truth.liftError)}`} | ${percent(play.lift)}: ${plan.plannedUnits.toLocaleString('en')}, power of ${plan.units.toLocaleString('en')} ${percent(plan.power, 0)} | ` +
        `${counted(own.map(({ outcome }) => outcome))} | ${drill.expected.verdicts.join(' or ')}${drill.expected.sampleRatio === 'broken' ? ', data refused' : ''} | ${right} of ${own.length} | ` +
        `${percent(middle((row) => row.exposed))}, ${(middle((row) => row.hours) / 24).toFixed(1)} | ${[where, reasons].filter((text) => text !== '').join('; ')} |`,
    );
  }
  console.log(
    `${runs} experiments a drill, ${wantedUsers} users (one-segment: ${timesForSegment * wantedUsers}), ${items} items, seed ${seed}; margins of guardrails ${percent(margin, 0)}.\n`,
  );
  console.log(
    '| drill | success metric | true lift of it | planned lift: units, and the power of those that there are | outcomes | right | judged right | exposed, days: medians | why |',
  );
  console.log(`|${' --- |'.repeat(9)}`);
  console.log(lines.join('\n'));
  if (wrong.length > 0) console.log(`\nNOT RIGHT: ${wrong.join(', ')}`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
