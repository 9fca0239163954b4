import { leaders } from '../../search/index.js';
import { analyse } from './analysis.js';
import { candidateOf, candidateSpace } from '../trial/candidate-space.js';
import { tuneBaseline } from './baseline.js';
import { calibrate } from './calibration.js';
import { conclude, type Conclusion } from './conclusion.js';
import { minuteShares } from './deadline.js';
import { checkGain } from './gain-check.js';
import { passGate, type Incumbent, type MinimumGain } from './gate-looks.js';
import { race } from './race.js';
import { refit } from './refit.js';
import type { RunContext } from './run-context.js';
import type { BudgetGrant } from './run-settings.js';
import { controlSearch, mainSearch } from './run-state.js';
import { screen } from './screening.js';
import type { TrialMemory } from './trial-runner.js';

const nothingSearched = {
  code: 'BUDGET_TOO_SMALL',
  message:
    'The budget was spent on the baseline and on its noise before anything was tried; the test split stays closed. ' +
    'Go on with automodel evolve --resume --minutes <more>.',
};

export interface EvolveRunOptions {
  readonly artefactsDir: string;
  readonly memory: TrialMemory;
  /** MiB that the refit may take */
  readonly refitMemoryMb: number;
  /** grants that earlier calls recorded, then this call's (undefined when it only resumes) */
  readonly nextGrant: (index: number) => Promise<BudgetGrant | undefined>;
}

/**
 * One run: noise, screening, race, gate, conclusion, refit. A deterministic procedure over the decision log; called
 * again after a crash it repeats what is recorded and goes on. Further grants continue the same search.
 */
export async function evolveRun(context: RunContext, options: EvolveRunOptions): Promise<void> {
  const { settings } = context;
  const first = await options.nextGrant(0);
  const baseline = await tuneBaseline(context);
  const noise = await calibrate(context, baseline);
  await checkGain(context, noise);
  const space = candidateSpace(context.dataset);
  const search = mainSearch(context.dataset, space, settings, first?.trials ?? null);
  const control = settings.control === 'full' ? controlSearch(space, settings) : undefined;
  const looked = new Set<number>();
  let looks = 0;
  let incumbent: Incumbent = { trial: -1, candidate: baseline };
  let concluded: Conclusion | undefined;
  let minimumGain: MinimumGain | undefined;
  let index = 0;
  for (let grant = first; grant !== undefined; grant = await options.nextGrant(index)) {
    const withMinutes = grant.minutes !== null;
    const screened = await screen(context, {
      search,
      noise,
      arm: 'main',
      trials: grant.trials,
      ...(withMinutes && { minuteShare: minuteShares.calibration + minuteShares.screening }),
    });
    await analyse(context, search, space);
    const raced = await race(context, search, space, noise.sd, withMinutes);
    const contenders = raced.filter(({ trial }) => !looked.has(trial));
    const gate = await passGate(context, contenders, incumbent, noise, looks, withMinutes);
    incumbent = gate.incumbent;
    if (gate.looks.length > 0 || minimumGain === undefined) minimumGain = gate.minimumGain;
    looks += gate.looks.length;
    for (const look of gate.looks) looked.add(look.trial);
    if (control !== undefined) {
      const trials = new Set(screened.map((job) => job.trial)).size;
      await screen(context, { search: control, noise, arm: 'control', trials });
    }
    const [controlLeader] = control === undefined ? [] : leaders(space, control.history(), 1, noise.sd);
    const rival = controlLeader === undefined ? undefined : candidateOf(controlLeader.assignment);
    const searched = search.history().length > 0;
    if (!searched) context.io.warn(nothingSearched);
    concluded = await conclude(context, {
      baseline,
      incumbent,
      control: rival,
      noise,
      previous: concluded,
      searched,
    });
    const { scores } = concluded;
    const best = scores.find((score) => score.role === 'best');
    if (best !== undefined && settings.nullSeed === null) {
      const { artefactsDir, memory, refitMemoryMb } = options;
      await refit(context, incumbent.candidate, best.bestEpoch, artefactsDir, memory, refitMemoryMb);
    }
    const outcome = incumbent.trial >= 0 ? 'accepted' : 'nothing-better';
    await context.log.record('grant-spent', { index, outcome, minimumGain });
    index += 1;
  }
}
