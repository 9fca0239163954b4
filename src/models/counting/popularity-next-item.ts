import { readHyperParameters } from '../blocks/hyper-parameters.js';
import type { Space } from '../../space/index.js';
import { CaseScorer } from './case-scorer.js';
import type { NextItemCountingModel } from './counting-model.js';

const space = {
  recency: {
    kind: 'categorical',
    values: [false, true],
    default: false,
    about: 'old events of a user count less',
  },
  halfLife: {
    kind: 'float',
    min: 1,
    max: 500,
    log: true,
    default: 20,
    when: { parameter: 'recency', in: [true] },
    about: 'events of the same user after which a count has halved',
  },
} as const satisfies Space;

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
    const counts = new Float64Array(dataset.itemCount);
    for (let user = 0; user < dataset.userCount; user += 1) {
      let weight = 1;
      for (let at = dataset.trainEnds[user] - 1; at >= dataset.offsets[user]; at -= 1) {
        counts[dataset.events[at]] += weight;
        weight *= perEvent;
      }
    }
    return new CaseScorer(dataset, {
      shared: Float32Array.from(counts),
      parameters: dataset.itemCount,
      gather: () => 1,
    });
  },
};
