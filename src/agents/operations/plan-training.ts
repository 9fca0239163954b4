import { mkdirSync } from 'node:fs';
import { openDataset } from '../../data/index.js';
import { openJournal } from '../../journal/index.js';
import { modelById } from '../../models/index.js';
import { AutoModelError, config as machine } from '../../platform/index.js';
import {
  TrainingLimits,
  type Assignment,
  type OperationIo,
  type PlanTrainingOptions,
  type PlanTrainingResult,
  type SharedResources,
  type Task,
  type TrainingFile,
} from '../../schema/index.js';
import { recipeSpaceFor } from '../../training/index.js';
import { givenAssignment } from '../autotrain/given-assignment.js';
import { batchQuality } from '../autoperf/batch-quality.js';
import { trainingRefusal } from '../autoperf/choose-training-plan.js';
import { planTraining as searchPlan } from '../autoperf/plan-training.js';
import { ProcessBench } from '../autoperf/training-bench.js';
import { RunJournal } from '../loop/run-journal.js';
import { encodedProject, openProject, trialPlace, type Project } from '../project/open-project.js';
import { replaceJson } from '../project/replace-json.js';
import { readTrainingFile, trainingFilePath } from '../project/training-file.js';
import { candidateTraining, chosenModel } from '../trial/candidate-training.js';
import { chosenArtefact, lineageOf } from './predict.js';

const USUAL_ROUNDS = 9;
/** Over 0.4 s two processes on two cores were told apart from one by nothing; over 1.2 s they were (docs/results.md). */
const USUAL_WINDOW_SECONDS = 1.2;
/** Share of the cores that other programs may use before the figures are doubtful. */
const NOTABLE_SHARE = 0.1;

/**
 * Decides how trainings share this machine, by measuring steps: threads of one, how many at once, whether batches are prepared ahead,
 * and, where seeds are given for it, the batch size. With `apply` the plan becomes training.json, which `train` and `evolve` read.
 * @throws LIMIT_EXCEEDED naming the limit that no plan keeps; USAGE for a model that only counts
 */
export async function planTraining(
  options: PlanTrainingOptions,
  io: OperationIo,
): Promise<PlanTrainingResult> {
  const limits = TrainingLimits.parse(options.limits);
  const { rounds = USUAL_ROUNDS, windowSeconds = USUAL_WINDOW_SECONDS, batchSeeds = 0 } = options;
  const project = openProject(options.projectDir);
  const { task } = project.config;
  const { model, assignment: own } = candidateOf(project, options);
  const entry = modelById(model, task);
  if (entry.kind === 'counting')
    throw new AutoModelError('USAGE', `${model} only counts: it makes no steps that could be planned`, {
      remedy: 'Name a model that is trained by gradient, such as dcnv2.',
    });
  const assignment = givenAssignment(entry, task, own);
  const prepared = await encodedProject(project, io);
  const dataset = openDataset(prepared.dir);
  const trainRows = dataset.contract.rows.train;
  const { hyperParameters } = chosenModel(model, assignment, dataset);
  const { recipe } = candidateTraining({ entry, hyperParameters }, assignment, dataset, trainRows);
  const given = recipe.batchSize;
  const bench = new ProcessBench({
    datasetDir: prepared.dir,
    model,
    assignment,
    windowMs: 1000 * windowSeconds,
    signal: io.signal,
  });
  mkdirSync(project.paths.state, { recursive: true });
  const journal = await openJournal({ path: project.paths.journal });
  try {
    const { memory } = await RunJournal.open(journal);
    const quality = (batchSize: number, resources: SharedResources) =>
      batchQuality(
        {
          place: trialPlace(project, prepared, resources.workers),
          memory,
          dataset,
          model,
          assignment,
          given,
          seeds: Array.from({ length: batchSeeds }, (_, s) => s + 1),
          margin: limits.metricMargin,
          io,
        },
        batchSize,
        resources,
      );
    const search = await searchPlan(
      bench,
      {
        batchSize: given,
        ways: waysToShare(machine.threads),
        batchSizes: otherBatchSizes(given, task, trainRows),
        maxEpochs: recipe.maxEpochs,
        rounds,
        finalRounds: rounds + 2,
      },
      limits,
      io,
      batchSeeds === 0 ? undefined : quality,
    );
    const { reference, alone, together, measured, footprint, othersBusy = 0 } = search;
    if (othersBusy > NOTABLE_SHARE * machine.threads)
      io.warn({
        code: 'MACHINE_BUSY',
        message:
          `Other programs kept ${othersBusy.toFixed(1)} of ${machine.threads} cores busy meanwhile. A plan with more threads takes a ` +
          'larger share of the machine from them, which looks like speed: measure again when it is quiet.',
      });
    if (alone === undefined || together === undefined)
      throw trainingRefusal(
        model,
        measured.filter(({ plan }) => plan.batchSize === given),
      );
    if (options.apply === true) {
      const before = readTrainingFile(project.paths);
      const { batchSize, ...shared } = together.plan;
      const { threads, prefetch } = alone.plan;
      const content: TrainingFile = {
        ...before,
        alone: { threads, prefetch },
        together: shared,
        batchSizes: batchSize === given ? before.batchSizes : { ...before.batchSizes, [model]: batchSize },
      };
      replaceJson(trainingFilePath(project.paths), content, io.warn);
    }
    return {
      model,
      hyperParameters: assignment,
      limits: {
        memoryMb: limits.memoryMb ?? null,
        cores: limits.cores ?? null,
        metricMargin: limits.metricMargin,
      },
      machine: { threads: machine.threads, othersBusy: search.othersBusy ?? null },
      rowsPerEpoch: footprint.rowsPerEpoch,
      maxEpochs: recipe.maxEpochs,
      stepFlops: footprint.stepCost.flops,
      reference,
      alone,
      together,
      measured: [...measured],
      kernels: [...search.kernels],
      parts: search.parts,
      evaluationMs: footprint.evaluationMs,
      batch: {
        given,
        chosen: together.plan.batchSize,
        trials: [...search.trials],
        seeds: batchSeeds,
      },
      applied: options.apply === true,
    };
  } finally {
    await bench.close();
    await journal.close();
  }
}

/** Model and assignment: those of an artefact, or the ones that are named. */
function candidateOf(
  { paths }: Project,
  { model, artefact, hyperParameters }: PlanTrainingOptions,
): { readonly model: string; readonly assignment: Assignment } {
  if (model !== undefined && artefact === undefined) return { model, assignment: hyperParameters };
  if (model === undefined && artefact !== undefined) {
    const lineage = lineageOf(chosenArtefact(paths.artefacts, artefact));
    return { model: lineage.model, assignment: { ...lineage.assignment, ...hyperParameters } };
  }
  throw new AutoModelError('USAGE', 'A model or an artefact is what a plan is for, and one of them', {
    remedy: 'Give --model <id>, or --artefact <hash>.',
  });
}

/**
 * Ways to share so many threads among trainings: one training on all of them first, which is what is done without a plan. Powers of
 * two, and what an even share leaves.
 */
export function waysToShare(threads: number): SharedResources[] {
  const upTo = (most: number): number[] => [
    ...new Set([most, 1, 2, 4, 8, 16, 32].filter((count) => count <= most)),
  ];
  const shares = upTo(threads)
    .sort((a, b) => a - b)
    .flatMap((workers) => upTo(Math.floor(threads / workers)).map((own) => ({ workers, threads: own })));
  return ([1, 0] as const).flatMap((prefetch) => shares.map((share) => ({ ...share, prefetch })));
}

/** What lines are drawn through and larger batches chosen from: half, twice and four times the given size, within what is searched. */
export function otherBatchSizes(given: number, task: Task, trainRows: number): number[] {
  const batchSize = recipeSpaceFor(task)['recipe.batchSize'];
  const most = batchSize.kind === 'ordered' ? Number(batchSize.values.at(-1)) : given;
  const larger = [2 * given, 4 * given].filter((size) => size <= most && size <= trainRows);
  const smaller = [given >> 1, given >> 2].slice(0, larger.length === 2 ? 1 : 2);
  return [...smaller.filter((size) => size >= 1), ...larger];
}
