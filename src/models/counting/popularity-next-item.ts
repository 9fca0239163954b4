import { flag, float, readHyperParameters } from '../blocks/hyper-parameters.js';
import { trainCounts } from './co-occurrence.js';
import type { NextItemCountingModel } from './counting-model.js';
import { fittedVotes } from './votes.js';

const space = {
  recency: flag(false, 'old events of a user count less'),
  halfLife: float([1, 500], 20, 'events of the same user after which a count has halved', {
    log: true,
    when: { parameter: 'recency', in: [true] },
  }),
};

/** How often an item occurs in the training events, the same list for everybody. */
export const popularityNextItem: NextItemCountingModel = {
  name: 'popularity',
  title: 'Popularity',
  source: 'counts; the floor of every table',
  task: 'next-item',
  space,
  fit(dataset, hp) {
    const read = readHyperParameters('popularity', space, hp);
    const perEvent = read.flag('recency') ? 0.5 ** (1 / read.number('halfLife')) : 1;
    const shared = Float32Array.from(trainCounts(dataset, perEvent));
    return fittedVotes(dataset, { shared, sharedWeight: 1, tables: [] });
  },
};
