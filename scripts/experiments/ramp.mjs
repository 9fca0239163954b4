/**
 * Ramps of changes whose harm is known: how often each is rolled back, and how many users had seen it by then. Ends with 1 when a
 * target is missed.
 *
 *   node scripts/experiments/ramp.mjs [--users 200000] [--runs 100] [--seed 1] [--days 10]
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { playExperiment } from '../../dist/experiments/index.js';
import { ExperimentRecord } from '../../dist/schema/index.js';
import { wilsonInterval } from '../../dist/stats/index.js';
import { rampTraffic } from './ramp-traffic.mjs';

/** Ramped experiments with one guardrail of a margin of 2 %; no success metric, so that nothing but harm ends them. */
export async function rampRuns({
  users,
  harm,
  runs,
  seed,
  days = 10,
  cuped = false,
  hoursPerLook = 6,
  ramp,
}) {
  const record = ExperimentRecord.parse({
    id: `ramp-${seed}`,
    hypothesis: 'the change does no harm',
    holds: { parameters: ['model'] },
    treatments: [{ name: 'new', change: { kind: 'version', version: 'new' } }],
    metrics: [{ name: 'value', role: 'guardrail', margin: 0.02, cuped }],
    plannedUnits: users,
    ...(ramp === undefined ? {} : { ramp }),
  });
  const played = [];
  let spread = 0;
  for (let run = 0; run < runs; run += 1) {
    const traffic = rampTraffic({ users, harm, seed: seed + run, days, hoursPerLook, past: cuped });
    const { outcome, treatedUnits, looks, epochs } = await playExperiment(
      { ...record, seed: `run-${seed + run}` },
      traffic,
    );
    played.push({
      outcome,
      exposed: treatedUnits / users,
      hours: looks.length * hoursPerLook,
      step: epochs.length - 1,
      held: looks.filter(({ decision }) => decision.kind === 'hold').length,
    });
    spread += traffic.spread() / runs;
  }
  const back = played.filter(({ outcome }) => outcome === 'rolled-back');
  const exposed = back.map((one) => one.exposed).sort((a, b) => a - b);
  return {
    played,
    spread,
    rolledBack: wilsonInterval(back.length, runs),
    beforeFive: back.filter((one) => one.exposed < 0.05).length,
    medianExposed: exposed.length === 0 ? null : exposed[Math.floor(exposed.length / 2)],
    mostExposed: exposed.length === 0 ? null : exposed[exposed.length - 1],
    meanHours: back.reduce((sum, { hours }) => sum + hours, 0) / Math.max(1, back.length),
  };
}

async function main() {
  const { values } = parseArgs({
    options: {
      users: { type: 'string', default: '200000' },
      runs: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      days: { type: 'string', default: '10' },
      harms: { type: 'string', default: '0.2,0.1,0.05,0' },
      cuped: { type: 'boolean', default: false },
    },
  });
  const [users, runs, seed, days] = [values.users, values.runs, values.seed, values.days].map(Number);
  const percent = (share) => (share === null ? '' : `${(100 * share).toFixed(2)} %`);
  console.log(
    `| harm | spread of users | rolled back | before 5 % of users | median exposed | most exposed | mean hours | at the end in step |\n| --- | --- | --- | --- | --- | --- | --- | --- |`,
  );
  const missed = [];
  for (const harm of values.harms.split(',').map(Number)) {
    const read = await rampRuns({ users, harm, runs, seed, days, cuped: values.cuped });
    const steps = read.played.reduce((all, { step }) => ({ ...all, [step]: (all[step] ?? 0) + 1 }), {});
    console.log(
      `| ${percent(harm)} | ${read.spread.toFixed(2)} | ${percent(read.rolledBack.rate)} [${read.rolledBack.ci.map(percent).join(', ')}] | ${read.beforeFive} of ${runs} | ${percent(read.medianExposed)} | ${percent(read.mostExposed)} | ${read.meanHours.toFixed(1)} | ${JSON.stringify(steps)} |`,
    );
    if (harm === 0.2 && read.beforeFive < 0.95 * runs) missed.push('20 % harm');
    if (harm === 0 && read.rolledBack.rate > 0.05) missed.push('no harm');
  }
  if (missed.length > 0) console.log(`MISSED: ${missed.join(', ')}`);
  process.exitCode = missed.length > 0 ? 1 : 0;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
