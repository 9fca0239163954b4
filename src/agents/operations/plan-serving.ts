import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openDataset, readPastEvents } from '../../data/index.js';
import { parseComposition, withCandidates } from '../../pipeline/index.js';
import { AutoModelError, config as machine, readJson, Rng } from '../../platform/index.js';
import {
  PerfLimits,
  RecommendRequest,
  type CtrDataset,
  type OperationIo,
  type PlanFigures,
  type PlanServingOptions,
  type PlanServingResult,
} from '../../schema/index.js';
import { ArtefactFolder, readsOf } from '../../training/index.js';
import { refusal } from '../autoperf/choose-plan.js';
import { keyOf } from '../autoperf/plan-key.js';
import { planServing as searchPlan, type PlanGrid } from '../autoperf/plan-serving.js';
import { resourcesExperiment } from '../autoperf/resources-experiment.js';
import { ServiceBench } from '../autoperf/service-bench.js';
import { openProject, type Project } from '../project/open-project.js';
import { replaceJson } from '../project/replace-json.js';
import { openOnlineService } from '../serving/open-online-service.js';
import { positiveRules, servedArtefact } from '../serving/served-project.js';
import { lineageOf } from './predict.js';

/** Users that are asked for: one request each. */
const USUAL_REQUESTS = 200;
/** What the composition's number of candidates may be cut to. */
const SHARES = [1, 0.75, 0.5, 0.25, 0.1];

const formats: PlanGrid['formats'] = [
  { precision: 'float32', tables: 'float32' },
  { precision: 'float32', tables: 'float16' },
  { precision: 'int8', tables: 'float32' },
  { precision: 'int8', tables: 'float16' },
  { precision: 'int8', tables: 'int8' },
];

/**
 * Decides the resources that serve a model: measures this machine, compares answers, and gives the cheapest plan that keeps all limits.
 * With `apply` the plan becomes pipeline.json and serving.json of the project, which `serve` reads; with `experiment` a record that ramps it.
 * @throws LIMIT_EXCEEDED naming the limit that no plan keeps; USAGE for an artefact that does not rank requests, and for both of
 *   `apply` and `experiment`
 */
export async function planServing(options: PlanServingOptions, io: OperationIo): Promise<PlanServingResult> {
  const limits = PerfLimits.parse(options.limits);
  if (options.apply === true && options.experiment !== undefined)
    throw new AutoModelError(
      'USAGE',
      'A plan that is applied is what everybody gets: there is no control left',
      {
        remedy: 'Write the experiment now, and apply the plan once it is kept.',
      },
    );
  const { requests: count = USUAL_REQUESTS } = options;
  const project = openProject(options.projectDir);
  const { dir } = await servedArtefact(project, options.artefact, io);
  const { model, flopsPerCandidate } = readsOf(new ArtefactFolder(dir));
  mkdirSync(project.paths.cache, { recursive: true });
  // Requests of the measurement are no traffic: they go into a log of their own.
  const measured = mkdtempSync(join(project.paths.cache, 'plan-serving-'));
  const given = options.pipeline === undefined ? undefined : parseComposition(readJson(options.pipeline));
  try {
    const service = await openOnlineService({
      projectDir: options.projectDir,
      artefact: basename(dir),
      composition: given,
      storeDir: join(measured, 'store'),
      io,
    });
    try {
      const { composition } = service.describe(service.readiness().version);
      if (!composition.rank || composition.candidates < 2)
        throw new AutoModelError('USAGE', 'The composition ranks nothing, so there is nothing to plan', {
          remedy: 'Set "rank": true and two candidates or more in pipeline.json.',
          details: { rank: composition.rank, candidates: composition.candidates },
        });
      const bench = new ServiceBench({
        service,
        artefact: dir,
        composition,
        dataset: await datasetOf(project, dir),
        requests: await requestsOf(project, count, io),
        metricMargin: limits.metricMargin,
        loadSeconds: options.loadSeconds,
        signal: io.signal,
      });
      const grid: PlanGrid = {
        formats,
        cores: machine.threads,
        modelThreads: threadCounts(machine.threads),
        modelInstances: threadCounts(machine.threads),
        candidates: [
          ...new Set(SHARES.map((share) => Math.max(1, Math.round(share * composition.candidates)))),
        ],
      };
      const search = await searchPlan(bench, grid, limits, io, flopsPerCandidate);
      if (search.chosen === undefined) throw refusal(model, search.measured, limits);
      const { plan } = search.chosen;
      if (options.apply === true) {
        const composed = withCandidates(composition, plan.candidates);
        replaceJson(join(project.paths.root, 'pipeline.json'), composed, io.warn);
        const path = join(project.paths.root, 'serving.json');
        const { modelThreads: threads, modelInstances: instances, optimisation, precision, tables } = plan;
        const other = existsSync(path) ? (readJson(path) as object) : { schemaVersion: 1 };
        replaceJson(
          path,
          { ...other, resources: { threads, instances, optimisation, precision, tables } },
          io.warn,
        );
      }
      const experiment =
        options.experiment === undefined
          ? null
          : writeExperiment(options.experiment, search.reference, search.chosen, { project, dir, io });
      return {
        model,
        artefact: basename(dir),
        limits: {
          ...limits,
          p99Ms: limits.p99Ms ?? null,
          memoryMb: limits.memoryMb ?? null,
          costPerThousand: limits.costPerThousand ?? null,
        },
        machine: { threads: machine.threads },
        requests: count,
        reference: search.reference,
        chosen: search.chosen,
        measured: [...search.measured],
        hopeless: search.hopeless,
        kernels: search.kernels.map(({ model: line, ...kernel }) => ({ ...kernel, ...line })),
        applied: options.apply === true,
        experiment,
      };
    } finally {
      await service.close();
    }
  } finally {
    rmSync(measured, { recursive: true, force: true });
  }
}

/** @returns its id; null where the plan is the reference, so that there is nothing to try */
function writeExperiment(
  file: string,
  reference: PlanFigures,
  chosen: PlanFigures,
  { project, dir, io }: { readonly project: Project; readonly dir: string; readonly io: OperationIo },
): string | null {
  if (keyOf(chosen.plan) === keyOf(reference.plan)) {
    io.warn({
      code: 'NOTHING_CHEAPER',
      message: `The reference is the cheapest plan that keeps the limits, so there is no experiment to write into ${file}.`,
    });
    return null;
  }
  const [behaviour] = positiveRules(project.config.label).slice(-1);
  const record = resourcesExperiment({ reference, chosen }, behaviour.kind, basename(dir));
  replaceJson(file, record, io.warn);
  return record.id;
}

const threadCounts = (threads: number): number[] =>
  [1, 2, 4, 8, 16].filter((count) => count === 1 || count <= threads);

/** The rows that the artefact was chosen on. */
async function datasetOf({ paths }: Project, artefact: string): Promise<CtrDataset> {
  const { encoding } = lineageOf(artefact);
  const dataset = await openDataset(join(paths.cache, 'datasets', encoding ?? ''));
  if (dataset.task !== 'next-item') return dataset;
  throw new AutoModelError('INTERNAL', `The dataset of ${artefact} is of task next-item`);
}

/** Requests of users drawn from the training log, at the moment when it ends. */
async function requestsOf(
  { paths, config }: Project,
  count: number,
  { signal }: OperationIo,
): Promise<RecommendRequest[]> {
  const { users, atMs } = await readPastEvents({ projectDir: paths.root, config, signal });
  if (users.length === 0)
    throw new AutoModelError('USAGE', 'The training log names no users, so nobody can be recommended to', {
      remedy: 'Give the event table a column of role user_id.',
    });
  const end = atMs.reduce((latest, at) => (at > latest ? at : latest), Number.NEGATIVE_INFINITY);
  const drawn = new Rng(['plan-serving']).shuffle([...users]).slice(0, count);
  return Array.from({ length: count }, (_, n) =>
    RecommendRequest.parse({
      user: drawn[n % drawn.length],
      ...(Number.isFinite(end) && { atMs: Math.ceil(end) }),
    }),
  );
}
