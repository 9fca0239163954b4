import { clock, removeQuietly } from '../../platform/index.js';
import { openDataset } from '../../data/index.js';
import type { EncodedDataset, MetricTable, TrialOutcome, TrialRequest } from '../../schema/index.js';
import { scoreboardOf, steeringValue, summarise, valuesOf } from '../evaluation/scoring.js';
import { artefactExtra } from './artefact-extra.js';
import { fitCandidate, type FittedCandidate } from './fitted-candidate.js';
import { withNullLabels } from './null-labels.js';
import { predictionPath, writeLists, writeValues } from './prediction-files.js';
import { fitScope, type SealedAnswers } from './fit-scope.js';
import { validationTruth } from './validation-truth.js';

/** Length of the ranked lists kept per case: exact metrics at k <= 50 need 100 (see stats, ranks from lists). */
export const listLength = 100;

export interface TrialIo {
  readonly onProgress: (progress: { readonly done: number; readonly message: string }) => void;
  readonly signal: AbortSignal;
}

const opened = new Map<string, EncodedDataset>();

/** Datasets stay open between the trials of one worker; one at a time, since they may be large. */
function datasetAt(dir: string): EncodedDataset {
  let dataset = opened.get(dir);
  if (dataset === undefined) {
    opened.clear();
    dataset = openDataset(dir);
    opened.set(dir, dataset);
  }
  return dataset;
}

/**
 * One trial: fit, predict, score. Metrics come from the raw predictions and the harness's labels, never from the
 * candidate. Test predictions are features in, scores out: no test label is open in this process.
 */
export async function runTrial(
  request: TrialRequest,
  io: TrialIo,
  sealed?: SealedAnswers,
): Promise<TrialOutcome> {
  const begun = clock.monotonicMs();
  const real = datasetAt(request.datasetDir);
  const dataset = request.nullSeed === null ? real : withNullLabels(real, request.nullSeed);
  const truth = validationTruth(dataset, request.validationShare);
  const fitted = await fitCandidate({
    request,
    dataset: fitScope(dataset, request, sealed),
    trainRows: dataset.contract.rows.train,
    evaluate: request.fit.on === 'train' ? (scores) => steeringValue(truth, scores) : undefined,
    onProgress: (done, message) => io.onProgress({ done, message }),
    signal: io.signal,
  });
  try {
    const validationScores = await scoresOn(fitted, dataset);
    const predictionsHash = writeValues(
      predictionPath(request.predictionsDir, request.key, 'validation'),
      validationScores,
    );
    const validation = { ...valuesOf(truth, validationScores) };
    if (request.predictTest) await writeTest(fitted, dataset, request);
    if (request.artefactDir !== null && fitted.saveArtefact !== undefined) {
      // Left by a process that was killed before its result was journalled; the folder is addressed by content.
      removeQuietly(request.artefactDir);
      // After a refit these rows are trained on: a score of theirs would be no validation score.
      const unseen = request.fit.on === 'train';
      const metrics: MetricTable = unseen
        ? { validation: summarise([scoreboardOf(truth, validationScores)]) }
        : {};
      await fitted.saveArtefact(request.artefactDir, artefactExtra(request, metrics));
    }
    return {
      kind: 'scored',
      validation,
      predictionsHash,
      bestEpoch: fitted.bestEpoch,
      cost: {
        seconds: (clock.monotonicMs() - begun) / 1000,
        epochs: fitted.epochs,
        samples: fitted.samples,
        parameters: fitted.parameters,
        flopsPerSample: fitted.flopsPerSample,
      },
      observables: { ...fitted.observables },
    };
  } finally {
    await fitted.close();
  }
}

function scoresOn(fitted: FittedCandidate, dataset: EncodedDataset): Promise<Float32Array> {
  return dataset.task === 'next-item'
    ? fitted.rankTargets(dataset.validation)
    : fitted.predict(dataset.validation);
}

async function writeTest(
  fitted: FittedCandidate,
  dataset: EncodedDataset,
  request: TrialRequest,
): Promise<void> {
  const path = predictionPath(request.predictionsDir, request.key, 'test');
  if (dataset.task === 'next-item') writeLists(path, await fitted.rankCases(dataset.test, listLength));
  else writeValues(path, await fitted.predict(dataset.test));
}
