import { AutoModelError } from '../platform/index.js';
import type { Numbers } from './numbers.js';

function invalid(message: string, remedy: string, details: Record<string, unknown>): AutoModelError {
  return new AutoModelError('PREDICTIONS_INVALID', message, { remedy, details });
}

/**
 * Refuses predictions that are not one finite number per row: no metric is computed from a repaired array.
 * @throws PREDICTIONS_INVALID naming the first bad row
 */
export function checkScores(scores: Numbers, rows: number): void {
  if (scores.length !== rows) {
    throw invalid(
      `There are ${scores.length} predictions for ${rows} rows`,
      'Write exactly one prediction per row of the evaluated split.',
      { predictions: scores.length, rows },
    );
  }
  for (let i = 0; i < rows; i += 1) {
    // x - x is 0 for finite numbers only: one test for NaN and both infinities
    if (scores[i] - scores[i] !== 0) {
      throw invalid(
        `Prediction ${i} is ${String(scores[i])}`,
        'Predictions must be finite; a model that gives NaN or infinity has failed.',
        { position: i, value: String(scores[i]) },
      );
    }
  }
}

/**
 * Refuses labels other than 0 and 1 and returns how many of each there are.
 * @throws LABEL_OUT_OF_RANGE naming the first bad row
 */
export function countBinaryLabels(labels: Numbers): {
  readonly positives: number;
  readonly negatives: number;
} {
  let positives = 0;
  for (let i = 0; i < labels.length; i += 1) {
    const label = labels[i];
    if (label !== 0 && label !== 1) {
      throw new AutoModelError('LABEL_OUT_OF_RANGE', `Label ${i} is ${String(label)}, expected 0 or 1`, {
        remedy: 'Choose a binary label column, or derive one with --positive.',
        details: { position: i, value: String(label) },
      });
    }
    positives += label;
  }
  return { positives, negatives: labels.length - positives };
}

/** AUC and its kin compare positives with negatives: one class alone is refused rather than scored 0.5. */
export function requireBothClasses(labels: Numbers): {
  readonly positives: number;
  readonly negatives: number;
} {
  const counts = countBinaryLabels(labels);
  if (counts.positives === 0 || counts.negatives === 0) {
    throw new AutoModelError(
      'SPLIT_EMPTY',
      `All ${labels.length} labels are of one class (${counts.positives} positives), so the metric is undefined`,
      { remedy: 'Evaluate on a split that holds both labels.', details: { ...counts } },
    );
  }
  return counts;
}

/**
 * Brings predictions that came with row ids into the order of the evaluated rows.
 * @param rowIds ids of the rows to be scored, in the order of the labels
 * @param predictedIds ids that the predictions file names, in any order
 * @param scores one score per predicted id
 * @returns scores in the order of `rowIds`, and how many predictions were of other rows
 * @throws PREDICTIONS_INVALID for a missing or duplicate row, or a score that is not finite
 */
export function alignScores(
  rowIds: Numbers,
  predictedIds: Numbers,
  scores: Numbers,
): { readonly scores: Float64Array; readonly others: number } {
  if (predictedIds.length !== scores.length) {
    throw invalid(
      `There are ${scores.length} scores for ${predictedIds.length} row ids`,
      'Each line of a predictions file needs a row and a score.',
      { scores: scores.length, rows: predictedIds.length },
    );
  }
  const positions = new Map<number, number>();
  for (let i = 0; i < rowIds.length; i += 1) positions.set(rowIds[i], i);
  const aligned = new Float64Array(rowIds.length);
  const seen = new Uint8Array(rowIds.length);
  let others = 0;
  for (let i = 0; i < predictedIds.length; i += 1) {
    const position = positions.get(predictedIds[i]);
    if (position === undefined) {
      others += 1;
      continue;
    }
    if (seen[position] === 1) {
      throw invalid(`Row ${predictedIds[i]} is predicted twice`, 'Write one prediction per row.', {
        row: predictedIds[i],
      });
    }
    seen[position] = 1;
    aligned[position] = scores[i];
  }
  const missing = seen.indexOf(0);
  if (missing >= 0) {
    throw invalid(`Row ${rowIds[missing]} has no prediction`, 'Write one prediction for every row.', {
      row: rowIds[missing],
      missing: rowIds.length + others - predictedIds.length,
    });
  }
  checkScores(aligned, rowIds.length);
  return { scores: aligned, others };
}
