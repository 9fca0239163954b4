import { basename, join } from 'node:path';
import { packageVersion } from '../../platform/index.js';
import { trialKey } from '../../execution/index.js';
import type { Assignment, TrialRequest } from '../../schema/index.js';

/** Where trials of one project and contract read and write. */
export interface TrialPlace {
  readonly contractHash: string;
  readonly datasetDir: string;
  readonly predictionsDir: string;
  readonly checkpointsDir: string;
  readonly threads: number;
  readonly prefetch?: TrialRequest['prefetch'];
}

export interface TrialWish {
  readonly model: string;
  readonly assignment: Assignment;
  readonly seed: number;
  readonly fidelity?: number;
  readonly validationShare: TrialRequest['validationShare'];
  readonly nullSeed?: number | null;
  readonly fit?: TrialRequest['fit'];
  readonly predictTest?: boolean;
  readonly artefactDir?: string | null;
}

/** Completes a wish and gives it its content key: same content, same key, wherever the project lies. */
export function trialRequest(place: TrialPlace, wish: TrialWish): TrialRequest {
  const content = {
    contractHash: place.contractHash,
    engine: packageVersion,
    encoding: basename(place.datasetDir),
    datasetDir: place.datasetDir,
    predictionsDir: place.predictionsDir,
    model: wish.model,
    assignment: wish.assignment,
    seed: wish.seed,
    fidelity: wish.fidelity ?? 1,
    validationShare: wish.validationShare,
    nullSeed: wish.nullSeed ?? null,
    fit: wish.fit ?? { on: 'train' as const },
    predictTest: wish.predictTest ?? false,
    artefactDir: wish.artefactDir ?? null,
    checkpointPath: null,
    threads: place.threads,
    ...(place.prefetch !== undefined && { prefetch: place.prefetch }),
  };
  // Shared by the rungs of a trial: a higher one goes on where the lower one ended.
  const checkpointPath = join(place.checkpointsDir, trialKey({ ...content, fidelity: 1 }));
  return { ...content, checkpointPath, key: trialKey(content) };
}
