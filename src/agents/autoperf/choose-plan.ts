import { AutoModelError } from '../../platform/index.js';
import type { BrokenLimit, LimitName, PerfLimits, PlanFigures, ServingPlan } from '../../schema/index.js';

type Measured = Omit<PlanFigures, 'breaks'>;

/** Which limits a plan breaks, in the order in which people ask: time, memory, cost, quality. */
export function brokenLimits(figures: Measured, limits: PerfLimits): BrokenLimit[] {
  const { p99Ms, memoryMb, costPerThousand } = limits;
  const above = (limit: LimitName, is: number | null, allowed: number | undefined): BrokenLimit[] =>
    allowed === undefined || (is !== null && is <= allowed) ? [] : [{ limit, is, allowed }];
  return [
    ...above('p99', figures.p99Ms, p99Ms ?? (figures.p99Ms === null ? Number.MAX_VALUE : undefined)),
    ...above('memory', figures.memoryMb, memoryMb),
    ...above('cost', figures.costPerThousand, costPerThousand),
    ...figures.quality.flatMap(({ lower, margin }) => above('quality', -lower, margin)),
  ];
}

/** The cheapest plan that keeps every limit; equally cheap ones by their 99th percentile, then in the order given. */
export function cheapestPlan(figures: readonly PlanFigures[]): PlanFigures | undefined {
  return figures
    .filter(({ breaks }) => breaks.length === 0)
    .reduce<PlanFigures | undefined>((best, one) => {
      if (best === undefined) return one;
      const cheaper = one.costPerThousand - best.costPerThousand;
      return cheaper < 0 || (cheaper === 0 && (one.p99Ms ?? Infinity) < (best.p99Ms ?? Infinity))
        ? one
        : best;
    }, undefined);
}

/**
 * Why no plan will do, as an error that ends with exit code 4: the limits of the plan that comes nearest, that is, whose worst
 * limit is exceeded least.
 */
export function refusal(model: string, figures: readonly PlanFigures[], limits: PerfLimits): AutoModelError {
  const nearest = figures.reduce((best, one) => (excess(one) < excess(best) ? one : best));
  const said = nearest.breaks.map(describeBroken).join(', ');
  return new AutoModelError(
    'LIMIT_EXCEEDED',
    `No plan serves ${model} at ${limits.rate} requests/s within the limits: the nearest (${describePlan(nearest.plan)}) breaks ${said}`,
    {
      remedy: 'Raise the limit that is named, give fewer candidates or requests, or choose a smaller model.',
      details: { limits, nearest, plans: figures.length },
    },
  );
}

/** A plan in words. */
export function describePlan(plan: ServingPlan): string {
  const { precision, tables, modelThreads, modelInstances, optimisation, candidates } = plan;
  const threads = `${modelThreads} ${modelThreads === 1 ? 'thread' : 'threads'}`;
  const side = modelInstances === 1 ? threads : `${modelInstances} instances of ${threads}`;
  const level = optimisation === 'all' ? '' : `graph optimisation ${optimisation}, `;
  return `${precision}, tables in ${tables}, ${side}, ${level}${candidates} candidates`;
}

/** How far the worst limit is exceeded, as a factor; infinite where nothing finite was reached. */
function excess({ breaks }: PlanFigures): number {
  return Math.max(0, ...breaks.map(({ is, allowed }) => (is === null ? Infinity : is / allowed)));
}

const units: Readonly<Record<LimitName, string>> = {
  p99: ' ms',
  memory: ' MiB',
  cost: ' per thousand requests',
  quality: '',
};

function describeBroken({ limit, is, allowed }: BrokenLimit): string {
  if (is === null) return `${limit} (the queue would only grow)`;
  const shown = (value: number): string => `${Number(value.toPrecision(3))}${units[limit]}`;
  return `${limit} (${shown(is)}, allowed ${shown(allowed)})`;
}
