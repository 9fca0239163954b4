// Noisy synthetic functions with a known optimum of 0; where it lies is drawn anew for every run.
import { choice, integer, log, ordered, positionIn, unit, when } from './parameters.mjs';

const hartmannA = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const hartmannP = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];
const hartmannC = [1, 1.2, 3, 3.2];

/** A place for the optimum, away from the borders. */
const middle = (rng) => 0.15 + 0.7 * rng.next();
/** The position of the value of an ordered or integer parameter that is the best one. */
const slot = (rng, count) => (rng.integer(count) + 0.5) / count;

/** A recipe as tuned every day: two log scales with a ridge, useless knobs, a mild category. */
const recipe = {
  id: 'recipe',
  set: 'tuning',
  noise: 0.03,
  make(rng) {
    const space = {
      rate: log(1e-5, 1e-1),
      decay: log(1e-7, 1e-2),
      dropout: unit({ max: 0.6 }),
      widths: ordered(['32', '64', '128', '256', '512']),
      optimiser: choice(['sgd', 'adam', 'adagrad']),
      epochs: integer(1, 20),
      shade: unit(),
    };
    const at = positionIn(space);
    const [rate, decay, dropout, widths] = [middle(rng), middle(rng), middle(rng), slot(rng, 5)];
    const losses = rng.shuffle([0, 0.05, 0.2]);
    return {
      space,
      truth: (a) =>
        -(
          2 * (at(a, 'rate') - rate + 0.4 * (at(a, 'decay') - decay)) ** 2 +
          0.5 * (at(a, 'rate') - rate) ** 2 +
          0.4 * (at(a, 'dropout') - dropout) ** 2 +
          0.3 * (at(a, 'widths') - widths) ** 2 +
          losses[space.optimiser.values.indexOf(a.optimiser)]
        ),
    };
  },
};

/** A choice of model with parameters that exist only under it. */
const family = {
  id: 'family',
  set: 'tuning',
  noise: 0.02,
  make(rng) {
    const space = {
      model: choice(['lr', 'fm', 'dnn', 'din']),
      dim: ordered([4, 8, 16, 32], when('model', 'fm', 'dnn', 'din')),
      depth: integer(1, 5, when('model', 'dnn', 'din')),
      dropout: unit({ max: 0.8, ...when('model', 'dnn', 'din') }),
      heads: integer(1, 8, when('model', 'din')),
      l2: log(1e-8, 1e-1),
      rate: log(1e-5, 1e-1),
    };
    const at = positionIn(space);
    const [l2, rate, dropout] = [middle(rng), middle(rng), middle(rng)];
    const [dim, depth, heads] = [slot(rng, 4), slot(rng, 5), slot(rng, 8)];
    const base = { lr: 0.25, fm: 0.18, dnn: 0.1, din: 0 };
    return {
      space,
      truth(a) {
        let loss = base[a.model] + 0.6 * (at(a, 'l2') - l2) ** 2 + 0.8 * (at(a, 'rate') - rate) ** 2;
        if (a.dim !== undefined) loss += 0.1 * (at(a, 'dim') - dim) ** 2;
        if (a.depth !== undefined)
          loss += 0.5 * (at(a, 'dropout') - dropout) ** 2 + 0.1 * (at(a, 'depth') - depth) ** 2;
        if (a.heads !== undefined) loss += 0.1 * (at(a, 'heads') - heads) ** 2;
        return -loss;
      },
    };
  },
};

/** Hartmann, six dimensions (Dixon and Szego 1978), mirrored at random: best value 3.32237, six local optima. */
const hartmann = {
  id: 'hartmann',
  set: 'tuning',
  noise: 0.25,
  make(rng) {
    const names = [0, 1, 2, 3, 4, 5].map((i) => `x${i}`);
    const flipped = names.map(() => rng.next() < 0.5);
    return {
      space: Object.fromEntries(names.map((name) => [name, unit()])),
      truth(a) {
        const x = names.map((name, i) => (flipped[i] ? 1 - a[name] : a[name]));
        let sum = 0;
        for (let i = 0; i < 4; i += 1) {
          let inner = 0;
          for (let j = 0; j < 6; j += 1) inner += hartmannA[i][j] * (x[j] - hartmannP[i][j]) ** 2;
          sum += hartmannC[i] * Math.exp(-inner);
        }
        return Math.min(0, sum - 3.32237);
      },
    };
  },
};

const branin = (x, y) =>
  (y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) ** 2 +
  10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
  10 -
  0.397887;
const camel = (x, y) => (4 - 2.1 * x * x + x ** 4 / 3) * x * x + x * y + (-4 + 4 * y * y) * y * y + 1.031629;

/** Three methods with nothing in common: Branin, the six-hump camel and a narrow valley; one is best, by chance which. */
const branches = {
  id: 'branches',
  set: 'reporting',
  noise: 0.05,
  make(rng) {
    const space = {
      method: choice(['branin', 'camel', 'valley']),
      'branin.x': unit(when('method', 'branin')),
      'branin.y': unit(when('method', 'branin')),
      'camel.x': unit(when('method', 'camel')),
      'camel.y': unit(when('method', 'camel')),
      'valley.rate': log(1e-4, 1, when('method', 'valley')),
      'valley.decay': log(1e-6, 1e-1, when('method', 'valley')),
      'valley.steps': integer(1, 12, when('method', 'valley')),
      idle: unit(),
    };
    const at = positionIn(space);
    const losses = rng.shuffle([0, 0.08, 0.2]);
    const [rate, decay, steps] = [middle(rng), middle(rng), slot(rng, 12)];
    return {
      space,
      truth(a) {
        if (a.method === 'branin')
          return -losses[0] - Math.max(0, branin(-5 + 15 * a['branin.x'], 15 * a['branin.y'])) / 100;
        if (a.method === 'camel')
          return -losses[1] - Math.max(0, camel(-2 + 4 * a['camel.x'], -1 + 2 * a['camel.y'])) / 8;
        const across = at(a, 'valley.rate') - rate + at(a, 'valley.decay') - decay;
        const along = at(a, 'valley.rate') - rate - (at(a, 'valley.decay') - decay);
        return -losses[2] - across ** 2 - 0.1 * along ** 2 - 0.2 * (at(a, 'valley.steps') - steps) ** 2;
      },
    };
  },
};

/** Ackley's function over mixed kinds with a switch that brings two parameters, and two that do nothing. */
const ackley = {
  id: 'ackley-mixed',
  set: 'reporting',
  noise: 0.06,
  make(rng) {
    const space = {
      a: unit(),
      b: unit(),
      c: log(1e-5, 1),
      depth: integer(1, 9),
      size: ordered([16, 32, 64, 128, 256, 512]),
      extra: choice([false, true]),
      'extra.d': unit(when('extra', true)),
      'extra.kind': choice(['x', 'y', 'z'], when('extra', true)),
      idle: unit(),
      idler: choice(['p', 'q']),
    };
    const at = positionIn(space);
    const names = ['a', 'b', 'c', 'depth', 'size'];
    const target = [middle(rng), middle(rng), middle(rng), slot(rng, 9), slot(rng, 6)];
    const d = middle(rng);
    const kinds = rng.shuffle([0, 0.1, 0.25]);
    return {
      space,
      truth(a) {
        const off = names.map((name, i) => 2 * (at(a, name) - target[i]));
        const square = off.reduce((sum, x) => sum + x * x, 0) / off.length;
        const wave = off.reduce((sum, x) => sum + Math.cos(4 * Math.PI * x), 0) / off.length;
        const loss = (20 * (1 - Math.exp(-Math.sqrt(square) * 1.2)) + Math.E - Math.exp(wave)) / 20;
        if (!a.extra) return -loss - 0.15;
        return -loss - 0.4 * (at(a, 'extra.d') - d) ** 2 - kinds[['x', 'y', 'z'].indexOf(a['extra.kind'])];
      },
    };
  },
};

/** A stack of one to three layers with a size and a rate each: parameters appear with depth, and ripples mislead. */
const layers = {
  id: 'layers',
  set: 'reporting',
  noise: 0.04,
  make(rng) {
    const space = { depth: choice([1, 2, 3]), decay: log(1e-6, 1e-1) };
    for (let i = 1; i <= 3; i += 1) {
      const deep = when('depth', ...[1, 2, 3].filter((depth) => depth >= i));
      space[`size${i}`] = ordered([8, 16, 32, 64, 128, 256, 512], deep);
      space[`rate${i}`] = unit(deep);
    }
    const at = positionIn(space);
    const best = 1 + rng.integer(3);
    const decay = middle(rng);
    const sizes = [0, 1, 2].map(() => slot(rng, 7));
    const rates = [0, 1, 2].map(() => middle(rng));
    return {
      space,
      truth(a) {
        let loss = 0.12 * Math.abs(a.depth - best) + 0.5 * (at(a, 'decay') - decay) ** 2;
        for (let i = 1; i <= a.depth; i += 1) {
          const off = at(a, `rate${i}`) - rates[i - 1];
          const own =
            0.4 * (at(a, `size${i}`) - sizes[i - 1]) ** 2 + off * off * (1 + 0.6 * Math.sin(14 * off) ** 2);
          loss += own / a.depth;
        }
        return -loss;
      },
    };
  },
};

/** Bold settings are as good as careful ones at best, and five times as noisy: the highest score is a gambler's. */
const gamble = {
  id: 'gamble',
  set: 'reporting',
  noise: 0.02,
  make(rng) {
    const space = {
      w: unit(),
      x: unit(),
      y: log(1e-4, 1),
      boldness: unit(),
      schedule: choice(['flat', 'warm']),
      warmth: unit(when('schedule', 'warm')),
    };
    const at = positionIn(space);
    const [w, x, y, warmth] = [middle(rng), middle(rng), middle(rng), middle(rng)];
    return {
      space,
      noiseOf: (a) => 0.02 + 0.08 * at(a, 'boldness'),
      truth: (a) =>
        -(
          0.5 * (at(a, 'w') - w) ** 2 +
          0.7 * (at(a, 'x') - x) ** 2 +
          0.4 * (at(a, 'y') - y) ** 2 +
          0.05 * at(a, 'boldness') +
          (a.schedule === 'flat' ? 0.06 : 0.3 * (at(a, 'warmth') - warmth) ** 2)
        ),
    };
  },
};

export const functionProblems = [recipe, family, hartmann, branches, ackley, layers, gamble];
