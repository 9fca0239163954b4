import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ValidationScorer } from '../../../src/agents/loop/validation-scorer.js';
import { predictionPath, writeValues } from '../../../src/agents/trial/prediction-files.js';
import { trialRequest } from '../../../src/agents/trial/trial-request.js';
import { simulatedWorld } from '../support/simulated-world.js';
import { removeFolder, temporaryFolder } from '../tiny-project.js';

const predictionsDir = temporaryFolder();
afterAll(() => removeFolder(predictionsDir));

const world = simulatedWorld(4, 40);
const request = trialRequest(
  { contractHash: 'abc', datasetDir: '/d', predictionsDir, checkpointsDir: '/c', threads: 1 },
  { model: 'dnn', assignment: {}, seed: 1, validationShare: 'search' },
);
const path = predictionPath(predictionsDir, request.key, 'validation');
const scorer = new ValidationScorer(world.dataset);
const write = () => ({ predictionsHash: writeValues(path, world.predictions(request, 1)) });

describe('ValidationScorer', () => {
  it('scores the predictions that were journalled (control)', () => {
    expect(scorer.score(request, 'all', write())['auc'].value).toBeGreaterThan(0.5);
  });

  it('scores nothing of a file in which one bit changed, and names it', () => {
    const outcome = write();
    const bytes = readFileSync(path);
    for (const at of [0, 2, bytes.length >> 1, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[at] ^= 1;
      writeFileSync(path, damaged);
      expect(() => scorer.score(request, 'all', outcome), `byte ${at}`).toThrow(
        expect.objectContaining({
          code: 'PREDICTIONS_INVALID',
          details: { path },
          remedy: expect.stringContaining('Delete the file'),
        }),
      );
    }
  });

  it('says of a file that is gone that the trial will be repeated', () => {
    const outcome = write();
    rmSync(path);
    expect(() => scorer.score(request, 'all', outcome)).toThrow(
      expect.objectContaining({ code: 'FILE_NOT_FOUND', retryable: true }),
    );
  });
});
