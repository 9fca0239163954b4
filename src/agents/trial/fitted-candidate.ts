import { AutoModelError } from '../../platform/index.js';
import type {
  Assignment,
  CtrSource,
  EncodedDataset,
  NextItemCases,
  TrialRequest,
} from '../../schema/index.js';
import { saveCounted, type CountingModel } from '../../models/index.js';
import type { ArtefactExtra, Evaluate, FittedModel } from '../../training/index.js';
import { fieldsOf } from './candidate-space.js';
import { candidateTraining, chosenModel } from './candidate-training.js';
import type { RankedLists } from './prediction-files.js';
import { trainOnwards } from './rung-checkpoint.js';

/** A fitted candidate, whether trained by gradient or counted: what a trial needs of it. */
export interface FittedCandidate {
  readonly parameters: number;
  readonly flopsPerSample: number;
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly samples: number;
  readonly observables: Readonly<Record<string, number>>;
  predict(source: CtrSource): Promise<Float32Array>;
  rankCases(cases: NextItemCases, k: number): Promise<RankedLists>;
  rankTargets(cases: NextItemCases): Promise<Float32Array>;
  /** undefined for the floors of click tasks, which are counted and not served */
  readonly saveArtefact: ((dir: string, extra: ArtefactExtra) => Promise<void>) | undefined;
  close(): Promise<void>;
}

export interface FitOptions {
  readonly request: TrialRequest;
  readonly dataset: EncodedDataset;
  /** training rows of the contract, before a refit widens them: defaults go by it */
  readonly trainRows: number;
  readonly evaluate: Evaluate | undefined;
  readonly onProgress: (done: number, message: string) => void;
  readonly signal: AbortSignal;
}

/** Fits the candidate of a request. @throws AutoModelError with the fault code of what went wrong */
export async function fitCandidate(options: FitOptions): Promise<FittedCandidate> {
  const { request, dataset } = options;
  const { entry, hyperParameters } = chosenModel(request.model, request.assignment, dataset);
  if (entry.kind === 'counting') {
    return countedCandidate(
      entry.model,
      hyperParameters,
      request.seed,
      dataset,
      fieldsOf(dataset, request.assignment),
    );
  }
  const fixedEpochs = request.fit.on === 'train' ? undefined : request.fit.epochs;
  const fitted = await trainOnwards(request, {
    ...candidateTraining({ entry, hyperParameters }, request.assignment, dataset, options.trainRows),
    seed: request.seed,
    fidelity: request.fidelity,
    evaluate: options.evaluate,
    fixedEpochs,
    threads: request.threads,
    schedule: request.prefetch === 0 ? 'serial' : 'overlapped',
    signal: options.signal,
    onProgress: (progress) =>
      options.onProgress(
        progress.step / progress.totalSteps,
        `epoch ${progress.epoch.toFixed(1)}, loss ${progress.loss.toPrecision(4)}`,
      ),
  });
  return trainedCandidate(fitted);
}

function trainedCandidate(fitted: FittedModel): FittedCandidate {
  return {
    parameters: fitted.parameterCount,
    flopsPerSample: fitted.flopsPerSample,
    epochs: fitted.epochs,
    bestEpoch: fitted.bestEpochs,
    samples: fitted.samples,
    observables: fitted.observables,
    predict: (source) => fitted.predict(source),
    rankCases: (cases, k) => fitted.rankCases(cases, k),
    rankTargets: (cases) => fitted.rankTargets(cases),
    saveArtefact: (dir, extra) => fitted.saveArtefact(dir, extra),
    close: () => fitted.close(),
  };
}

function countedCandidate(
  model: CountingModel,
  hyperParameters: Assignment,
  seed: number,
  dataset: EncodedDataset,
  fields: readonly string[] | undefined,
): FittedCandidate {
  const common = { flopsPerSample: 0, epochs: 1, bestEpoch: 1, observables: {} };
  const wrongTask = () =>
    new AutoModelError('USAGE', `${model.name} is a ${model.task} model, and the task is ${dataset.task}`);
  if (dataset.task === 'next-item' && model.task === 'next-item') {
    const fitted = model.fit(dataset, hyperParameters, { seed });
    return {
      ...common,
      parameters: fitted.parameters,
      samples: dataset.userCount,
      predict: () => Promise.reject(wrongTask()),
      rankCases: async (cases, k) => fitted.rankCases(cases, k),
      rankTargets: async (cases) => fitted.rankTargets(cases),
      saveArtefact: (dir, extra) => saveCounted(dir, model.name, fitted, dataset, hyperParameters, extra),
      close: async () => {},
    };
  }
  if (dataset.task !== 'next-item' && model.task === 'ctr') {
    const kept =
      fields === undefined ? dataset.fields : dataset.fields.filter((field) => fields.includes(field.name));
    const fitted = model.fit({ ...dataset, fields: kept }, hyperParameters, { seed });
    return {
      ...common,
      parameters: fitted.parameters,
      samples: dataset.train.rows,
      predict: async (source) => fitted.predict(source),
      rankCases: () => Promise.reject(wrongTask()),
      rankTargets: () => Promise.reject(wrongTask()),
      saveArtefact: undefined,
      close: async () => {},
    };
  }
  throw wrongTask();
}
