import { AutoModelError, clock, throwIfInterrupted } from '../../platform/index.js';
import {
  ExperimentStore,
  summarise,
  type ExperimentEvent,
  type ExperimentStates,
} from '../../experiments/index.js';
import {
  type ExperimentLook,
  type ExperimentRampOptions,
  type ExperimentRampResult,
  type ExperimentState,
  type OperationIo,
} from '../../schema/index.js';
import { lookAtExperiment } from '../experimenting/look-at-experiment.js';
import { watchExperiment } from '../experimenting/watch-experiment.js';
import { withEvents } from '../experimenting/project-events.js';
import { needRunning } from './stop-experiment.js';
import { requireProject } from '../project/open-project.js';

/**
 * Looks at a running experiment: reads its events, decides, and does it (next step, roll back, end), all of which its journal keeps.
 * A look that died half-way is simply made again. Once, to be run every few hours by cron; or again and again until the experiment
 * has ended, which is no more than repeated looks, so that it can be stopped and started at any time.
 * @throws EXPERIMENT_INVALID, FILE_NOT_FOUND without an event log, JOURNAL_CONFLICT when someone else changed the allocation meanwhile;
 *   INTERRUPTED between two looks
 */
export async function rampExperiment(
  options: ExperimentRampOptions,
  io: OperationIo,
): Promise<ExperimentRampResult> {
  const { projectDir, id, share, dryRun, watchEveryMs } = options;
  if (share !== undefined && !(share >= 0 && share <= 1)) {
    throw new AutoModelError('USAGE', `A share of ${share} is none`, { remedy: 'Give a share from 0 to 1.' });
  }
  if (watchEveryMs === undefined) return lookOnce(options, io);
  if (share !== undefined || dryRun === true)
    throw new AutoModelError('USAGE', 'An experiment is watched by looks that decide and act', {
      remedy: 'Leave out the share and the dry run.',
    });
  return watchExperiment(
    {
      everyMs: watchEveryMs,
      look: () => lookOnce(options, io),
      current: async () => summarise((await experimentsOf(projectDir).read()).need(id)),
    },
    io,
  );
}

const experimentsOf = (projectDir: string): ExperimentStore =>
  new ExperimentStore({ path: requireProject(projectDir).experiments });

async function lookOnce(
  { projectDir, id, events, share, dryRun = false }: ExperimentRampOptions,
  io: OperationIo,
): Promise<ExperimentRampResult> {
  const store = experimentsOf(projectDir);
  if (share !== undefined) return setShare(store, id, share, dryRun);
  const state = needRunning(await store.read(), id);
  io.onProgress({ kind: 'phase', name: 'Read the events', done: 0, total: undefined });
  const { look, analysis } = await withEvents({ projectDir, events }, (path) =>
    lookAtExperiment(state, path, clock.nowMs(), io),
  );
  throwIfInterrupted(io.signal);
  const answer = (now: ExperimentState): ExperimentRampResult => ({
    experiment: summarise(now),
    look,
    metrics: [...(analysis?.metrics ?? [])],
    checks: [...(analysis?.checks ?? [])],
  });
  if (dryRun) return answer(state);
  const states = await store.write((known) => {
    const now = needRunning(known, id);
    if (now.epochs.length !== state.epochs.length) {
      throw new AutoModelError(
        'JOURNAL_CONFLICT',
        `The allocation of ${id} was changed while it was looked at`,
        {
          remedy: 'Look again.',
          retryable: true,
          details: { experiment: id },
        },
      );
    }
    return [{ kind: 'experiment-looked', payload: { id, look } }, ...consequences(state, look)];
  });
  return answer(states.need(id));
}

async function setShare(
  store: ExperimentStore,
  id: string,
  share: number,
  dryRun: boolean,
): Promise<ExperimentRampResult> {
  const decide = (states: ExperimentStates): ExperimentEvent[] => {
    const { steps } = needRunning(states, id).record.ramp;
    const step = steps.findIndex((one) => one.share === share);
    return [
      {
        kind: 'experiment-allocated',
        payload: { id, share, step: step < 0 ? null : step, reason: 'set by hand' },
      },
    ];
  };
  const states = dryRun ? await store.read() : await store.write(decide);
  return { experiment: summarise(needRunning(states, id)), look: null, metrics: [], checks: [] };
}

function consequences({ record }: ExperimentState, { decision }: ExperimentLook): ExperimentEvent[] {
  const { id } = record;
  const reason = decision.reasons.join('; ');
  switch (decision.kind) {
    case 'advance': {
      const step = decision.step ?? 0;
      return [
        {
          kind: 'experiment-allocated',
          payload: { id, share: record.ramp.steps[step].share, step, reason },
        },
      ];
    }
    case 'roll-back':
      return [{ kind: 'experiment-stopped', payload: { id, outcome: 'rolled-back', reason } }];
    case 'keep':
      return [{ kind: 'experiment-stopped', payload: { id, outcome: 'KEEP', reason } }];
    case 'discard':
      return [{ kind: 'experiment-stopped', payload: { id, outcome: 'DISCARD', reason } }];
    default:
      return [];
  }
}
