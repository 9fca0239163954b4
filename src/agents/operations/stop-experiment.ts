import { AutoModelError } from '../../platform/index.js';
import { ExperimentStore, summarise, type ExperimentStates } from '../../experiments/index.js';
import {
  type ExperimentChangeResult,
  type ExperimentState,
  type ExperimentStopOptions,
} from '../../schema/index.js';
import { requireProject } from '../project/open-project.js';

/** Ends a running experiment: kept, discarded, or killed at once. @throws EXPERIMENT_INVALID when it does not run */
export async function stopExperiment({
  projectDir,
  id,
  outcome,
  reason,
}: ExperimentStopOptions): Promise<ExperimentChangeResult> {
  const store = new ExperimentStore({ path: requireProject(projectDir).experiments });
  const states = await store.write((known) => {
    needRunning(known, id);
    return [{ kind: 'experiment-stopped', payload: { id, outcome, reason } }];
  });
  return { experiment: summarise(states.need(id)) };
}

/** @throws EXPERIMENT_INVALID for an id that is none, or of an experiment that has ended */
export function needRunning(states: ExperimentStates, id: string): ExperimentState {
  const state = states.need(id);
  if (state.status === 'running') return state;
  throw new AutoModelError('EXPERIMENT_INVALID', `Experiment ${id} has ended (${state.ended?.outcome})`, {
    remedy: 'Start a new one under another id.',
    details: { experiment: id, outcome: state.ended?.outcome },
  });
}
