import { ExperimentsReader } from '../../experiments/index.js';
import { parseComposition, withCandidates, type Composition } from '../../pipeline/index.js';
import { asAutoModelError, readJson } from '../../platform/index.js';
import { projectPaths, type HostedService, type OperationIo, type ServeOptions } from '../../schema/index.js';
import { armComposition } from '../serving/arm-composition.js';
import type { DeployableService } from '../serving/deployable-service.js';
import { openOnlineService } from '../serving/open-online-service.js';
import { ServedExperiments, type DeploymentOf } from '../serving/served-experiments.js';

/** How often the journal of the experiments is asked whether anything is new. */
const POLL_MS = 1000;

/** Opens the service behind `automodel serve`, with the experiments of the project. */
export async function serve(options: ServeOptions, io: OperationIo): Promise<HostedService> {
  const { pipeline, ...rest } = options;
  const composition = pipeline === undefined ? undefined : parseComposition(readJson(pipeline));
  const service = await openOnlineService({ ...rest, composition, io });
  const paths = projectPaths(options.projectDir);
  const reader = new ExperimentsReader(paths.experiments);
  const experiments = new ServedExperiments(
    service,
    reader,
    deployments(paths.root, options.artefact, composition, service),
    io.warn,
  );
  const follow = followed(experiments, io.warn);
  try {
    await follow();
  } catch (error) {
    await service.close();
    throw error;
  }
  service.assignBy((request) => experiments.assign(request));
  const timer = setInterval(() => void follow(), POLL_MS);
  timer.unref();
  return {
    recommend: (requests) => service.recommend(requests),
    rank: (request) => service.rank(request),
    append: (events) => service.append(events),
    readiness: () => service.readiness(),
    gauges: () => service.gauges(),
    sideBySide: () => service.instances,
    close: async () => {
      clearInterval(timer);
      await service.close();
      await reader.close();
    },
    deploy: async ({ artefact, pipeline: content }) => {
      const previous = service.readiness().version;
      const given = content === undefined ? undefined : parseComposition(content);
      return { version: await service.deploy({ artefact, composition: given }), previous };
    },
  };
}

/** Pipelines of arms are files of the project, with the artefact that is served; other resources are for what answers by default. */
const deployments =
  (
    root: string,
    artefact: string | undefined,
    composition: Composition | undefined,
    service: DeployableService,
  ): DeploymentOf =>
  (change) => {
    if (change.kind === 'artefact') return { artefact: change.artefact, composition };
    if (change.kind === 'pipeline') return { artefact, composition: armComposition(root, change.pipeline) };
    if (change.kind === 'resources') {
      const { kind: _kind, candidates, ...resources } = change;
      const served = service.describe(service.readiness().version).composition;
      return {
        artefact,
        composition: withCandidates(served, candidates ?? served.candidates),
        resources,
      };
    }
    return undefined;
  };

/** One look at a time; a journal that cannot be read stops no answers: what was known stays. */
function followed(experiments: ServedExperiments, warn: OperationIo['warn']): () => Promise<void> {
  let running: Promise<void> | undefined;
  let said = '';
  const once = async (): Promise<void> => {
    try {
      await experiments.follow();
      said = '';
    } catch (error) {
      const { code, message } = asAutoModelError(error);
      if (message !== said) warn({ code, message: `The experiments cannot be followed: ${message}` });
      said = message;
    }
  };
  return () => (running ??= once().finally(() => (running = undefined)));
}
