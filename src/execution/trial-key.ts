import { canonicalJson, sha256 } from '../platform/index.js';
import type { TrialRequest } from '../schema/index.js';

/**
 * Content hash of a trial: equal keys mean equal work, so a repeat is harmless and a finished one need not run again.
 * Where files lie, how many threads compute and whether batches are prepared ahead are not content; whether an artefact is kept is.
 */
export function trialKey(request: Omit<TrialRequest, 'key'> & { readonly key?: string }): string {
  const {
    key: _key,
    datasetDir: _datasetDir,
    predictionsDir: _predictionsDir,
    checkpointPath: _checkpointPath,
    threads: _threads,
    prefetch: _prefetch,
    artefactDir,
    ...content
  } = request;
  return sha256(canonicalJson({ ...content, keepsArtefact: artefactDir !== null }));
}
