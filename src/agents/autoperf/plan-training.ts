import {
  type BatchTrial,
  type OperationIo,
  type SharedResources,
  type StepKernel,
  type StepParts,
  type TrainingFigures,
  type TrainingLimits,
  type TrainingPlan,
} from '../../schema/index.js';
import { median, medianInterval } from '../../stats/index.js';
import { brokenTrainingLimits, fastestPlan } from './choose-training-plan.js';
import { inTurns, ratiosOf } from './in-turns.js';
import { medianLine } from './median-line.js';
import type { TrainingBench, TrainingFootprint, TrainingWindow } from './training-bench.js';

export interface TrainingGrid {
  /** what is done without a plan; the first of `ways` at the given batch size */
  readonly batchSize: number;
  /** ways to share the machine, the reference first */
  readonly ways: readonly SharedResources[];
  /** further batch sizes: the cost model needs some, and larger ones may be proposed */
  readonly batchSizes: readonly number[];
  readonly maxEpochs: number;
  readonly rounds: number;
  /** of the last comparison */
  readonly finalRounds: number;
}

/** Quality of a larger batch: trainings with the same seeds. */
export type BatchQuality = Omit<BatchTrial, 'batchSize' | 'faster' | 'accepted'>;

export interface TrainingSearch {
  readonly reference: TrainingFigures;
  /** undefined: none keeps the limits */
  readonly alone: TrainingFigures | undefined;
  readonly together: TrainingFigures | undefined;
  readonly measured: readonly TrainingFigures[];
  readonly kernels: readonly StepKernel[];
  readonly parts: StepParts;
  readonly trials: readonly BatchTrial[];
  /** of the given batch size */
  readonly footprint: TrainingFootprint;
  /** cores that other programs kept busy, median over all turns; undefined where that cannot be told */
  readonly othersBusy: number | undefined;
}

/** A larger batch that is not faster by so much is not worth another training. */
const WORTH_TRYING = 1.05;

/**
 * Finds the fastest ways to train within the limits. Every way to share the machine is timed beside the reference, in turns; lines over
 * several batch sizes are the cost model; a larger batch is taken only where trainings with the same seeds lose no quality by it; what
 * was chosen is at last timed once more against the reference alone, since the fastest of many looks faster than it is.
 * @param quality undefined: batch sizes stay as given
 */
export async function planTraining(
  bench: TrainingBench,
  grid: TrainingGrid,
  limits: TrainingLimits,
  io: Pick<OperationIo, 'onProgress'>,
  quality?: (batchSize: number, resources: SharedResources) => Promise<BatchQuality>,
): Promise<TrainingSearch> {
  const { batchSize, ways, batchSizes } = grid;
  const planOf = (way: SharedResources, size = batchSize): TrainingPlan => ({ ...way, batchSize: size });
  const referencePlan = planOf(ways[0]);
  const footprints = new Map<number, TrainingFootprint>();
  const sizes = [batchSize, ...batchSizes.filter((size) => size !== batchSize)];
  for (const [done, size] of sizes.entries()) {
    io.onProgress({ kind: 'phase', name: 'Measure memory', done, total: sizes.length });
    footprints.set(size, await bench.footprint(size));
  }
  const footprintOf = (size: number): TrainingFootprint => footprints.get(size) as TrainingFootprint;

  const others: number[] = [];
  /** All of the plans, the reference first, in turns. */
  const compared = async (plans: readonly TrainingPlan[], rounds: number, name: string): Promise<Timed[]> => {
    const windows = await inTurns(
      plans,
      rounds,
      (plan) => bench.run(plan),
      (done) => io.onProgress({ kind: 'phase', name, done, total: rounds }),
    );
    await bench.release();
    others.push(...windows.flat().flatMap(({ othersBusy }) => othersBusy ?? []));
    const first = windows[0].map(({ rowsPerSecond }) => rowsPerSecond);
    return plans.map((plan, p) => {
      const footprint = footprintOf(plan.batchSize);
      return {
        plan,
        windows: windows[p],
        figures: figuresOf(plan, windows[p], first, footprint, grid, limits),
      };
    });
  };

  const bySize = new Map<number, readonly Timed[]>();
  bySize.set(
    batchSize,
    await compared(
      ways.map((way) => planOf(way)),
      grid.rounds,
      'Time steps',
    ),
  );
  const ahead = ways.filter(({ prefetch }) => prefetch === 1);
  for (const size of sizes.slice(1)) {
    const plans = [referencePlan, ...ahead.map((way) => planOf(way, size))];
    const timed = await compared(plans, grid.rounds, `Time steps of ${size} rows`);
    bySize.set(size, timed.slice(1));
  }
  const given = bySize.get(batchSize) as readonly Timed[];
  const [{ figures: before }] = given;
  const measured = [...bySize.values()].flatMap((timed) => timed.map(({ figures }) => figures));
  const choose = (figures: readonly TrainingFigures[], reference: TrainingFigures) => ({
    alone: fastestPlan(
      figures.filter(({ plan }) => plan.workers === 1),
      reference,
    ),
    together: fastestPlan(figures, reference),
  });
  const first = choose(
    given.map(({ figures }) => figures),
    before,
  );
  const { trials, size } = await largerBatch(measured, first.together, batchSize, limits, io, quality);

  const finalists = [first.alone, first.together].flatMap((one) =>
    one === undefined ? [] : [{ ...one.plan, batchSize: size }],
  );
  const plans = [referencePlan, ...finalists].filter(
    (plan, i, all) => all.findIndex((other) => keyOf(other) === keyOf(plan)) === i,
  );
  const last =
    plans.length === 1
      ? [given[0]]
      : await compared(plans, grid.finalRounds, 'Compare with what is done now');
  const [{ figures: reference }] = last;
  return {
    reference,
    ...choose(
      last.map(({ figures }) => figures),
      reference,
    ),
    measured,
    kernels: ahead.map((way) => kernelOf(way, bySize, footprintOf)),
    parts: partsOf(given[0].windows),
    trials,
    footprint: footprintOf(batchSize),
    othersBusy: others.length === 0 ? undefined : median(others),
  };
}

interface Timed {
  readonly plan: TrainingPlan;
  readonly windows: readonly TrainingWindow[];
  readonly figures: TrainingFigures;
}

const keyOf = ({ workers, threads, prefetch, batchSize }: TrainingPlan): string =>
  `${workers} ${threads} ${prefetch} ${batchSize}`;

const sameWay = (a: SharedResources, b: SharedResources): boolean =>
  a.workers === b.workers && a.threads === b.threads && a.prefetch === b.prefetch;

function figuresOf(
  plan: TrainingPlan,
  windows: readonly TrainingWindow[],
  reference: readonly number[],
  footprint: TrainingFootprint,
  { maxEpochs }: TrainingGrid,
  limits: TrainingLimits,
): TrainingFigures {
  const { confidence, ...ratio } = medianInterval(
    ratiosOf(
      windows.map(({ rowsPerSecond }) => rowsPerSecond),
      reference,
    ),
  );
  // As if it had been timed in the very rounds that the reference was.
  const rowsPerSecond = ratio.median * median(reference);
  const figures = {
    plan,
    rowsPerSecond,
    ratio: { ...ratio, confidence },
    rounds: windows.length,
    trainingsPerHour: (3600 * rowsPerSecond) / (footprint.rowsPerEpoch * maxEpochs),
    stepMs: stepMsOf(windows),
    coresBusy: Math.max(...windows.map(({ coresBusy }) => coresBusy)),
    rowsPerCoreSecond: median(windows.map((window) => window.rowsPerCoreSecond)),
    memoryMb: plan.workers * footprint.memoryMb,
  };
  return { ...figures, breaks: brokenTrainingLimits(figures, limits) };
}

const stepMsOf = (windows: readonly TrainingWindow[]): number =>
  median(windows.flatMap(({ times }) => times.map(({ wallMs, steps }) => wallMs / steps)));

/** Tries larger batches, the fastest first, until one loses no quality. */
async function largerBatch(
  measured: readonly TrainingFigures[],
  chosen: TrainingFigures | undefined,
  given: number,
  { metricMargin }: TrainingLimits,
  io: Pick<OperationIo, 'onProgress'>,
  quality: ((batchSize: number, resources: SharedResources) => Promise<BatchQuality>) | undefined,
): Promise<{ readonly trials: readonly BatchTrial[]; readonly size: number }> {
  if (quality === undefined || chosen === undefined) return { trials: [], size: given };
  const { batchSize: _batchSize, ...way } = chosen.plan;
  // Only ways that prepare ahead are timed with other batch sizes.
  const timed = { ...way, prefetch: 1 as const };
  const at = (size: number): TrainingFigures | undefined =>
    measured.find(({ plan }) => plan.batchSize === size && sameWay(plan, timed));
  const own = at(given)?.ratio.median ?? chosen.ratio.median;
  const candidates = measured
    .filter(({ plan, breaks }) => plan.batchSize > given && sameWay(plan, timed) && breaks.length === 0)
    .map(({ plan, ratio }) => ({ size: plan.batchSize, faster: ratio.median / own }))
    .filter(({ faster }) => faster > WORTH_TRYING)
    .sort((a, b) => b.faster - a.faster);
  const trials: BatchTrial[] = [];
  for (const [done, { size, faster }] of candidates.entries()) {
    io.onProgress({ kind: 'phase', name: 'Train with larger batches', done, total: candidates.length });
    const found = await quality(size, way);
    // Fewer rows a second may still be the sooner end.
    const accepted = found.lower >= -metricMargin && faster > found.rowsSeen;
    trials.push({ ...found, batchSize: size, faster, accepted });
    if (accepted) return { trials, size };
  }
  return { trials, size: given };
}

/** The line of one way over all batch sizes: milliseconds of a step over the operations that the graph counts in it. */
function kernelOf(
  way: SharedResources,
  bySize: ReadonlyMap<number, readonly Timed[]>,
  footprintOf: (size: number) => TrainingFootprint,
): StepKernel {
  const points = [...bySize].flatMap(([size, timed]) => {
    const own = timed.find(({ plan }) => sameWay(plan, way));
    return own === undefined ? [] : [{ size, ms: own.figures.stepMs }];
  });
  const { fixedMs, slopeMs, error } = medianLine(
    points.map(({ size, ms }) => ({ size: footprintOf(size).stepCost.flops, ms })),
  );
  const largest = footprintOf(Math.max(...points.map(({ size }) => size))).stepCost;
  const flopsPerSecond = slopeMs === 0 ? null : 1000 / slopeMs;
  return {
    ...way,
    stepMs: fixedMs,
    flopsPerSecond,
    bytesPerSecond: flopsPerSecond === null ? null : (flopsPerSecond * largest.bytes) / largest.flops,
    error,
  };
}

function partsOf(windows: readonly TrainingWindow[]): StepParts {
  const all = windows.flatMap(({ times }) => times);
  const sum = (of: (times: (typeof all)[number]) => number): number => all.reduce((s, one) => s + of(one), 0);
  const steps = sum((one) => one.steps);
  const wallMs = sum((one) => one.wallMs);
  return {
    wallMs: wallMs / steps,
    computeMs: sum((one) => one.computeMs) / steps,
    prepareMs: sum((one) => one.prepareMs) / steps,
    updateMs: sum((one) => one.updateMs) / steps,
    deeperPrefetch: sum((one) => one.unevenMs) / wallMs,
  };
}
