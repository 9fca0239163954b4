import { AutoModelError, throwIfInterrupted } from '../../platform/index.js';
import { analyseExperiment, defaultTuning, readExperiment } from '../../experiments/index.js';
import type { ExperimentAnalyzeOptions, ExperimentAnalyzeResult, OperationIo } from '../../schema/index.js';

/**
 * Judges an A/B test from exposures and metrics of any system: differences with intervals, quality checks, and a verdict for
 * each treatment.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, UNKNOWN_COLUMN, TIME_UNPARSABLE, USAGE for options that do not fit the data,
 * EXPERIMENT_INVALID for data that no experiment gives
 */
export async function analyzeExperiment(
  options: ExperimentAnalyzeOptions,
  io: OperationIo,
): Promise<ExperimentAnalyzeResult> {
  const { alpha = 0.05, scale = 'relative', correction = 'holm', plannedUnits, prior } = options;
  if (!(alpha > 0 && alpha < 0.5)) {
    throw new AutoModelError('USAGE', `An error level of ${String(alpha)} is none`, {
      remedy: 'Give --alpha between 0 and 0.5.',
      details: { alpha },
    });
  }
  requireFittingAim(options);
  io.onProgress({ kind: 'phase', name: 'Read the experiment', done: 0, total: undefined });
  const { form, data, leftOut } = await readExperiment(options, io.warn, io.signal);
  throwIfInterrupted(io.signal);
  const tunedFor = plannedUnits ?? defaultTuning;
  const sequential = options.sequential === true;
  const { checks, metrics, verdicts, segments } = analyseExperiment(data, {
    alpha,
    scale,
    correction,
    tunedFor,
    rule: sequential ? { kind: 'always-valid', tunedFor } : { kind: 'fixed-horizon' },
    prior: prior ?? null,
    plannedUnits: plannedUnits ?? null,
    aim: options.aim,
  });
  for (const [index, { definition }] of data.metrics.entries()) {
    const adjusts = definition.cuped || definition.covariate !== undefined;
    if (!adjusts || metrics[index].comparisons.some(({ covariate }) => covariate !== null)) continue;
    io.warn({
      code: 'COVARIATE_UNUSED',
      message: `${definition.name} is not adjusted: its covariate does not vary${form === 'sums' ? '' : ' among the values from before exposure'}.`,
    });
  }
  if (!sequential) {
    io.warn({
      code: 'ONE_LOOK',
      message:
        'These tests hold for one look at a sample that was planned beforehand; add --sequential when you look more than once.',
    });
  }
  const weightOfAll = data.arms.reduce((sum, { weight }) => sum + weight, 0);
  return {
    control: options.control,
    form,
    inference: sequential ? 'always-valid' : 'fixed-horizon',
    alpha,
    tunedFor,
    correction,
    arms: data.arms.map(({ variant, units, weight }) => ({
      variant,
      units,
      expectedShare: weight / weightOfAll,
    })),
    checks: [...checks],
    metrics: [...metrics],
    verdicts: [...verdicts],
    segments: data.segments.map(({ value, arms }, index) => ({
      column: options.segment ?? '',
      value,
      arms: arms.map(({ variant, units }) => ({ variant, units })),
      metrics: [...segments[index]],
    })),
    leftOut,
  };
}

/** What has only to lose nothing is judged by guardrails alone. */
function requireFittingAim({ aim, definitions }: ExperimentAnalyzeOptions): void {
  if (aim !== 'non-inferiority') return;
  const success = definitions.find(({ role }) => role === 'success');
  if (success === undefined && definitions.some(({ role }) => role === 'guardrail')) return;
  throw new AutoModelError(
    'USAGE',
    success === undefined
      ? 'Non-inferiority is shown by guardrails, and none is named'
      : `Non-inferiority asks of nothing to be better, and ${success.name} is a success metric`,
    {
      remedy:
        'Name what must not be lost with --guardrail <metric>,margin=0.02, and no --success; or leave --aim out.',
      details: { aim, metric: success?.name },
    },
  );
}
