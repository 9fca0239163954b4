import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTrial } from '../../../src/agents/trial/run-trial.js';
import { trialRequest, type TrialWish } from '../../../src/agents/trial/trial-request.js';
import { MetricTable } from '../../../src/schema/index.js';
import { clickLines, tinyLog, type TinyLog } from '../support/tiny-logs.js';
import { removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
let log: TinyLog;
beforeAll(async () => {
  log = await tinyLog(folder, clickLines(), 'ctr', 'time');
});
afterAll(() => removeFolder(folder));

const io = { onProgress: () => undefined, signal: new AbortController().signal };

async function kept(name: string, fit: TrialWish['fit']) {
  const wish: TrialWish = { model: 'lr', assignment: {}, seed: 5, validationShare: 'all', fit };
  const artefactDir = join(folder, name);
  const outcome = await runTrial({ ...trialRequest(log.place, wish), artefactDir }, io);
  const read = (file: string): unknown => JSON.parse(readFileSync(join(artefactDir, file), 'utf8'));
  return { outcome, metrics: MetricTable.parse(read('metrics.json')), lineage: read('lineage.json') };
}

describe('metrics.json of an artefact', () => {
  it('holds the validation score with its interval, in the form of every other metric', async () => {
    const { outcome, metrics } = await kept('fitted-on-train', { on: 'train' });
    if (outcome.kind !== 'scored') throw new Error(outcome.message);
    expect(Object.keys(metrics)).toEqual(['validation']);
    const { mean, sd, n, ci } = metrics.validation?.['auc'] ?? {};
    expect([mean, sd, n]).toEqual([outcome.validation['auc'], 0, 1]);
    expect(ci?.[0]).toBeLessThan(mean as number);
    expect(ci?.[1]).toBeGreaterThan(mean as number);
  });

  it('is empty after a refit, whose validation rows are trained on', async () => {
    const { metrics, lineage } = await kept('fitted-on-both', { on: 'train+validation', epochs: 1 });
    expect(metrics).toEqual({});
    expect(lineage).toMatchObject({ fittedOn: { on: 'train+validation' } });
  });
});
