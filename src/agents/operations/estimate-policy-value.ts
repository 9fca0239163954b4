import { AutoModelError } from '../../platform/index.js';
import { estimatePolicy, readPolicyLog } from '../../experiments/index.js';
import type { CounterfactualResult, ExperimentEstimateOptions, OperationIo } from '../../schema/index.js';

/**
 * What another policy would have earned, from the log of the one that acted; or why the log cannot tell.
 * @throws FILE_NOT_FOUND, UNKNOWN_COLUMN, EXPERIMENT_INVALID for cells out of range, USAGE
 */
export async function estimatePolicyValue(
  { log, clip, alpha = 0.05, ...columns }: ExperimentEstimateOptions,
  io: OperationIo,
): Promise<CounterfactualResult> {
  if (!(alpha > 0 && alpha < 0.5) || (clip !== undefined && !(clip > 0))) {
    throw new AutoModelError('USAGE', 'An error level lies between 0 and 0.5, and weights are cut above 0', {
      remedy: 'Add --help to see what each number is.',
      details: { alpha, clip },
    });
  }
  const rows = await readPolicyLog(log, columns, io.signal);
  if (columns.unsupported === undefined)
    io.warn({
      code: 'SUPPORT_BY_WEIGHTS',
      message:
        'Whether every action of the judged policy could be logged is told by the mean weight alone; --unsupported names a column that says it.',
    });
  return estimatePolicy(rows, { alpha, ...(clip === undefined ? {} : { clip }) });
}
