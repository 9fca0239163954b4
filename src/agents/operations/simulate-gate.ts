import { clock, workerEntry } from '../../platform/index.js';
import { runInProcess } from '../../execution/index.js';
import type { OperationIo, SimulatedGate, SimulateGateOptions } from '../../schema/index.js';
import { gateWorlds, mergeTallies, type GateTally } from '../../stats/index.js';
import { simulatedWorld } from '../calibration/simulated-world.js';
import { simulationPlan, type SimulationRequest } from '../calibration/simulation-request.js';

/** A share is at most a few seconds of work: often enough to tell of, and to stop after. */
const mostRunsPerShare = 500;
const shareTimeoutMs = 30 * 60_000;
/** On a machine that is busy with other things a worker may not get up in time; what the others have done is not to be lost. */
const attemptsPerShare = 5;
/** Three binomial standard errors of 10,000 runs above the error budget of 5 %. */
const target = 0.056;

/**
 * Simulates evolve's gate in worlds whose truth is known: how often it accepts where there is nothing, what it finds where
 * there is something, and how far reported scores lie from the truth. Equal options give equal figures, whatever the
 * number of workers.
 */
export async function simulateGate(options: SimulateGateOptions, io: OperationIo): Promise<SimulatedGate> {
  const { runs, candidates, seed, workers } = options;
  const began = clock.monotonicMs();
  const plan = simulationPlan(candidates);
  const shares = sharesOf(options);
  const total = shares.length * gateWorlds.length;
  let done = 0;
  const tell = () => io.onProgress({ kind: 'phase', name: 'Simulate the gate', done, total });
  tell();
  const queue = gateWorlds.flatMap((world) => shares.map((share) => ({ world, share })));
  const finished = new Map<(typeof queue)[number], GateTally>();
  const pending = [...queue];
  const work = async (): Promise<void> => {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const request: SimulationRequest = { world: next.world.name, candidates, seed, ...next.share };
      const answer = await runInProcess(workerEntry('agents/calibration/simulation-worker'), request, {
        timeoutMs: shareTimeoutMs,
        attempts: attemptsPerShare,
        signal: io.signal,
      });
      // Both ends are this program: what the worker made is what is read.
      finished.set(next, answer as GateTally);
      done += 1;
      tell();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, queue.length) }, work));
  // Added up in the order of the runs, whoever finished first: sums of floating-point numbers depend on it.
  const worlds = gateWorlds.map((world) => {
    const own = queue.flatMap((job) => (job.world === world ? (finished.get(job) ?? []) : []));
    return simulatedWorld(world, own.reduce(mergeTallies));
  });
  const gateErrs = worlds.flatMap(({ falseAccepts }) =>
    falseAccepts.filter(({ control }) => !control).map(({ rate }) => rate),
  );
  return {
    kind: 'simulated',
    runs,
    candidates,
    seed,
    plan: {
      maxLooks: plan.maxLooks,
      alpha: plan.alpha,
      gateSeeds: plan.seeds,
      contenders: plan.contenders,
      calibrationSeeds: plan.calibrationSeeds,
      finalSeeds: plan.finalSeeds,
    },
    worlds,
    target,
    kept: Math.max(...gateErrs) <= target,
    seconds: (clock.monotonicMs() - began) / 1000,
  };
}

function sharesOf({ runs }: SimulateGateOptions): readonly { readonly from: number; readonly to: number }[] {
  return Array.from({ length: Math.ceil(runs / mostRunsPerShare) }, (_, i) => ({
    from: i * mostRunsPerShare,
    to: Math.min(runs, (i + 1) * mostRunsPerShare),
  }));
}
