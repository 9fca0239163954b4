import { AutoModelError } from '../platform/index.js';
import { ascendingOrder } from './order.js';
import type { Numbers } from './numbers.js';
import { checkScores, countBinaryLabels } from './predictions.js';

/** How much a group counts: by its rows, by its positives, or each the same. */
export type GroupWeights = 'impressions' | 'clicks' | 'uniform';

export interface GroupAucParts {
  /** AUC per group; NaN where a group has one class only */
  readonly groupAuc: Float64Array;
  /** weight per group; 0 where the AUC is undefined */
  readonly weight: Float64Array;
  readonly groupsUsed: number;
  readonly groupsWithRows: number;
}

/**
 * AUC inside each group (user): rows of different users are never compared.
 * @param groups dense group index per row, in [0, groupCount)
 */
export function groupAucParts(
  scores: Numbers,
  labels: Numbers,
  groups: Numbers,
  groupCount: number,
  weights: GroupWeights,
): GroupAucParts {
  const n = labels.length;
  checkScores(scores, n);
  countBinaryLabels(labels);
  const order = ascendingOrder(scores);
  const rows = new Float64Array(groupCount);
  const positives = new Float64Array(groupCount);
  for (let i = 0; i < n; i += 1) {
    rows[groups[i]] += 1;
    positives[groups[i]] += labels[i];
  }
  // One sweep in global score order carries every group's state: how many rows and negatives lie below the current
  // score of that group, and how many tie with it.
  const wins = new Float64Array(groupCount);
  const negativesBelow = new Float64Array(groupCount);
  const tiedPositives = new Float64Array(groupCount);
  const tiedNegatives = new Float64Array(groupCount);
  const tiedScore = new Float64Array(groupCount).fill(Number.NaN);
  const closeTie = (g: number): void => {
    wins[g] += tiedPositives[g] * (negativesBelow[g] + tiedNegatives[g] / 2);
    negativesBelow[g] += tiedNegatives[g];
    tiedPositives[g] = 0;
    tiedNegatives[g] = 0;
  };
  for (let i = 0; i < n; i += 1) {
    const row = order[i];
    const g = groups[row];
    if (scores[row] !== tiedScore[g]) {
      closeTie(g);
      tiedScore[g] = scores[row];
    }
    if (labels[row] === 1) tiedPositives[g] += 1;
    else tiedNegatives[g] += 1;
  }
  const groupAuc = new Float64Array(groupCount).fill(Number.NaN);
  const weight = new Float64Array(groupCount);
  let groupsUsed = 0;
  let groupsWithRows = 0;
  for (let g = 0; g < groupCount; g += 1) {
    if (rows[g] === 0) continue;
    groupsWithRows += 1;
    const negatives = rows[g] - positives[g];
    if (positives[g] === 0 || negatives === 0) continue;
    closeTie(g);
    groupAuc[g] = wins[g] / positives[g] / negatives;
    weight[g] = weights === 'impressions' ? rows[g] : weights === 'clicks' ? positives[g] : 1;
    groupsUsed += 1;
  }
  if (groupsUsed === 0) {
    throw new AutoModelError('SPLIT_EMPTY', 'No group holds both labels, so GAUC is undefined', {
      remedy: 'Use AUC, or a split with more rows per user.',
      details: { groupsWithRows },
    });
  }
  return { groupAuc, weight, groupsUsed, groupsWithRows };
}

/**
 * Weighted mean of the AUC per group (Zhu et al., KDD 2017, GAUC; impressions weights there). Groups with one class are
 * left out, and the share of groups (among those with rows) that remain is reported.
 * @throws PREDICTIONS_INVALID, LABEL_OUT_OF_RANGE, SPLIT_EMPTY when no group has both classes
 */
export function gauc(
  scores: Numbers,
  labels: Numbers,
  groups: Numbers,
  weights: GroupWeights = 'impressions',
): { readonly gauc: number; readonly groupShare: number; readonly groupsUsed: number } {
  let groupCount = 0;
  for (let i = 0; i < groups.length; i += 1) if (groups[i] >= groupCount) groupCount = groups[i] + 1;
  const parts = groupAucParts(scores, labels, groups, groupCount, weights);
  let sum = 0;
  let total = 0;
  for (let g = 0; g < groupCount; g += 1) {
    if (parts.weight[g] === 0) continue;
    sum += parts.weight[g] * parts.groupAuc[g];
    total += parts.weight[g];
  }
  return {
    gauc: sum / total,
    groupShare: parts.groupsUsed / parts.groupsWithRows,
    groupsUsed: parts.groupsUsed,
  };
}
