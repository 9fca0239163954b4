import type { Space } from '../../space/index.js';
import { readHyperParameters } from '../blocks/hyper-parameters.js';
import type { CtrCountingModel } from './counting-model.js';
import { itemField } from './item-field.js';
import { addEffects, countRates, effectsOf, linked, meanLabel, type Link } from './rate-table.js';

const space = {
  strength: {
    kind: 'float',
    min: 0.5,
    max: 500,
    log: true,
    default: 20,
    about: 'pseudo-rows of the overall rate in each item',
  },
} as const satisfies Space;

/**
 * The item's smoothed click rate (mean rating), the same for everybody: (clicks + strength x prior) / (rows + strength).
 * A log without items has no popularity, so every row gets the overall rate.
 */
export const popularityCtr: CtrCountingModel = {
  name: 'popularity',
  title: 'Popularity',
  source: 'smoothed item rate; the floor of every table',
  task: 'ctr',
  space,
  fit(dataset, hp) {
    const read = readHyperParameters('popularity', space, hp);
    const link: Link = dataset.task === 'rating' ? 'identity' : 'logit';
    const everyRow = { from: 0, to: dataset.train.rows };
    const prior = meanLabel(dataset.train, everyRow);
    const field = itemField(dataset);
    const tables = countRates(
      dataset.train,
      field === undefined ? [] : [field],
      dataset.vocabularySizes,
      everyRow,
    );
    const effects = tables.map((table) => effectsOf(table, prior, read.number('strength'), link));
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
