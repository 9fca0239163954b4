import type { EvolveResult, GateLook } from '../../schema/index.js';
import type { PooledSeedNoise } from '../../stats/index.js';
import { candidateOf, type Candidate } from '../trial/candidate-space.js';
import { tuneBaseline } from './baseline.js';
import { calibrate } from './calibration.js';
import { conclude, type Conclusion } from './conclusion.js';
import { minuteShares } from './deadline.js';
import { passGate, type Incumbent } from './gate-looks.js';
import { leadersOf, race } from './race.js';
import { refit } from './refit.js';
import type { RunContext } from './run-context.js';
import type { BudgetGrant } from './run-settings.js';
import { controlSearch, mainSearch } from './run-state.js';
import { screen, type CommittedJob } from './screening.js';
import type { TrialMemory } from './trial-runner.js';

/** What a run has come to after a grant of budget was spent. */
export interface RunOutcome {
  readonly baseline: Candidate;
  readonly incumbent: Incumbent;
  readonly noise: PooledSeedNoise;
  readonly jobs: readonly CommittedJob[];
  readonly controlJobs: readonly CommittedJob[];
  readonly looks: readonly GateLook[];
  readonly minimumGain: EvolveResult['minimumGain'];
  readonly conclusion: Conclusion;
  readonly refit: EvolveResult['refit'];
}

export interface EvolveRunOptions {
  readonly artefactsDir: string;
  readonly memory: TrialMemory;
  /** grants that earlier calls recorded, then this call's (undefined when it only resumes) */
  readonly nextGrant: (index: number) => Promise<BudgetGrant | undefined>;
}

/**
 * One run: noise, screening, race, gate, conclusion, refit. A deterministic procedure over the decision log; called
 * again after a crash it repeats what is recorded and goes on. Further grants continue the same search.
 */
export async function evolveRun(context: RunContext, options: EvolveRunOptions): Promise<RunOutcome> {
  const { settings } = context;
  const first = await options.nextGrant(0);
  if (first === undefined) throw new RangeError('a run needs a budget');
  const baseline = await tuneBaseline(context);
  const noise = await calibrate(context, baseline);
  const search = mainSearch(context.dataset, settings, first.trials);
  const control = settings.control === 'full' ? controlSearch(context.dataset, settings) : undefined;
  const jobs: CommittedJob[] = [];
  const controlJobs: CommittedJob[] = [];
  const looks: GateLook[] = [];
  let incumbent: Incumbent = { trial: -1, candidate: baseline };
  let outcome: RunOutcome | undefined;
  for (let index = 0, grant: BudgetGrant | undefined = first; grant !== undefined;) {
    const withMinutes = grant.minutes !== null;
    const screened = await screen(context, {
      search,
      arm: 'main',
      trials: grant.trials,
      ...(withMinutes && { minuteShare: minuteShares.calibration + minuteShares.screening }),
    });
    jobs.push(...screened);
    const contenders = (await race(context, jobs, withMinutes)).filter(
      ({ trial }) => !looks.some((look) => look.trial === trial),
    );
    const gate = await passGate(context, contenders, incumbent, noise, looks.length, withMinutes);
    incumbent = gate.incumbent;
    looks.push(...gate.looks);
    if (control !== undefined) {
      const trials = new Set(screened.map((job) => job.trial)).size;
      controlJobs.push(...(await screen(context, { search: control, arm: 'control', trials })));
    }
    const [controlLeader] = leadersOf(controlJobs, settings.rungs.length - 1, 1);
    const conclusion = await conclude(
      context,
      baseline,
      incumbent,
      controlLeader === undefined ? undefined : candidateOf(controlLeader.assignment),
      noise,
    );
    const best = conclusion.scores.find((score) => score.role === 'best');
    const kept =
      best === undefined || settings.nullSeed !== null
        ? null
        : await refit(context, incumbent.candidate, best.bestEpoch, options.artefactsDir, options.memory);
    outcome = {
      baseline,
      incumbent,
      noise,
      jobs,
      controlJobs,
      looks,
      minimumGain: gate.minimumGain,
      conclusion,
      refit: kept,
    };
    await context.log.record('grant-spent', {
      index,
      outcome: incumbent.trial >= 0 ? 'accepted' : 'nothing-better',
    });
    index += 1;
    grant = await options.nextGrant(index);
  }
  if (outcome === undefined) throw new RangeError('a run needs a budget');
  return outcome;
}
