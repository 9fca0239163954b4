// Learning-curve problems: what a run scores after a share of its training. The optimum of the full training is 0.
import { choice, integer, log, ordered, positionIn, unit, when } from './parameters.mjs';

const middle = (rng) => 0.15 + 0.7 * rng.next();

/** Six parameters of a training; `truth` is the score of the full one. */
function training(rng) {
  const space = {
    rate: log(1e-4, 1),
    momentum: unit(),
    width: ordered([16, 32, 64, 128, 256, 512]),
    depth: integer(1, 6),
    regulariser: choice(['none', 'l2', 'dropout']),
    l2: log(1e-7, 1e-1, when('regulariser', 'l2')),
    dropout: unit({ max: 0.7, ...when('regulariser', 'dropout') }),
  };
  const at = positionIn(space);
  const [rate, momentum, width, depth] = [middle(rng), middle(rng), middle(rng), middle(rng)];
  const [l2, dropout] = [middle(rng), middle(rng)];
  const losses = rng.shuffle([0, 0.04, 0.12]);
  const lossOf = (a) =>
    0.8 * (at(a, 'rate') - rate) ** 2 +
    0.4 * (at(a, 'momentum') - momentum) ** 2 +
    0.3 * (at(a, 'width') - width) ** 2 +
    0.2 * (at(a, 'depth') - depth) ** 2 +
    (a.regulariser === 'l2' ? losses[0] + 0.3 * (at(a, 'l2') - l2) ** 2 : 0) +
    (a.regulariser === 'dropout' ? losses[1] + 0.3 * (at(a, 'dropout') - dropout) ** 2 : 0) +
    (a.regulariser === 'none' ? losses[2] : 0);
  return { space, at, lossOf };
}

/** Power laws (Domhan et al., IJCAI 2015): the loss falls as t^-alpha, faster for larger steps. */
const powerLaw = {
  id: 'power-law',
  set: 'tuning',
  noise: 0.03,
  make(rng) {
    const { space, at, lossOf } = training(rng);
    return {
      space,
      truth: (a) => -lossOf(a),
      gap(a, share) {
        const alpha = 0.4 + 0.6 * at(a, 'rate');
        return 0.12 * (share ** -alpha - 1);
      },
    };
  },
};

/** Large steps lead early and lose late: the curves cross between the second and the last rung. */
const crossing = {
  id: 'crossing',
  set: 'reporting',
  noise: 0.03,
  make(rng) {
    const { space, at, lossOf } = training(rng);
    return {
      space,
      truth: (a) => -lossOf(a),
      gap: (a, share) => 0.5 * (1.1 - at(a, 'rate')) * (1 - share) ** 2 + 0.2 * (1 - share),
    };
  },
};

/** Exponential approach at a pace that is each configuration's own, unrelated to how good it is in the end. */
const latecomers = {
  id: 'latecomers',
  set: 'reporting',
  noise: 0.03,
  make(rng) {
    const { space, at, lossOf } = training(rng);
    return {
      space,
      truth: (a) => -lossOf(a),
      gap(a, share, own) {
        const pace = 2 + 4 * own.next() + at(a, 'width');
        return 0.5 * (Math.exp(-pace * share) - Math.exp(-pace));
      },
    };
  },
};

export const curveRungs = [1 / 8, 1 / 4, 1 / 2, 1];
export const curveProblems = [powerLaw, crossing, latecomers];
