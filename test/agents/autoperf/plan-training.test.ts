import { describe, expect, it } from 'vitest';
import {
  planTraining,
  type BatchQuality,
  type TrainingGrid,
} from '../../../src/agents/autoperf/plan-training.js';
import type { TrainingBench, TrainingWindow } from '../../../src/agents/autoperf/training-bench.js';
import { Rng } from '../../../src/platform/index.js';
import { TrainingFigures, TrainingLimits, type TrainingPlan } from '../../../src/schema/index.js';

const ways = [
  { workers: 1, threads: 2, prefetch: 1 },
  { workers: 1, threads: 1, prefetch: 1 },
  { workers: 2, threads: 1, prefetch: 1 },
  { workers: 1, threads: 2, prefetch: 0 },
  { workers: 1, threads: 1, prefetch: 0 },
  { workers: 2, threads: 1, prefetch: 0 },
] as const;
const grid: TrainingGrid = {
  batchSize: 1024,
  ways,
  batchSizes: [512, 2048, 4096],
  maxEpochs: 10,
  rounds: 7,
  finalRounds: 9,
};
const io = { onProgress: () => undefined };
const limits = (given: Partial<TrainingLimits> = {}): TrainingLimits => TrainingLimits.parse(given);
const flopsOf = (rows: number): number => 1e6 + 2e5 * rows;

interface Machine {
  /** share of the time of one thread that a second one leaves */
  readonly second?: number;
  /** how much slower each of two trainings is */
  readonly crowd?: number;
  /** how much slower everything is at the nth measurement */
  readonly disturbed?: (nth: number) => number;
  readonly noise?: number;
}

/** Two cores whose times are known: a step takes 4 ms and 1 ms for each 1e8 operations on one thread; half of what is prepared overlaps. */
class KnownMachine implements TrainingBench {
  readonly runs: TrainingPlan[] = [];
  released = 0;
  private readonly rng = new Rng(8);

  constructor(private readonly machine: Machine = {}) {}

  stepMs({ workers, threads, prefetch, batchSize }: TrainingPlan): number {
    const { second = 0.6, crowd = 1.1 } = this.machine;
    const compute = 4 + (flopsOf(batchSize) / 1e8) * (threads === 2 ? second : 1);
    return (compute + (prefetch === 0 ? 2 : 0)) * (workers === 2 ? crowd : 1);
  }

  async run(plan: TrainingPlan): Promise<TrainingWindow> {
    this.runs.push(plan);
    const { disturbed = () => 1, noise = 0.02 } = this.machine;
    const { workers, threads, prefetch, batchSize } = plan;
    const wallMs = this.stepMs(plan) * disturbed(this.runs.length) * (1 + noise * this.rng.next());
    const cores = workers * (threads + (prefetch === 1 ? 0.3 : 0));
    const times = Array.from({ length: workers }, () => ({
      steps: 10,
      rows: 10 * batchSize,
      wallMs: 10 * wallMs,
      prepareMs: 15,
      computeMs: 40,
      updateMs: 5,
      unevenMs: 0.1 * wallMs,
    }));
    return {
      rowsPerSecond: (1000 * workers * batchSize) / wallMs,
      coresBusy: cores,
      rowsPerCoreSecond: (1000 * workers * batchSize) / wallMs / cores,
      othersBusy: 0.25,
      times,
    };
  }

  async footprint(batchSize: number) {
    return {
      memoryMb: 100 + batchSize / 100,
      evaluationMs: 30,
      rowsPerEpoch: 50_000,
      stepCost: { flops: flopsOf(batchSize), bytes: 3 * flopsOf(batchSize) },
    };
  }

  async release() {
    this.released += 1;
  }
}

const quality = (over: Partial<BatchQuality> = {}): BatchQuality => ({
  metric: 'auc',
  difference: -0.0001,
  lower: -0.0004,
  seeds: 5,
  margin: 0.001,
  rowsSeen: 1,
  ...over,
});

describe('planTraining', () => {
  it('finds the fastest training alone and the fastest together, and says how much they gain', async () => {
    const bench = new KnownMachine();
    const { reference, alone, together, measured, trials, othersBusy } = await planTraining(
      bench,
      grid,
      limits(),
      io,
    );
    expect(reference.plan).toEqual({ ...ways[0], batchSize: 1024 });
    expect(alone?.plan).toEqual(reference.plan);
    expect(together?.plan).toEqual({ workers: 2, threads: 1, prefetch: 1, batchSize: 1024 });
    const gain = (2 * bench.stepMs(reference.plan)) / bench.stepMs(together!.plan);
    expect(Math.abs(together!.ratio.median / gain - 1)).toBeLessThan(0.03);
    expect(together!.ratio.lower).toBeGreaterThan(1);
    expect(together!.rounds).toBe(9);
    expect(together!.trainingsPerHour).toBeCloseTo((3600 * together!.rowsPerSecond) / 500_000, 6);
    expect(measured).toHaveLength(6 + 3 * 3);
    expect(measured.every((figures) => TrainingFigures.safeParse(figures).success)).toBe(true);
    expect([trials, othersBusy]).toEqual([[], 0.25]);
    expect(bench.released).toBe(5);
  });

  it('draws lines over the operations of the graph that predict the machine', async () => {
    const { kernels, parts } = await planTraining(new KnownMachine(), grid, limits(), io);
    expect(kernels.map(({ workers, threads }) => [workers, threads])).toEqual([
      [1, 2],
      [1, 1],
      [2, 1],
    ]);
    const rates = [1e8 / 0.6, 1e8, 1e8 / 1.1];
    for (const [k, kernel] of kernels.entries()) {
      expect(Math.abs((kernel.flopsPerSecond! * 1e-3) / rates[k] - 1)).toBeLessThan(0.05);
      expect(kernel.bytesPerSecond! / kernel.flopsPerSecond!).toBeCloseTo(3, 6);
      expect(kernel.error).toBeLessThan(0.1);
    }
    expect(parts.computeMs).toBeCloseTo(4, 6);
    expect(parts.deeperPrefetch).toBeCloseTo(0.01, 3);
  });

  it('takes one thread where a second one only costs', async () => {
    const { alone } = await planTraining(new KnownMachine({ second: 1.2, crowd: 3 }), grid, limits(), io);
    expect(alone?.plan).toMatchObject({ workers: 1, threads: 1, prefetch: 1 });
  });

  it('stays with what is done now where nothing is faster beyond the noise', async () => {
    const noisy = new KnownMachine({ second: 1, crowd: 2, noise: 0.5 });
    const { reference, alone, together } = await planTraining(noisy, grid, limits(), io);
    expect([alone, together]).toEqual([reference, reference]);
  });

  it('finds the same on a machine that grows slower all the time', async () => {
    const bench = new KnownMachine({ disturbed: (nth) => 1 + nth / 20 });
    const { together } = await planTraining(bench, grid, limits(), io);
    expect(together?.plan).toMatchObject({ workers: 2, threads: 1, prefetch: 1 });
    expect(bench.runs.length).toBeGreaterThan(100);
    const gain =
      (2 * bench.stepMs({ ...ways[0], batchSize: 1024 })) / bench.stepMs({ ...ways[2], batchSize: 1024 });
    expect(Math.abs(together!.ratio.median / gain - 1)).toBeLessThan(0.05);
  });

  it('keeps within the cores and the memory that are allowed, though that is slower', async () => {
    const oneCore = await planTraining(new KnownMachine(), grid, limits({ cores: 1 }), io);
    expect(oneCore.alone?.plan).toMatchObject({ workers: 1, threads: 1, prefetch: 0 });
    expect(oneCore.together?.plan).toEqual(oneCore.alone?.plan);
    expect(oneCore.reference.breaks).toEqual([{ limit: 'cores', is: 2.3, allowed: 1 }]);
    const small = await planTraining(new KnownMachine(), grid, limits({ memoryMb: 150 }), io);
    expect(small.together?.plan.workers).toBe(1);
    const none = await planTraining(new KnownMachine(), grid, limits({ memoryMb: 50 }), io);
    expect([none.alone, none.together]).toEqual([undefined, undefined]);
  });

  it('leaves the batch as given unless it is asked, and takes the fastest that loses nothing', async () => {
    const asked: number[] = [];
    const search = (found: (size: number) => BatchQuality) =>
      planTraining(new KnownMachine(), grid, limits(), io, async (size) => {
        asked.push(size);
        return found(size);
      });
    const good = await search(() => quality());
    expect(asked.splice(0)).toEqual([4096]);
    expect(good.together?.plan.batchSize).toBe(4096);
    expect(good.trials).toMatchObject([{ batchSize: 4096, accepted: true }]);
    const worse = await search((size) => quality({ lower: size === 4096 ? -0.0011 : -0.0009 }));
    expect(asked.splice(0)).toEqual([4096, 2048]);
    expect(worse.together?.plan.batchSize).toBe(2048);
    expect(worse.trials.map(({ accepted }) => accepted)).toEqual([false, true]);
    // Faster steps that need so many more rows gain nothing.
    const longer = await search(() => quality({ rowsSeen: 5 }));
    expect(longer.trials.map(({ accepted }) => accepted)).toEqual([false, false]);
    expect([longer.together?.plan.batchSize, longer.alone?.plan.batchSize]).toEqual([1024, 1024]);
  });
});
