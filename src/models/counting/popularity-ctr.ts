import { float, readHyperParameters } from '../blocks/hyper-parameters.js';
import { additiveRates } from './additive-rates.js';
import type { CtrCountingModel } from './counting-model.js';
import { itemField } from './item-field.js';
import { linkOf } from './rate-table.js';

const space = {
  strength: float([0.5, 500], 20, 'pseudo-rows of the overall rate in each item', { log: true }),
};

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
    const field = itemField(dataset);
    const smoothing = { strength: read.number('strength'), damping: 1, link: linkOf(dataset) };
    return additiveRates(dataset, field === undefined ? [] : [field], smoothing);
  },
};
