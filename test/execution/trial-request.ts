import { fileURLToPath } from 'node:url';
import { trialKey } from '../../src/execution/index.js';
import type { TrialRequest } from '../../src/schema/index.js';

/** A request whose `model` names what the fixture handler does. */
export function trialRequest(model: string, over: Partial<TrialRequest> = {}): TrialRequest {
  const content = {
    contractHash: 'contract',
    engine: '0.0.0',
    encoding: 'contract-encoding',
    datasetDir: '/nowhere/dataset',
    predictionsDir: '/nowhere/predictions',
    checkpointPath: null,
    model,
    assignment: {},
    seed: 50,
    fidelity: 1,
    validationShare: 'search',
    nullSeed: null,
    fit: { on: 'train' },
    predictTest: false,
    artefactDir: null,
    threads: 1,
    ...over,
  } satisfies Omit<TrialRequest, 'key'>;
  return { ...content, key: trialKey(content) };
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
}
