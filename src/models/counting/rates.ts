import type { CtrSource } from '../../schema/index.js';
import type { Space } from '../../space/index.js';
import { readHyperParameters } from '../blocks/hyper-parameters.js';
import type { CtrCountingModel } from './counting-model.js';
import {
  addEffects,
  countRates,
  effectsOf,
  forEachBlock,
  labelsOf,
  linked,
  meanLabel,
  type CountableField,
  type Link,
  type RateTable,
  type RowRange,
} from './rate-table.js';

const space = {
  strength: {
    kind: 'float',
    min: 0.5,
    max: 500,
    log: true,
    default: 5,
    about: 'pseudo-rows of the overall rate in each value',
  },
  damping: {
    kind: 'float',
    min: 0.2,
    max: 1,
    default: 0.7,
    about: 'factor on every effect; fields that say the same thing twice want less than 1',
  },
  fields: {
    kind: 'categorical',
    values: ['greedy', 'all'],
    default: 'greedy',
    about: 'add all fields, or only those that lower the loss on the newest fifth of the training rows',
  },
  maxFields: {
    kind: 'integer',
    min: 1,
    max: 16,
    default: 6,
    when: { parameter: 'fields', in: ['greedy'] },
    about: 'most fields that greedy selection takes',
  },
} as const satisfies Space;

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
    const strength = read.number('strength');
    const damping = read.number('damping');
    const effectsIn = (table: RateTable, mean: number): Float64Array =>
      effectsOf(table, mean, strength, link).map((effect) => damping * effect);
    const link: Link = dataset.task === 'rating' ? 'identity' : 'logit';
    const { train, vocabularySizes } = dataset;
    const everyRow = { from: 0, to: train.rows };
    let fields = dataset.fields.filter((field): field is CountableField => field.kind !== 'sequence');
    if (read.text('fields') === 'greedy') {
      const head = { from: 0, to: train.rows - Math.floor(train.rows * holdoutShare) };
      const tail = { from: Math.max(head.to, train.rows - holdoutRows), to: train.rows };
      const headTables = countRates(train, fields, vocabularySizes, head);
      fields = selectGreedily(train, headTables, head, tail, link, effectsIn, read.number('maxFields'));
    }
    const prior = meanLabel(train, everyRow);
    const tables = countRates(train, fields, vocabularySizes, everyRow);
    const effects = tables.map((table) => effectsIn(table, prior));
    return {
      task: 'ctr',
      parameters: effects.reduce((sum, effect) => sum + effect.length, 1),
      predict(source) {
        const out = new Float32Array(source.rows).fill(linked(prior, link));
        for (const [t, table] of tables.entries()) {
          addEffects(source, table, effects[t], { from: 0, to: source.rows }, out);
        }
        return out;
      },
    };
  },
};

/** Forward selection: take the field that lowers the loss on `tail` most, until none lowers it enough. */
function selectGreedily(
  train: CtrSource,
  tables: readonly RateTable[],
  head: RowRange,
  tail: RowRange,
  link: Link,
  effectsIn: (table: RateTable, prior: number) => Float64Array,
  limit: number,
): CountableField[] {
  const prior = meanLabel(train, head);
  const labels = new Float32Array(tail.to - tail.from);
  forEachBlock(train, tail, (block, begin, end, start) => {
    labels.set(labelsOf(block, train).subarray(begin, end), start + begin - tail.from);
  });
  const candidates = tables.map((table) => {
    const contribution = new Float32Array(labels.length);
    addEffects(train, table, effectsIn(table, prior), tail, contribution);
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
