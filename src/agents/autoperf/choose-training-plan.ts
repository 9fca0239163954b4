import { AutoModelError } from '../../platform/index.js';
import type {
  BrokenTrainingLimit,
  TrainingFigures,
  TrainingLimits,
  TrainingPlan,
} from '../../schema/index.js';

/** Node's own threads (collection of garbage, compilation) are busy too, a little. */
const CORES_TOLERANCE = 1.05;

/** Which limits a plan breaks. */
export function brokenTrainingLimits(
  { memoryMb, coresBusy }: Pick<TrainingFigures, 'memoryMb' | 'coresBusy'>,
  limits: TrainingLimits,
): BrokenTrainingLimit[] {
  const broken: BrokenTrainingLimit[] = [];
  if (limits.memoryMb !== undefined && memoryMb > limits.memoryMb)
    broken.push({ limit: 'memory', is: memoryMb, allowed: limits.memoryMb });
  if (limits.cores !== undefined && coresBusy > CORES_TOLERANCE * limits.cores)
    broken.push({ limit: 'cores', is: coresBusy, allowed: limits.cores });
  return broken;
}

/**
 * The plan with the most rows per second among those that keep the limits. The reference stays unless another one is faster beyond the
 * noise: the lower bound of its ratio lies above 1.
 */
export function fastestPlan(
  figures: readonly TrainingFigures[],
  reference: TrainingFigures,
): TrainingFigures | undefined {
  const best = figures
    .filter(({ breaks }) => breaks.length === 0)
    .reduce<TrainingFigures | undefined>(
      (fastest, one) => (fastest !== undefined && fastest.ratio.median >= one.ratio.median ? fastest : one),
      undefined,
    );
  const stays = reference.breaks.length === 0 && (best === undefined || best.ratio.lower <= 1);
  return stays ? reference : best;
}

/** Why no plan will do, as an error that ends with exit code 4: the limits of the plan that comes nearest. */
export function trainingRefusal(model: string, figures: readonly TrainingFigures[]): AutoModelError {
  const excess = ({ breaks }: TrainingFigures): number =>
    Math.max(...breaks.map(({ is, allowed }) => is / allowed));
  const nearest = figures.reduce((best, one) => (excess(one) < excess(best) ? one : best));
  return new AutoModelError(
    'LIMIT_EXCEEDED',
    `No plan trains ${model} within the limits: the nearest (${describeTrainingPlan(nearest.plan)}) breaks ${nearest.breaks.map(describeBroken).join(', ')}`,
    {
      remedy: 'Raise the limit that is named, or choose a smaller model.',
      details: { nearest, plans: figures.length },
    },
  );
}

/** A plan in words. */
export function describeTrainingPlan({ workers, threads, prefetch, batchSize }: TrainingPlan): string {
  const trainings = workers === 1 ? 'one training' : `${workers} trainings`;
  const ahead = prefetch === 0 ? 'nothing' : 'one batch';
  return `${trainings} x ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${ahead} prepared ahead, batch ${batchSize}`;
}

function describeBroken({ limit, is, allowed }: BrokenTrainingLimit): string {
  const unit = limit === 'memory' ? ' MiB' : '';
  const shown = (value: number): string => `${Number(value.toPrecision(3))}${unit}`;
  return `${limit} (${shown(is)}, allowed ${shown(allowed)})`;
}
