import type { CtrDataset } from '../../schema/index.js';
import { choice, float, integer, readHyperParameters } from '../blocks/hyper-parameters.js';
import { additiveRates } from './additive-rates.js';
import type { CtrCountingModel } from './counting-model.js';
import {
  addEffects,
  countRates,
  effectsOf,
  forEachBlock,
  labelsOf,
  linked,
  linkOf,
  meanLabel,
  type CountableField,
  type Link,
  type RowRange,
  type Smoothing,
} from './rate-table.js';

const space = {
  strength: float([0.5, 500], 5, 'pseudo-rows of the overall rate in each value', { log: true }),
  damping: float(
    [0.2, 1],
    0.7,
    'factor on every effect; fields that say the same thing twice want less than 1',
  ),
  fields: choice(
    ['greedy', 'all'],
    'greedy',
    'add all fields, or only those that lower the loss on the newest fifth of the training rows',
  ),
  maxFields: integer([1, 16], 6, 'most fields that greedy selection takes', {
    when: { parameter: 'fields', in: ['greedy'] },
  }),
};

/** Share of the training rows, the newest, on which greedy selection judges; and the most rows it looks at. */
const holdoutShare = 0.2;
const holdoutRows = 200_000;
/** Relative fall of the loss that a further field must bring. */
const smallestGain = 1e-4;

/**
 * Smoothed rates, additive over fields: logit(p) = logit(prior) + damping Σ_f [logit(rate_f(x_f)) - logit(prior)] with
 * rate_f(v) = (clicks_v + strength x prior) / (rows_v + strength): naive Bayes in the log odds. For ratings the same sum of
 * means without the logit.
 */
export const rates: CtrCountingModel = {
  name: 'rates',
  title: 'Smoothed rates, additive over fields',
  source: 'naive Bayes with an m-estimate; Cestnik, ECAI 1990',
  task: 'ctr',
  space,
  fit(dataset, hp) {
    const read = readHyperParameters('rates', space, hp);
    const smoothing: Smoothing = {
      strength: read.number('strength'),
      damping: read.number('damping'),
      link: linkOf(dataset),
    };
    const countable = dataset.fields.filter((field): field is CountableField => field.kind !== 'sequence');
    const greedy = read.text('fields') === 'greedy';
    const fields = greedy
      ? selectGreedily(dataset, countable, smoothing, read.number('maxFields'))
      : countable;
    return additiveRates(dataset, fields, smoothing);
  },
};

/** Forward selection: take the field that lowers the loss on the newest rows most, until none lowers it enough. */
function selectGreedily(
  { train, vocabularySizes }: CtrDataset,
  fields: readonly CountableField[],
  smoothing: Smoothing,
  limit: number,
): CountableField[] {
  const { link } = smoothing;
  const head: RowRange = { from: 0, to: train.rows - Math.floor(train.rows * holdoutShare) };
  const tail: RowRange = { from: Math.max(head.to, train.rows - holdoutRows), to: train.rows };
  const prior = meanLabel(train, head);
  const labels = new Float32Array(tail.to - tail.from);
  forEachBlock(train, tail, (block, begin, end, start) => {
    labels.set(labelsOf(block, train).subarray(begin, end), start + begin - tail.from);
  });
  const candidates = countRates(train, fields, vocabularySizes, head).map((table) => {
    const contribution = new Float32Array(labels.length);
    addEffects(train, table, effectsOf(table, prior, smoothing), tail, contribution);
    return { field: table.field, contribution };
  });
  const chosen: CountableField[] = [];
  let current = new Float32Array(labels.length).fill(linked(prior, link));
  let currentLoss = meanLoss(current, undefined, labels, link);
  while (chosen.length < limit && candidates.length > 0) {
    const losses = candidates.map(({ contribution }) => meanLoss(current, contribution, labels, link));
    const best = losses.reduce((at, loss, i) => (loss < losses[at] ? i : at), 0);
    if (!(losses[best] < currentLoss * (1 - smallestGain))) break;
    const [{ field, contribution }] = candidates.splice(best, 1);
    chosen.push(field);
    current = current.map((score, row) => score + contribution[row]);
    currentLoss = losses[best];
  }
  return chosen;
}

/** Mean log loss of log odds, or mean squared error of ratings, of scores + contribution. */
function meanLoss(
  scores: Float32Array,
  contribution: Float32Array | undefined,
  labels: Float32Array,
  link: Link,
): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const score = scores[row] + (contribution?.[row] ?? 0);
    if (link === 'identity') sum += (score - labels[row]) ** 2;
    else sum += Math.max(score, 0) - score * labels[row] + Math.log1p(Math.exp(-Math.abs(score)));
  }
  return labels.length > 0 ? sum / labels.length : 0;
}
