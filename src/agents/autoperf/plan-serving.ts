import {
  type GraphOptimisation,
  type OperationIo,
  type PerfLimits,
  type PlanFigures,
  type PlanQuality,
  type Precision,
  type RecommendResponse,
  type ServingPlan,
} from '../../schema/index.js';
import { candidateValue } from './candidate-value.js';
import { brokenLimits, cheapestPlan } from './choose-plan.js';
import { BesideReference } from './beside-reference.js';
import { formatKey, keyOf } from './plan-key.js';
import { responseTimes } from './response-times.js';
import { median } from '../../stats/index.js';
import { optimisationLevels } from './optimisation-level.js';
import { expectedMs, serviceTimeModel, type ServiceTimeModel } from './service-time.js';

/** What AutoPerf may do with the machine and the model. */
export interface PlanBench {
  /**
   * Processor milliseconds and wall milliseconds of single requests, one at a time.
   * @param round each has requests of its own, the same ones for every plan; -1 warms up
   */
  time(plan: ServingPlan, round: number, rounds: number): Promise<TimedRequests>;
  /** response milliseconds of requests that arrive at random at so many a second */
  underLoad(plan: ServingPlan, rate: number): Promise<number[]>;
  /** answers with explanations to requests that are the same for every plan */
  answers(plan: ServingPlan): Promise<readonly RecommendResponse[]>;
  /** MiB of weights and tables, the encoded catalogue, histories and remembered ids */
  memoryMb(plan: ServingPlan): Promise<number>;
  /** closes the plans that were opened so far */
  release(): Promise<void>;
  /** the primary metric of a model that is kept so, against float32; undefined of float32 itself */
  formatQuality(format: Format): Promise<PlanQuality | undefined>;
}

export interface TimedRequests {
  readonly wallMs: readonly number[];
  /** mean over the requests, of all threads together */
  readonly cpuMs: number;
}

/** How weights and tables are kept: what an answer may depend on. */
export type Format = Pick<ServingPlan, 'precision' | 'tables'>;

export interface PlanGrid {
  /** as trained first: float32 of both */
  readonly formats: readonly Format[];
  /** of the machine: instances x threads are not more */
  readonly cores: number;
  readonly modelThreads: readonly number[];
  readonly modelInstances: readonly number[];
  /** candidates of the composition as it is first, then fewer */
  readonly candidates: readonly number[];
}

/** A format on a number of threads: what one line of the cost model is for. */
export interface Kernel extends Format {
  readonly modelThreads: number;
  readonly optimisation: GraphOptimisation;
  readonly model: ServiceTimeModel;
}

interface TimedKernel extends Kernel {
  readonly samples: readonly { readonly candidates: number; readonly times: TimedRequests }[];
}

export interface ServingSearch {
  readonly reference: PlanFigures;
  /** the cheapest plan that keeps every limit; undefined when none does */
  readonly chosen: PlanFigures | undefined;
  /** plans that were measured, in the order in which they were */
  readonly measured: readonly PlanFigures[];
  /** how many were left out: they lose quality, or the cost model says that they break a limit by far */
  readonly hopeless: number;
  readonly kernels: readonly Kernel[];
}

/** A plan whose prediction exceeds a limit by this factor is not measured. */
const HOPELESS = 1.5;
/** Plans that are measured at most, the cheapest first. */
const MOST_MEASURED = 8;

/**
 * Finds the cheapest plan that keeps the limits. What loses too much quality is out at once; a line through a few measurements per format and number of threads predicts every
 * plan; the promising ones are measured, the cheapest first, at last under load, until one keeps all limits.
 */
export async function planServing(
  bench: PlanBench,
  grid: PlanGrid,
  limits: PerfLimits,
  io: Pick<OperationIo, 'onProgress'>,
  flopsPerCandidate?: number,
): Promise<ServingSearch> {
  const [most] = grid.candidates;
  const referencePlan: ServingPlan = {
    ...grid.formats[0],
    modelThreads: grid.modelThreads[0],
    modelInstances: grid.modelInstances[0],
    optimisation: 'all',
    candidates: most,
  };
  const timings = new BesideReference(bench, referencePlan);
  const qualityOf = await qualities(bench, grid, referencePlan, limits, io);
  const memory = new Map<string, number>();
  for (const format of grid.formats)
    for (const modelInstances of grid.modelInstances) {
      const plan = { ...referencePlan, ...format, modelInstances };
      memory.set(memoryKey(plan), await bench.memoryMb(plan));
    }
  await bench.release();
  const memoryOf = (plan: ServingPlan): number => memory.get(memoryKey(plan)) ?? 0;
  const precisions = [...new Set(grid.formats.map(({ precision }) => precision))];
  const levels = await optimisationLevels(bench, referencePlan, precisions, io);
  const kernels = await kernelsOf(grid, levels, timings, io, flopsPerCandidate);
  const predicted = grid.candidates.flatMap((candidates) =>
    kernels.flatMap((kernel) => {
      const { precision, tables, modelThreads, optimisation } = kernel;
      return grid.modelInstances
        .filter((count) => count === 1 || count * modelThreads <= grid.cores)
        .map((modelInstances) => {
          const plan = { precision, tables, modelThreads, modelInstances, optimisation, candidates };
          return predict(plan, kernel, qualityOf(plan), memoryOf(plan), limits);
        });
    }),
  );
  const hopeful = predicted.filter(({ breaks }) =>
    breaks.every(({ limit, is, allowed }) => limit !== 'quality' && is !== null && is <= HOPELESS * allowed),
  );

  const judged = async (plan: ServingPlan): Promise<PlanFigures> => {
    const [{ wallMs, cpuMs }] = await timings.of([alone(plan, grid)]);
    const quiet = figuresOf(plan, wallMs, cpuMs, qualityOf(plan), memoryOf(plan), limits);
    // What breaks a limit without load need not be loaded.
    if (quiet.breaks.length > 0) return quiet;
    const responses = [...(await bench.underLoad(plan, limits.rate))].sort((a, b) => a - b);
    await bench.release();
    const at = (share: number): number =>
      responses[Math.min(responses.length - 1, Math.floor(share * responses.length))];
    const loaded = { ...quiet, p50Ms: at(0.5), p99Ms: at(0.99) };
    return { ...loaded, breaks: brokenLimits(loaded, limits) };
  };
  const reference = await judged(referencePlan);
  const measured: PlanFigures[] = [reference];
  const order = hopeful
    .filter(({ plan }) => keyOf(plan) !== keyOf(referencePlan))
    .sort((a, b) => a.costPerThousand - b.costPerThousand)
    .slice(0, MOST_MEASURED);
  for (const [done, { plan }] of order.entries()) {
    io.onProgress({ kind: 'phase', name: 'Measure plans', done, total: order.length });
    const figures = await judged(plan);
    measured.push(figures);
    // The next ones are dearer by prediction.
    if (figures.breaks.length === 0) break;
  }
  return {
    reference,
    chosen: cheapestPlan(measured),
    measured,
    hopeless: predicted.length - hopeful.length,
    kernels: kernels.map(({ samples: _samples, ...kernel }) => kernel),
  };
}

const memoryKey = (plan: ServingPlan): string => `${formatKey(plan)} ${plan.modelInstances}`;

/** The plan with the fewest instances: of one request at a time only one works, so that its times are those of all. */
const alone = (plan: ServingPlan, { modelInstances }: PlanGrid): ServingPlan => ({
  ...plan,
  modelInstances: modelInstances[0],
});

/** What every plan loses: of its format and of its number of candidates, each looked at once. */
async function qualities(
  bench: PlanBench,
  { formats, candidates }: PlanGrid,
  referencePlan: ServingPlan,
  limits: PerfLimits,
  io: Pick<OperationIo, 'onProgress'>,
): Promise<(plan: ServingPlan) => PlanQuality[]> {
  const total = formats.length + candidates.length;
  const ofFormat = new Map<string, PlanQuality | undefined>();
  for (const [done, format] of formats.entries()) {
    io.onProgress({ kind: 'phase', name: 'Compare answers', done, total });
    ofFormat.set(formatKey(format), await bench.formatQuality(format));
  }
  const reference = await bench.answers(referencePlan);
  const ofCount = new Map<number, PlanQuality | undefined>();
  for (const [i, count] of candidates.entries()) {
    io.onProgress({ kind: 'phase', name: 'Compare answers', done: formats.length + i, total });
    const same = count === referencePlan.candidates;
    const answers = same ? reference : await bench.answers({ ...referencePlan, candidates: count });
    ofCount.set(count, same ? undefined : candidateValue(answers, reference, limits.valueMargin));
    await bench.release();
  }
  return (plan) =>
    [ofFormat.get(formatKey(plan)), ofCount.get(plan.candidates)].filter((quality) => quality !== undefined);
}

async function kernelsOf(
  { formats, modelThreads, modelInstances, candidates }: PlanGrid,
  levels: ReadonlyMap<Precision, GraphOptimisation>,
  timings: BesideReference,
  io: Pick<OperationIo, 'onProgress'>,
  flopsPerCandidate: number | undefined,
): Promise<TimedKernel[]> {
  const counts = [...new Set([candidates[0], candidates[candidates.length >> 1], candidates.at(-1)!])];
  const kernels: TimedKernel[] = [];
  for (const [done, format] of formats.entries()) {
    io.onProgress({ kind: 'phase', name: 'Time single requests', done, total: formats.length });
    const optimisation = levels.get(format.precision) ?? 'all';
    const kinds = modelThreads.map((threads) => ({ ...format, modelThreads: threads, optimisation }));
    const byCount: TimedRequests[][] = [];
    for (const count of counts) {
      const plans = kinds.map((kind) => ({ ...kind, modelInstances: modelInstances[0], candidates: count }));
      byCount.push(await timings.of(plans));
    }
    for (const [k, kind] of kinds.entries()) {
      const samples = counts.map((count, c) => ({ candidates: count, times: byCount[c][k] }));
      const points = samples.flatMap(({ candidates: count, times }) =>
        times.wallMs.map((ms) => ({ candidates: count, ms })),
      );
      kernels.push({ ...kind, samples, model: serviceTimeModel(points, flopsPerCandidate) });
    }
  }
  return kernels;
}

/** A plan by the cost model: the times of the nearest count that was measured, scaled to what the line expects. */
function predict(
  plan: ServingPlan,
  { model, samples }: TimedKernel,
  quality: PlanQuality[],
  memoryMb: number,
  limits: PerfLimits,
): PlanFigures {
  const distance = ({ candidates }: { readonly candidates: number }): number =>
    Math.abs(candidates - plan.candidates);
  const nearest = samples.reduce((best, one) => (distance(one) < distance(best) ? one : best));
  const { wallMs, cpuMs } = nearest.times;
  const scale = expectedMs(model, plan.candidates) / median(wallMs);
  const scaled = wallMs.map((ms) => ms * scale);
  return figuresOf(plan, scaled, cpuMs * scale, quality, memoryMb, limits);
}

function figuresOf(
  plan: ServingPlan,
  wallMs: readonly number[],
  cpuMs: number,
  quality: PlanQuality[],
  memoryMb: number,
  limits: PerfLimits,
): PlanFigures {
  const { rate, pricePerCoreHour } = limits;
  const { utilisation, p50Ms, p99Ms } = responseTimes(wallMs, { rate, servers: plan.modelInstances });
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  const figures = {
    plan,
    serviceMs: median(wallMs),
    p50Ms: finite(p50Ms),
    p99Ms: finite(p99Ms),
    utilisation,
    memoryMb,
    // cpuMs / 1000 core-seconds a request, a thousand requests
    costPerThousand: (cpuMs * pricePerCoreHour) / 3600,
    quality,
  };
  return { ...figures, breaks: brokenLimits(figures, limits) };
}
