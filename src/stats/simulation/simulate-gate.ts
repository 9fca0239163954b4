import { Rng } from '../../platform/index.js';
import { normalQuantile } from '../distributions.js';
import { alphaForLook, judge } from '../gate.js';
import { contendersOf, takeLook, type GatePlan, type LookEvidence } from '../gate-look.js';
import { noiseOfDifference, ownNoise } from '../own-noise.js';
import { pooledSeedNoise, seedNoiseFor, type SeedNoise } from '../seed-noise.js';
import { twoWayError } from '../two-way.js';
import { drawChiSquare } from './chi-square-draw.js';
import {
  gatePolicies,
  negativeControls,
  noCounts,
  noErrors,
  withError,
  type GatePolicy,
  type GateTally,
  type PlantedTally,
} from './gate-tally.js';
import type { GateWorld } from './gate-world.js';
import { Candidates } from './screening.js';

/** How a run of evolve spends its trainings; the figures are those of the engine. */
export interface SimulationPlan extends GatePlan {
  readonly candidates: number;
  /** seeds of each of the two calibrated configurations */
  readonly calibrationSeeds: number;
  readonly leadersInRace: number;
  readonly finalSeeds: number;
  readonly race: SimulatedRace;
}

/**
 * The engine's race of some leaders.
 * @param scoreOf a fresh run: the how-many-th of this trial
 * @returns the trials with the mean of their runs, best first
 */
export type SimulatedRace = (
  leaders: readonly { readonly trial: number; readonly estimate: number }[],
  noiseSd: number,
  scoreOf: (trial: number, repeat: number) => number,
) => readonly { readonly trial: number; readonly mean: number }[];

/** A look as the policies are given it. */
interface Sent {
  readonly look: number;
  readonly trial: number;
}

interface Run {
  readonly candidates: Candidates;
  readonly rng: Rng;
  readonly seedNoise: SeedNoise;
  readonly sent: readonly Sent[];
  readonly bestScreened: number;
  /** reported by the race of its winner, minus the truth */
  readonly raceError: number;
}

/** Measured as in evolve: two configurations over several seeds; the baseline's first ones are its runs at the gate. */
function calibrated(
  plan: SimulationPlan,
  rng: Rng,
): { readonly noise: SeedNoise; readonly pooledSd: number; readonly luck: number; readonly spread: number } {
  const draw = (runs: number) => Array.from({ length: runs }, () => rng.normal());
  const runs = draw(Math.max(plan.calibrationSeeds, plan.seeds));
  const atGate = runs.slice(0, plan.seeds);
  const luck = atGate.reduce((sum, value) => sum + value, 0) / plan.seeds;
  const noise = pooledSeedNoise([
    { family: 'baseline', values: runs.slice(0, plan.calibrationSeeds) },
    { family: 'deep', values: draw(plan.calibrationSeeds) },
  ]);
  return {
    noise: seedNoiseFor(noise, 'deep', 'baseline'),
    pooledSd: noise.sd,
    luck,
    spread: ownNoise(atGate).sd,
  };
}

function meanLuck(rng: Rng, seeds: number): number {
  return rng.normal() / Math.sqrt(seeds);
}

/**
 * Calibration, then as many rounds of screening, race and visit to the gate as the looks allow, with the candidates
 * divided evenly over them. The gate tells the search nothing, so who is sent does not depend on the policy.
 */
function runOf(candidates: Candidates, world: GateWorld, plan: SimulationPlan, rng: Rng, gain: number): Run {
  const { noise, pooledSd, luck, spread } = calibrated(plan, rng);
  candidates.begin(world, rng, luck, spread);
  const carrier = gain > 0 ? 1 + rng.integer(plan.candidates) : -1;
  const visits = Math.ceil(plan.maxLooks / plan.contenders);
  const looked = new Set<number>();
  const sent: Sent[] = [];
  let best = 0;
  let raceError = 0;
  for (let visit = 0; visit < visits; visit += 1) {
    const from = 1 + Math.floor((plan.candidates * visit) / visits);
    const to = 1 + Math.floor((plan.candidates * (visit + 1)) / visits);
    best = candidates.screen(world, rng, from, to, best, carrier, gain);
    const leaders = candidates
      .leaders(to, plan.leadersInRace)
      .map((trial) => ({ trial, estimate: candidates.screened[trial] }));
    const order = plan.race(leaders, pooledSd, (trial, repeat) => candidates.racingScore(rng, trial, repeat));
    if (order.length > 0) raceError = order[0].mean - candidates.truth[order[0].trial];
    for (const { trial } of contendersOf(order, looked, sent.length, plan)) {
      looked.add(trial);
      sent.push({ look: sent.length + 1, trial });
      candidates.runAtGate(rng, trial, plan.seeds);
    }
  }
  return { candidates, rng, seedNoise: noise, sent, bestScreened: best, raceError };
}

/** What the gate measures of one candidate beside the incumbent. */
function evidenceOf(
  { candidates, rng, seedNoise }: Run,
  world: GateWorld,
  plan: SimulationPlan,
  trial: number,
  incumbent: number,
): LookEvidence {
  const { truth, onGate, gateLuck, gateSpread } = candidates;
  const apart = 1 - world.kinship ** candidates.kin(trial, incumbent);
  const own = (c: number) => ({ sd: gateSpread[c], degreesOfFreedom: plan.seeds - 1 });
  const noise = noiseOfDifference(own(trial), own(incumbent), seedNoise);
  const { se, df } = twoWayError({
    seedVariance: noise.sd ** 2,
    seedDf: noise.degreesOfFreedom,
    mostDf: noise.mostDf,
    seeds: plan.seeds,
    userVariance: (world.userSe ** 2 * apart * drawChiSquare(rng, world.userDf)) / world.userDf,
    userDf: world.userDf,
  });
  const scoreOf = (c: number) => truth[c] + onGate[c] + gateLuck[c];
  return { difference: scoreOf(trial) - scoreOf(incumbent), se, df, oneRunSd: seedNoise.sd };
}

/** The minimum gain that a policy sets; null: the smallest resolvable. */
const minimumOf = { gate: 0, 'gate-default-minimum': null } as const;

/** Whether the look accepts. */
function accepts(policy: GatePolicy, look: number, evidence: LookEvidence, plan: SimulationPlan): boolean {
  if (isHopeless(evidence, alphas(plan)[look - 1])) return false;
  return takeLook(look, evidence, plan, minimumOf[policy]).verdict.verdict === 'accept';
}

/** Whether it would at the whole error budget. */
function acceptsUnpaid(evidence: LookEvidence, { alpha }: SimulationPlan): boolean {
  return !isHopeless(evidence, alpha) && judge({ ...evidence, alpha, minimumEffect: 0 }).verdict === 'accept';
}

/** Student's t lies further out than the normal at every df: below the normal's bound, where most looks lie, none accepts. */
function isHopeless({ difference, se }: LookEvidence, alpha: number): boolean {
  return difference <= normalBound(alpha) * se;
}

const boundOf = new Map<number, number>();
function normalBound(alpha: number): number {
  let bound = boundOf.get(alpha);
  if (bound === undefined) boundOf.set(alpha, (bound = normalQuantile(1 - alpha)));
  return bound;
}

const alphasOf = new WeakMap<SimulationPlan, readonly number[]>();
function alphas(plan: SimulationPlan): readonly number[] {
  let all = alphasOf.get(plan);
  if (all === undefined) {
    all = Array.from({ length: plan.maxLooks }, (_, i) => alphaForLook(i + 1, plan.maxLooks, plan.alpha));
    alphasOf.set(plan, all);
  }
  return all;
}

/** Sends the run's contenders through the gate. A true gain is one over the incumbent of that moment. */
function passThrough(
  run: Run,
  world: GateWorld,
  plan: SimulationPlan,
  acceptsLook: (look: number, evidence: LookEvidence) => boolean,
): { readonly foundGain: boolean; readonly foundNothing: boolean } {
  const { truth } = run.candidates;
  let incumbent = 0;
  let foundGain = false;
  let foundNothing = false;
  for (const { look, trial } of run.sent) {
    if (!acceptsLook(look, evidenceOf(run, world, plan, trial, incumbent))) continue;
    if (truth[trial] > truth[incumbent]) foundGain = true;
    else foundNothing = true;
    incumbent = trial;
  }
  return { foundGain, foundNothing };
}

/** Whether any of the candidates passes a look at the whole error budget. */
function anyAccepted(run: Run, world: GateWorld, plan: SimulationPlan): boolean {
  const { gateLuck } = run.candidates;
  for (let c = 1; c <= plan.candidates; c += 1) {
    if (Number.isNaN(gateLuck[c])) run.candidates.runAtGate(run.rng, c, plan.seeds);
    if (acceptsUnpaid(evidenceOf(run, world, plan, c, 0), plan)) return true;
  }
  return false;
}

/** The best screening score against the baseline's, as if it were the only one and other users had chosen it. */
function acceptedOnSameUsers(
  { candidates, bestScreened }: Run,
  world: GateWorld,
  plan: SimulationPlan,
): boolean {
  if (bestScreened === 0) return false;
  const apart = 1 - world.kinship ** candidates.kin(bestScreened, 0);
  const se = Math.sqrt(2 + world.userSe ** 2 * apart);
  return candidates.screened[bestScreened] - candidates.screened[0] > normalBound(plan.alpha) * se;
}

/** One first look at a candidate that has the gain and is no kin of the baseline. */
function lookAtGain(world: GateWorld, plan: SimulationPlan, rng: Rng, gain: number) {
  const { noise, luck, spread } = calibrated(plan, rng);
  const runs = Array.from({ length: plan.seeds }, () => rng.normal());
  const ofPair = noiseOfDifference(ownNoise(runs), { sd: spread, degreesOfFreedom: plan.seeds - 1 }, noise);
  const { se, df } = twoWayError({
    seedVariance: ofPair.sd ** 2,
    seedDf: ofPair.degreesOfFreedom,
    mostDf: ofPair.mostDf,
    seeds: plan.seeds,
    userVariance: (world.userSe ** 2 * drawChiSquare(rng, world.userDf)) / world.userDf,
    userDf: world.userDf,
  });
  const difference =
    gain + world.userSe * rng.normal() + runs.reduce((sum, x) => sum + x, 0) / plan.seeds - luck;
  const evidence = { difference, se, df, oneRunSd: noise.sd };
  return (policy: GatePolicy) => {
    const { verdict, power } = takeLook(1, evidence, plan, minimumOf[policy]).verdict;
    const told = power.find(({ gainInSd }) => gainInSd === gain);
    if (told === undefined) throw new RangeError(`the gate tells no power of a gain of ${gain} sd`);
    return { accepted: verdict === 'accept', told: told.power };
  };
}

/**
 * Simulates runs [from, to) of evolve on sufficient statistics: scores, seed noise and user noise are drawn as sums, and
 * everything that decides (pooled seed sd, two-way error, alpha spending, minimum gain, verdict, who is sent) is the code
 * that evolve runs. A run is a function of (seed, world, run number) alone, so runs may be divided among processes.
 *
 * Scores, in single-run sds: truth + what the share's users make of the candidate + luck of the seed. Each candidate
 * mutates the best screening score so far and resembles it on the users of both shares; the shares are independent.
 * @param gains planted gains, in single-run sds
 */
export function simulateGate(
  world: GateWorld,
  plan: SimulationPlan,
  options: {
    readonly seed: number;
    readonly from: number;
    readonly to: number;
    readonly gains: readonly number[];
  },
): GateTally {
  const { seed, from, to, gains } = options;
  const candidates = new Candidates(plan.candidates);
  const streamOf = (run: number, arm: string, gain: number) =>
    new Rng(['gate-simulation', world.name, seed, run, arm, gain]);
  const falseRuns = noCounts([...gatePolicies, ...negativeControls]);
  let looks = 0;
  let [naive, raced, fresh] = [noErrors, noErrors, noErrors];
  for (let number = from; number < to; number += 1) {
    const rng = streamOf(number, 'run', 0);
    const run = runOf(candidates, world, plan, rng, 0);
    looks += run.sent.length;
    const isFalse = (acceptsLook: Parameters<typeof passThrough>[3]) =>
      passThrough(run, world, plan, acceptsLook).foundNothing ? 1 : 0;
    for (const policy of gatePolicies)
      falseRuns[policy] += isFalse((look, evidence) => accepts(policy, look, evidence, plan));
    falseRuns['looks-unpaid'] += isFalse((_, evidence) => acceptsUnpaid(evidence, plan));
    falseRuns['every-candidate'] += anyAccepted(run, world, plan) ? 1 : 0;
    falseRuns['same-users'] += acceptedOnSameUsers(run, world, plan) ? 1 : 0;
    const { bestScreened, raceError } = run;
    naive = withError(naive, candidates.screened[bestScreened] - candidates.truth[bestScreened]);
    raced = withError(raced, raceError);
    const freshUsers = (world.userSe / Math.SQRT2) * rng.normal();
    fresh = withError(fresh, freshUsers + meanLuck(rng, plan.finalSeeds));
  }
  const planted = gains.map((gain): PlantedTally => {
    const [found, wrong] = [noCounts(gatePolicies), noCounts(gatePolicies)];
    const [accepted, told] = [noCounts(gatePolicies), noCounts(gatePolicies)];
    for (let number = from; number < to; number += 1) {
      const run = runOf(candidates, world, plan, streamOf(number, 'run', gain), gain);
      const first = lookAtGain(world, plan, streamOf(number, 'look', gain), gain);
      for (const policy of gatePolicies) {
        const passed = passThrough(run, world, plan, (look, evidence) =>
          accepts(policy, look, evidence, plan),
        );
        if (passed.foundGain) found[policy] += 1;
        if (passed.foundNothing) wrong[policy] += 1;
        const look = first(policy);
        if (look.accepted) accepted[policy] += 1;
        told[policy] += look.told;
      }
    }
    return { gain, runs: to - from, found, falseRuns: wrong, firstLook: { n: to - from, accepted, told } };
  });
  return { runs: to - from, looks, falseRuns, planted, reported: { naive, raced, fresh } };
}
