import type { GateLook } from '../../schema/index.js';
import { contendersOf, gatePlan, seedNoiseFor, takeLook, type PooledSeedNoise } from '../../stats/index.js';
import { orientedValue, summarise } from '../evaluation/scoring.js';
import { pairedOn } from '../evaluation/paired.js';
import type { Candidate } from '../trial/candidate-space.js';
import { minuteShares } from './deadline.js';
import type { Contender } from './race.js';
import {
  runAllSeeds,
  seedPairs,
  tablesOn,
  type FinishedRun,
  type RunContext,
  type SeedRuns,
} from './run-context.js';
import { harnessSeed } from './run-settings.js';

/** The best known ancestor: the baseline until the gate accepts something. */
export interface Incumbent {
  /** -1: the baseline */
  readonly trial: number;
  readonly candidate: Candidate;
}

/** The smallest gain that counts, and who says so. */
export interface MinimumGain {
  readonly value: number;
  readonly source: 'user' | 'resolvable';
}

export interface GateResult {
  readonly incumbent: Incumbent;
  readonly looks: readonly GateLook[];
  readonly minimumGain: MinimumGain;
}

/**
 * The gate (3-evidence rules 9 and 10): fresh paired seeds, users that screening never saw, an error budget spent by
 * look number. A candidate is accepted only against the best known ancestor.
 */
export async function passGate(
  context: RunContext,
  contenders: readonly Contender[],
  start: Incumbent,
  noise: PooledSeedNoise,
  looksBefore: number,
  withMinutes: boolean,
): Promise<GateResult> {
  let incumbent = start;
  let ancestors = await gateRuns(context, start.candidate, 'Run the incumbent at the gate');
  if (ancestors.runs.length > 0) showIncumbent(context, start, ancestors.runs);
  const { maxLooks, alpha } = context.settings;
  const plan = { maxLooks, alpha, contenders: gatePlan.contenders };
  let minimumGain = { value: context.settings.minimumGain ?? 0, source: sourceOf(context) };
  const looks: GateLook[] = [];
  for (const contender of contendersOf(contenders, new Set(), looksBefore, plan)) {
    const number = looksBefore + looks.length + 1;
    if (looks.length > 0 && withMinutes && (await gateIsOver(context))) break;
    const candidates = await gateRuns(
      context,
      contender.candidate,
      `Gate look ${number}: ${contender.candidate.model}`,
    );
    const pairs = seedPairs(candidates.runs, ancestors.runs);
    if (pairs.length < 2) continue;
    const own = pairs.map(([i]) => candidates.runs[i]);
    const ancestor = pairs.map(([, j]) => ancestors.runs[j]);
    const seedNoise = seedNoiseFor(noise, contender.candidate.model, incumbent.candidate.model);
    const { difference, se, df } = pairedOn(
      context.metric,
      tablesOn(context, own, 'gate'),
      tablesOn(context, ancestor, 'gate'),
      seedNoise,
    );
    const failedSeeds = candidates.failed.length;
    const evidence = { difference, se, df, oneRunSd: seedNoise.sd, failedSeeds };
    const look = takeLook(number, evidence, plan, context.settings.minimumGain);
    minimumGain = { value: look.minimumGain, source: sourceOf(context) };
    const { verdict } = look;
    const lost = new Set([...candidates.lost, ...ancestors.lost]).size;
    const entry: GateLook = {
      look: number,
      trial: contender.trial,
      model: contender.candidate.model,
      verdict: verdict.verdict,
      difference,
      lower: verdict.lower,
      upper: verdict.upper,
      alpha: look.alpha,
      power: verdict.power.find(({ gainInSd }) => gainInSd === 1)?.power ?? 0,
      minimumGain: look.minimumGain,
      seeds: pairs.length,
      lost,
      failed: context.settings.gateSeeds - pairs.length - lost,
    };
    await context.log.record('gate-looked', entry);
    looks.push(entry);
    context.io.onProgress({ kind: 'gate-look', ...entry });
    if (verdict.verdict === 'accept') {
      incumbent = { trial: contender.trial, candidate: contender.candidate };
      ancestors = candidates;
      await announce(context, incumbent, candidates.runs);
    }
  }
  return { incumbent, looks, minimumGain };
}

function sourceOf(context: RunContext): 'user' | 'resolvable' {
  return context.settings.minimumGain === null ? 'resolvable' : 'user';
}

function gateRuns(context: RunContext, candidate: Candidate, purpose: string): Promise<SeedRuns> {
  return runAllSeeds(context, {
    purpose,
    candidate,
    seeds: Array.from({ length: context.settings.gateSeeds }, (_, i) =>
      harnessSeed(context.settings.seed, 'gate', i),
    ),
    validationShare: 'search',
  });
}

async function announce(
  context: RunContext,
  incumbent: Incumbent,
  runs: readonly FinishedRun[],
): Promise<void> {
  const { mean } = showIncumbent(context, incumbent, runs);
  await context.log.record('incumbent-changed', {
    trial: incumbent.trial,
    ...incumbent.candidate,
    mean: orientedValue(context.metric, mean),
  });
}

/** Tells who leads, with the interval on the gate's users. */
function showIncumbent(context: RunContext, incumbent: Incumbent, runs: readonly FinishedRun[]) {
  const summary = summarise(tablesOn(context, runs, 'gate'))[context.metric];
  const { mean, ci } = summary;
  const { trial, candidate } = incumbent;
  context.io.onProgress({
    kind: 'incumbent',
    trial,
    model: candidate.model,
    metric: context.metric,
    mean,
    ci: [ci[0], ci[1]],
  });
  return summary;
}

async function gateIsOver(context: RunContext): Promise<boolean> {
  const share = minuteShares.calibration + minuteShares.screening + minuteShares.race + minuteShares.gate;
  const { over } = await context.log.decide('gate-continued', () => ({
    over: context.deadline.reached(share),
  }));
  return over;
}
