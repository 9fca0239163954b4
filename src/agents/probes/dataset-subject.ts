import type { OrderedEvents } from '../../data/index.js';
import type { CtrDataset, EncodedDataset, NextItemDataset } from '../../schema/index.js';
import { modelById, spaceOf } from '../../models/index.js';
import { defaults } from '../../space/index.js';

/** An encoded project, for probes that fit a model to it. */
export interface DatasetSubject {
  readonly dataset: EncodedDataset;
  /** training and validation events with the moments that they share; of next-item projects */
  readonly orderedEvents: () => Promise<OrderedEvents>;
  readonly floors: Floors;
}

/** What probes fit: floors that count, seconds on a million rows. Replaced in tests by ones with a planted defect. */
export interface Floors {
  /** log odds, or ratings, of the validation rows */
  ctr(dataset: CtrDataset): Float32Array;
  /** mean-tie ranks of the validation targets */
  nextItem(dataset: NextItemDataset): Float32Array;
}

/** Smoothed rates over all fields, and the skip-Markov chain, as every table carries them. */
export const countingFloors: Floors = {
  ctr(dataset) {
    const entry = modelById('rates', 'ctr');
    if (entry.kind !== 'counting' || entry.model.task !== 'ctr') throw new TypeError('rates is a floor');
    const fitted = entry.model.fit(dataset, { ...defaults(spaceOf(entry)), fields: 'all' }, { seed: 0 });
    return fitted.predict(dataset.validation);
  },
  nextItem(dataset) {
    const entry = modelById('skip-markov', 'next-item');
    if (entry.kind !== 'counting' || entry.model.task !== 'next-item')
      throw new TypeError('skip-markov is a floor');
    return entry.model.fit(dataset, defaults(spaceOf(entry)), { seed: 0 }).rankTargets(dataset.validation);
  },
};
