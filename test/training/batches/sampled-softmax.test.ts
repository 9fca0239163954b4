import { describe, expect, it } from 'vitest';
import { FIRST_VALUE_ID, type NextItemDataset } from '../../../src/schema/index.js';
import { NegativeSampler } from '../../../src/training/batches/negative-sampler.js';
import { NextItemBatch } from '../../../src/training/batches/next-item-batch.js';
import { NextItemWindows } from '../../../src/training/batches/next-item-windows.js';
import { nextItemInputNames as names } from '../../../src/training/inputs/next-item-inputs.js';
import { cyclicDataset } from '../support/tiny-data.js';

const ITEMS = 9;
const candidates = Array.from({ length: ITEMS }, (_, i) => FIRST_VALUE_ID + i);
/** How often each candidate stands in the training events: what negatives are drawn by. */
const popularity = [40, 20, 12, 9, 7, 5, 3, 2, 1];
/** What really comes next, far from what is popular. */
const truth = [0.05, 0.3, 0.02, 0.2, 0.08, 0.05, 0.1, 0.05, 0.15];

/** One user per candidate as a target, whose longer past makes the popularity. */
function dataset(): NextItemDataset {
  const histories = candidates.map((id, i) => Array.from({ length: popularity[i] + 1 }, () => id));
  const offsets = [0];
  for (const history of histories) offsets.push(offsets.at(-1)! + history.length);
  return {
    ...cyclicDataset({ users: ITEMS }),
    itemCount: ITEMS + FIRST_VALUE_ID,
    userCount: ITEMS,
    events: Int32Array.from(histories.flat()),
    offsets: Int32Array.from(offsets),
    trainEnds: Int32Array.from(offsets.slice(1)),
  };
}

interface Sample {
  readonly targets: readonly number[];
  readonly negatives: readonly number[];
  readonly logTargets: readonly number[];
  readonly logNegatives: readonly number[];
}

/** What a step feeds to the loss. */
function samples(count: number, steps: number): Sample[] {
  const data = dataset();
  const windows = new NextItemWindows(data, 1, 1);
  const batch = new NextItemBatch({
    windows,
    sampler: new NegativeSampler(data, count, 'popularity', 5),
    users: ITEMS,
    positions: ITEMS,
    inputs: new Set(Object.values(names)),
    dropoutMasks: [],
  });
  const [everyone] = windows.split(windows.users, ITEMS);
  return Array.from({ length: steps }, (_, i) => {
    batch.fill(everyone, 5, i + 1, 0);
    const fed = new Map(
      batch.feeds().map(({ name, type, offset, dims }) => {
        const values =
          type === 'float32'
            ? new Float32Array(batch.slab, offset, dims[0])
            : new Int32Array(batch.slab, offset, dims[0]);
        return [name, [...values]] as const;
      }),
    );
    return {
      targets: fed.get(names.targets)!,
      negatives: fed.get(names.negatives)!,
      logTargets: fed.get(names.targetLogProbabilities)!,
      logNegatives: fed.get(names.negativeLogProbabilities)!,
    };
  });
}

/**
 * Loss of one target and its gradient by the score of every candidate: cross-entropy of the target among itself and the
 * negatives that are not the target, scores lowered by the log probabilities.
 */
function sampledLoss(
  scores: readonly number[],
  sample: Sample,
  p: number,
): { loss: number; gradient: number[] } {
  const target = sample.targets[p];
  const terms = [{ id: target, logit: scores[target - FIRST_VALUE_ID] - sample.logTargets[p] }];
  sample.negatives.forEach((id, n) => {
    if (id !== target) terms.push({ id, logit: scores[id - FIRST_VALUE_ID] - sample.logNegatives[n] });
  });
  const most = Math.max(...terms.map((term) => term.logit));
  const total = terms.reduce((sum, term) => sum + Math.exp(term.logit - most), 0);
  const gradient = candidates.map((id) => (id === target ? -1 : 0));
  for (const { id, logit } of terms) gradient[id - FIRST_VALUE_ID] += Math.exp(logit - most) / total;
  return { loss: most + Math.log(total) - terms[0].logit, gradient };
}

function fullLoss(scores: readonly number[], target: number): number {
  const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
  return Math.log(total) - scores[target - FIRST_VALUE_ID];
}

/** Expected gradient of the loss when targets come by `truth`; zero at scores = log truth for the full softmax. */
function expectedGradient(drawn: readonly Sample[], correct: (sample: Sample) => Sample): number[] {
  const scores = truth.map(Math.log);
  const mean = candidates.map(() => 0);
  for (const sample of drawn.map(correct)) {
    sample.targets.forEach((target, p) => {
      const { gradient } = sampledLoss(scores, sample, p);
      const weight = truth[target - FIRST_VALUE_ID] / drawn.length;
      gradient.forEach((value, i) => (mean[i] += weight * value));
    });
  }
  return mean;
}

const largest = (values: readonly number[]): number => Math.max(...values.map(Math.abs));
const uncorrected = (sample: Sample): Sample => ({
  ...sample,
  logTargets: sample.logTargets.map(() => 0),
  logNegatives: sample.logNegatives.map(() => 0),
});

describe('sampled softmax', () => {
  it('is the full softmax when the sample holds the whole vocabulary many times over', () => {
    const scores = [2, -1, 0.5, 0, 1, -2, 0.3, 1.5, -0.7];
    for (const sample of samples(2000, 3)) {
      expect(new Set(sample.negatives).size).toBe(ITEMS);
      sample.targets.forEach((target, p) => {
        expect(sampledLoss(scores, sample, p).loss).toBeCloseTo(fullLoss(scores, target), 4);
      });
    }
  });

  it.each([2, 4, 16, 64])('of %i negatives pulls nothing away from the true distribution', (count) => {
    const drawn = samples(count, 3000);
    const bias = largest(expectedGradient(drawn, (sample) => sample));
    expect(bias).toBeLessThan(0.02);
    expect(largest(expectedGradient(drawn, uncorrected))).toBeGreaterThan(3 * bias);
  });
});
