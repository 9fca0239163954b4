import { ExperimentStore, holdersOf, summarise } from '../../experiments/index.js';
import { type ExperimentStatusOptions, type ExperimentStatusResult } from '../../schema/index.js';
import { requireProject } from '../project/open-project.js';

/** Experiments of a project, the running ones first, and who holds what. @throws EXPERIMENT_INVALID for an id that is none */
export async function experimentStatus({
  projectDir,
  id,
  holds = false,
}: ExperimentStatusOptions): Promise<ExperimentStatusResult> {
  const states = await new ExperimentStore({ path: requireProject(projectDir).experiments }).read();
  const running = states.running();
  const shown =
    id === undefined
      ? [...running, ...states.all().filter(({ status }) => status === 'stopped')]
      : [states.need(id)];
  return {
    experiments: shown.map(summarise),
    holds: holds ? holdersOf(running.map(({ record }) => record)) : [],
  };
}
