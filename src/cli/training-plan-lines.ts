import { formatCount, type PlanTrainingResult, type TrainingFigures } from '../schema/index.js';
import { formatTable, type Column } from './table.js';
import { printable, type Style } from './text.js';

const right = (title: string): Column => ({ title, align: 'right' });
const three = (value: number): string => Number(value.toPrecision(3)).toString();

/** What plan-training found, for people. */
export function trainingPlanLines(result: PlanTrainingResult, style: Style): string[] {
  const { reference, alone, together, measured, kernels, parts, batch, applied } = result;
  return [
    style.strong(
      printable(
        `${result.model}, ${formatCount(result.rowsPerEpoch)} rows an epoch, ${three(result.stepFlops / 1e9)} GFLOP a step of ${batch.given}`,
      ),
    ),
    ...formatTable(
      [
        right('trainings'),
        right('threads'),
        right('ahead'),
        right('batch'),
        right('rows/s'),
        right('against now'),
        right('ms a step'),
        right('cores'),
        right('rows a core-second'),
        right('MiB'),
        { title: 'breaks' },
      ],
      measured.map(rowOf),
      style,
    ),
    '',
    ...formatTable(
      [
        right('trainings'),
        right('threads'),
        right('ms before the first row'),
        right('GFLOP/s'),
        right('GB/s'),
        right('off by'),
      ],
      kernels.map((kernel) => [
        String(kernel.workers),
        String(kernel.threads),
        three(kernel.stepMs),
        kernel.flopsPerSecond === null ? '—' : three(kernel.flopsPerSecond / 1e9),
        kernel.bytesPerSecond === null ? '—' : three(kernel.bytesPerSecond / 1e9),
        `${(100 * kernel.error).toFixed(1)} %`,
      ]),
      style,
    ),
    '',
    `A step now: ${three(parts.wallMs)} ms, of them ${three(parts.computeMs)} computing beside ${three(parts.prepareMs)} preparing and ${three(parts.updateMs)} updating rows. More batches ahead could save ${(100 * parts.deeperPrefetch).toFixed(1)} % at most.`,
    ...batchLines(result),
    `Compared side by side, ${reference.rounds} turns each:`,
    `  now       ${describe(reference)}`,
    style.good(`  alone     ${describe(alone)}, ${times(alone)}`),
    style.good(
      `  together  ${describe(together)}, ${times(together)}: ${three(together.trainingsPerHour)} trainings an hour instead of ${three(reference.trainingsPerHour)}`,
    ),
    applied
      ? 'training.json has it; train and evolve go by it.'
      : 'Nothing was changed; --apply writes it into training.json.',
  ];
}

const describe = ({ plan, rowsPerSecond }: TrainingFigures): string =>
  `${plan.workers} x ${plan.threads} threads, ${plan.prefetch} ahead, batch ${plan.batchSize}: ${formatCount(Math.round(rowsPerSecond))} rows/s`;

const times = ({ ratio }: Pick<TrainingFigures, 'ratio'>): string =>
  `${ratio.median.toFixed(2)} times (${ratio.lower.toFixed(2)} to ${ratio.upper.toFixed(2)})`;

function rowOf({ plan, ...figures }: TrainingFigures): string[] {
  return [
    String(plan.workers),
    String(plan.threads),
    String(plan.prefetch),
    String(plan.batchSize),
    formatCount(Math.round(figures.rowsPerSecond)),
    times(figures),
    three(figures.stepMs),
    figures.coresBusy.toFixed(2),
    formatCount(Math.round(figures.rowsPerCoreSecond)),
    three(figures.memoryMb),
    figures.breaks.map(({ limit }) => limit).join(', '),
  ];
}

function batchLines({ batch }: PlanTrainingResult): string[] {
  if (batch.seeds === 0)
    return [`The batch stays at ${batch.given}: --batch-seeds tests what larger ones cost in quality.`];
  if (batch.trials.length === 0)
    return [`The batch stays at ${batch.given}: no larger one is worth a training.`];
  return batch.trials.map(
    ({ batchSize, faster, metric, difference, lower, margin, seeds, rowsSeen, accepted }) =>
      `Batch ${batchSize}: ${faster.toFixed(2)} times the rows a second, ${rowsSeen.toFixed(2)} times the rows until it stops; ${metric} ${signed(difference)}, at worst ${signed(lower)} (${seeds} seeds, allowed ${signed(-margin)}): ${accepted ? 'taken' : 'left'}.`,
  );
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(5)}`;
