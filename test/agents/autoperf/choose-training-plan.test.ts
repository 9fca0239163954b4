import { describe, expect, it } from 'vitest';
import {
  brokenTrainingLimits,
  describeTrainingPlan,
  fastestPlan,
  trainingRefusal,
} from '../../../src/agents/autoperf/choose-training-plan.js';
import { exitCodeOf } from '../../../src/platform/index.js';
import { TrainingLimits, type TrainingFigures } from '../../../src/schema/index.js';

const figures = (median: number, lower: number, over: Partial<TrainingFigures> = {}): TrainingFigures => ({
  plan: { workers: 1, threads: 1, prefetch: 1, batchSize: 128 },
  rowsPerSecond: 1000 * median,
  ratio: { median, lower, upper: 2 * median, confidence: 0.98 },
  rounds: 7,
  trainingsPerHour: 1,
  stepMs: 1,
  coresBusy: 1.5,
  rowsPerCoreSecond: 700,
  memoryMb: 200,
  breaks: [],
  ...over,
});
const broken = { limit: 'memory', is: 200, allowed: 100 } as const;

describe('brokenTrainingLimits', () => {
  it('names what is exceeded, and lets Node have a little of a core for itself', () => {
    const limits = (given: Partial<TrainingLimits>): TrainingLimits => TrainingLimits.parse(given);
    const own = figures(1, 1);
    expect(brokenTrainingLimits(own, limits({}))).toEqual([]);
    expect(brokenTrainingLimits(own, limits({ memoryMb: 199 }))).toEqual([
      { limit: 'memory', is: 200, allowed: 199 },
    ]);
    expect(brokenTrainingLimits(own, limits({ cores: 1.45 }))).toEqual([]);
    expect(brokenTrainingLimits(own, limits({ cores: 1.4, memoryMb: 100 }))).toMatchObject([
      { limit: 'memory' },
      { limit: 'cores', is: 1.5, allowed: 1.4 },
    ]);
  });
});

describe('fastestPlan', () => {
  const reference = figures(1, 1);

  it('takes the highest ratio, if its lower bound shows a gain', () => {
    const better = figures(1.4, 1.1);
    expect(fastestPlan([reference, figures(1.2, 1.15), better], reference)).toBe(better);
    expect(fastestPlan([reference, figures(1.4, 0.99)], reference)).toBe(reference);
    expect(fastestPlan([], reference)).toBe(reference);
  });

  it('never takes one that breaks a limit, and gives up a reference that does', () => {
    const fast = figures(3, 2, { breaks: [broken] });
    expect(fastestPlan([reference, fast], reference)).toBe(reference);
    const slow = figures(0.7, 0.6);
    expect(fastestPlan([fast, slow], { ...reference, breaks: [broken] })).toBe(slow);
    expect(fastestPlan([fast], { ...reference, breaks: [broken] })).toBeUndefined();
  });
});

describe('trainingRefusal', () => {
  it('names the limits of the plan that comes nearest, and ends with 4', () => {
    const far = figures(1, 1, { breaks: [{ limit: 'memory', is: 400, allowed: 100 }] });
    const near = figures(1, 1, {
      plan: { workers: 2, threads: 1, prefetch: 0, batchSize: 64 },
      breaks: [{ limit: 'cores', is: 1.516, allowed: 1 }],
    });
    const error = trainingRefusal('din', [far, near]);
    expect(exitCodeOf(error)).toBe(4);
    expect(error.message).toBe(
      'No plan trains din within the limits: the nearest (2 trainings x 1 thread, nothing prepared ahead, batch 64) breaks cores (1.52, allowed 1)',
    );
    expect(trainingRefusal('din', [far]).message).toContain('memory (400 MiB, allowed 100 MiB)');
  });

  it('says plans in words', () => {
    expect(describeTrainingPlan({ workers: 1, threads: 2, prefetch: 1, batchSize: 8 })).toBe(
      'one training x 2 threads, one batch prepared ahead, batch 8',
    );
  });
});
