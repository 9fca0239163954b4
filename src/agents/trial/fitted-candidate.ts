import type { CtrSource, EncodedDataset, NextItemCases, TrialRequest } from '../../schema/index.js';
import { modelById } from '../../models/index.js';
import { resolveRecipe, train, type ArtefactExtra, type Evaluate, type FittedModel } from '../../training/index.js';
import { fieldsOf, hyperParametersOf, spaceOf } from './candidate-space.js';
import { defaults, validate } from '../../space/index.js';
import type { RankedLists } from './prediction-files.js';

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
  /** undefined for counted models, which are floors and not served */
  readonly saveArtefact: ((dir: string, extra: ArtefactExtra) => Promise<void>) | undefined;
  close(): Promise<void>;
}

export interface FitOptions {
  readonly request: TrialRequest;
  readonly dataset: EncodedDataset;
  readonly evaluate: Evaluate | undefined;
  readonly onProgress: (done: number, message: string) => void;
  readonly signal: AbortSignal;
}

/** Fits the candidate of a request. @throws AutoModelError with the fault code of what went wrong */
export async function fitCandidate(options: FitOptions): Promise<FittedCandidate> {
  const { request, dataset } = options;
  const entry = modelById(request.model);
  const space = spaceOf(entry);
  const hyperParameters = { ...defaults(space), ...hyperParametersOf(request.assignment) };
  validate(space, hyperParameters);
  if (entry.kind === 'counting') {
    return countedCandidate(await entry.model.fit(dataset, hyperParameters, { seed: request.seed }), dataset);
  }
  const fixedEpochs = request.fit.on === 'train' ? undefined : request.fit.epochs;
  const fitted = await train({
    definition: entry.definition,
    hyperParameters,
    recipe: resolveRecipe(dataset.task, request.assignment),
    dataset,
    fields: fieldsOf(dataset, request.assignment),
    seed: request.seed,
    fidelity: request.fidelity,
    evaluate: options.evaluate,
    fixedEpochs,
    threads: request.threads,
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

type Counted = Awaited<ReturnType<Extract<ReturnType<typeof modelById>, { kind: 'counting' }>['model']['fit']>>;

function countedCandidate(counted: Counted, dataset: EncodedDataset): FittedCandidate {
  const rows = dataset.task === 'next-item' ? dataset.userCount : dataset.train.rows;
  return {
    parameters: 0,
    flopsPerSample: 0,
    epochs: 1,
    bestEpoch: 1,
    samples: rows,
    observables: {},
    predict: async (source) => counted.predict(source),
    rankCases: async (cases, k) => counted.rankCases(cases, k),
    rankTargets: async (cases) => counted.rankTargets(cases),
    saveArtefact: undefined,
    close: async () => {},
  };
}
