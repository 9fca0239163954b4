/**
 * NaN metrics accepted. Seen in systems of this kind: a comparison with NaN is always false, so `if score < best: reject`
 * keeps the candidate, and a sort or an argmax with NaN in it puts anything first; or the NaN is written as `null` or 0 on
 * its way through JSON and comes back as a number.
 */
import { describe, expect, it } from 'vitest';
import { scoreboardOf } from '../../src/agents/evaluation/scoring.js';
import type { ValidationTruth } from '../../src/agents/trial/validation-truth.js';
import { createInlineExecutor } from '../../src/execution/index.js';
import { MemoryJournal } from '../../src/journal/index.js';
import { TrialOutcome, type Task } from '../../src/schema/index.js';
import { trialRequest } from '../execution/trial-request.js';

const notNumbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const cost = { seconds: 1, epochs: 1, samples: 1, parameters: 1, flopsPerSample: 1 };
const scored = (auc: unknown) => ({
  kind: 'scored',
  validation: { auc },
  predictionsHash: 'h',
  bestEpoch: 1,
  cost,
  observables: {},
});

/** Six rows of three users; row 4 is what the candidate gets wrong. */
function truthOf(task: Task): ValidationTruth {
  const common = {
    rows: Int32Array.of(0, 1, 2, 3, 4, 5),
    users: Int32Array.of(0, 0, 1, 1, 2, 2),
    userCount: 3,
  };
  if (task === 'next-item') return { kind: 'ranks', task, ...common };
  return { kind: 'rows', task, labels: Float32Array.of(1, 0, 1, 0, 1, 0), ...common };
}

describe('a metric that is no number', () => {
  it.each(notNumbers)('%s from a worker is a fault of the candidate', async (bad) => {
    const executor = createInlineExecutor(async () => scored(bad) as TrialOutcome);
    expect(await executor.run(trialRequest('any'))).toMatchObject({
      kind: 'fault',
      code: 'PREDICTIONS_INVALID',
      infrastructure: false,
    });
    await executor.close();
  });

  it.each([null, 'NaN', '0.9', true, undefined])('%j in its place is none either', async (bad) => {
    const executor = createInlineExecutor(async () => scored(bad) as TrialOutcome);
    expect(await executor.run(trialRequest('any'))).toMatchObject({ kind: 'fault', infrastructure: false });
    await executor.close();
  });

  it('is a score where it is a number (control)', async () => {
    const executor = createInlineExecutor(async () => scored(0.7) as TrialOutcome);
    expect(await executor.run(trialRequest('any'))).toMatchObject({
      kind: 'scored',
      validation: { auc: 0.7 },
    });
    await executor.close();
  });

  it('cannot be journalled, so that it cannot come back as null', async () => {
    const journal = new MemoryJournal();
    for (const bad of notNumbers)
      await expect(journal.append('trial-committed', { value: bad })).rejects.toMatchObject({
        code: 'INTERNAL',
        message: expect.stringContaining('trial-committed'),
      });
    expect((await journal.head()).seq).toBe(0);
  });
});

describe('a prediction that is no number', () => {
  it.each(['ctr', 'rating', 'next-item'] as const)('is no metric of %s, wherever it lies', (task) => {
    const truth = truthOf(task);
    const good = Float32Array.of(3, 1, 4, 2, 5, 6);
    expect(Object.values(scoreboardOf(truth, good)).every(({ value }) => Number.isFinite(value))).toBe(true);
    for (const bad of notNumbers.slice(0, task === 'next-item' ? 1 : 3))
      for (let row = 0; row < 6; row += 1) {
        const predictions = good.slice();
        predictions[row] = bad;
        expect(() => scoreboardOf(truth, predictions), `${bad} in row ${row}`).toThrow(
          expect.objectContaining({ code: 'PREDICTIONS_INVALID' }),
        );
      }
  });
});
