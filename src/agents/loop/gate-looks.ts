import type { GateLook } from '../../schema/index.js';
import {
  alphaForLook,
  judge,
  seedNoiseFor,
  smallestResolvableGain,
  type PooledSeedNoise,
} from '../../stats/index.js';
import { orientedValue, summarise } from '../evaluation/scoring.js';
import { pairedOn } from '../evaluation/paired.js';
import type { Candidate } from '../trial/candidate-space.js';
import { minuteShares } from './deadline.js';
import type { Contender } from './race.js';
import { runSeeds, seedPairs, tablesOn, type FinishedRun, type RunContext } from './run-context.js';
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

/** Power at which a gain counts as resolvable when the user sets no minimum (3-evidence rules 8 and 9). */
const resolvingPower = 0.8;

/** Leaders that go to the gate after one screening; every one of them is a look that costs error budget. */
const contendersAtGate = 3;

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
  let incumbentRuns = await gateRuns(context, start.candidate, 'Run the incumbent at the gate');
  if (incumbentRuns.length > 0) showIncumbent(context, start, incumbentRuns);
  let minimumGain = { value: context.settings.minimumGain ?? 0, source: sourceOf(context) };
  const looks: GateLook[] = [];
  for (const contender of contenders.slice(0, contendersAtGate)) {
    const look = looksBefore + looks.length + 1;
    if (look > context.settings.maxLooks) break;
    if (looks.length > 0 && withMinutes && (await gateIsOver(context))) break;
    const runs = await gateRuns(
      context,
      contender.candidate,
      `Gate look ${look}: ${contender.candidate.model}`,
    );
    const pairs = seedPairs(runs, incumbentRuns);
    if (pairs.length < 2) continue;
    const own = pairs.map(([i]) => runs[i]);
    const ancestor = pairs.map(([, j]) => incumbentRuns[j]);
    const seedNoise = seedNoiseFor(noise, contender.candidate.model, incumbent.candidate.model);
    const difference = pairedOn(
      context.metric,
      tablesOn(context, own, 'gate'),
      tablesOn(context, ancestor, 'gate'),
      seedNoise,
    );
    const alpha = alphaForLook(look, context.settings.maxLooks, context.settings.alpha);
    if (context.settings.minimumGain === null) {
      const budget = {
        seedSd: seedNoise.sd,
        seedDegreesOfFreedom: seedNoise.degreesOfFreedom,
        userSe: difference.userSe,
        userDegreesOfFreedom: difference.df,
      };
      minimumGain = {
        value: smallestResolvableGain(budget, pairs.length, alpha, resolvingPower),
        source: 'resolvable',
      };
    }
    const verdict = judge({
      difference: difference.difference,
      se: difference.se,
      df: difference.df,
      alpha,
      minimumEffect: minimumGain.value,
      oneRunSd: seedNoise.sd,
    });
    const entry: GateLook = {
      look,
      trial: contender.trial,
      model: contender.candidate.model,
      verdict: verdict.verdict,
      difference: difference.difference,
      lower: verdict.lower,
      upper: verdict.upper,
      alpha,
      power: verdict.power.find(({ gainInSd }) => gainInSd === 1)?.power ?? 0,
    };
    await context.log.record('gate-looked', {
      ...entry,
      minimumGain: minimumGain.value,
      seeds: pairs.length,
    });
    looks.push(entry);
    context.io.onProgress({ kind: 'gate-look', ...entry });
    if (verdict.verdict === 'accept') {
      incumbent = { trial: contender.trial, candidate: contender.candidate };
      incumbentRuns = runs;
      await announce(context, incumbent, runs);
    }
  }
  return { incumbent, looks, minimumGain };
}

function sourceOf(context: RunContext): 'user' | 'resolvable' {
  return context.settings.minimumGain === null ? 'resolvable' : 'user';
}

function gateRuns(
  context: RunContext,
  candidate: Candidate,
  purpose: string,
): Promise<readonly FinishedRun[]> {
  return runSeeds(context, {
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
