import { Rng } from '../../src/platform/index.js';
import { hashAssignment, toUnit, type Assignment, type Space } from '../../src/space/index.js';

/** A synthetic tuning problem: the truth is known, what the search sees is the truth plus noise of one seed. */
export interface Problem {
  readonly name: string;
  readonly space: Space;
  /** larger is better; the best possible value is 0 */
  truth(assignment: Assignment): number;
  /** sd of one full run */
  readonly noise: number;
}

const log = (min: number, max: number, value: number) =>
  ({ kind: 'float', min, max, log: true, default: value }) as const;
const unit = (value: number) => ({ kind: 'float', min: 0, max: 1, default: value }) as const;

/** A recipe as tuned every day: two log scales with a ridge, a few useless knobs, a mild category. */
const recipeSpace: Space = {
  rate: log(1e-5, 1e-1, 1e-2),
  decay: log(1e-7, 1e-2, 1e-3),
  dropout: { kind: 'float', min: 0, max: 0.6, default: 0.5 },
  widths: { kind: 'ordered', values: ['32', '64', '128', '256', '512'], default: '32' },
  optimiser: { kind: 'categorical', values: ['sgd', 'adam', 'adagrad'], default: 'sgd' },
  epochs: { kind: 'integer', min: 1, max: 20, default: 5 },
  shade: unit(0.5),
};

const recipe: Problem = {
  name: 'recipe',
  space: recipeSpace,
  noise: 0.03,
  truth(a) {
    const at = (name: string): number => toUnit(recipeSpace[name], a[name]);
    const optimiser = a['optimiser'] === 'adam' ? 0 : a['optimiser'] === 'adagrad' ? 0.05 : 0.2;
    const ridge = at('rate') + 0.4 * at('decay') - 0.85;
    return -(
      2 * ridge ** 2 +
      0.5 * (at('rate') - 0.6) ** 2 +
      0.4 * (at('dropout') - 0.3) ** 2 +
      0.3 * (at('widths') - 0.7) ** 2 +
      optimiser
    );
  },
};

/** A choice of model with parameters that exist only under it: the conditional part of the engine's own space. */
const familySpace: Space = {
  model: { kind: 'categorical', values: ['lr', 'fm', 'dnn', 'din'], default: 'lr' },
  'fm.dim': {
    kind: 'ordered',
    values: [4, 8, 16, 32],
    default: 4,
    when: { parameter: 'model', in: ['fm', 'dnn', 'din'] },
  },
  'dnn.depth': {
    kind: 'integer',
    min: 1,
    max: 5,
    default: 1,
    when: { parameter: 'model', in: ['dnn', 'din'] },
  },
  'dnn.dropout': {
    kind: 'float',
    min: 0,
    max: 0.8,
    default: 0.5,
    when: { parameter: 'model', in: ['dnn', 'din'] },
  },
  'din.heads': { kind: 'integer', min: 1, max: 8, default: 1, when: { parameter: 'model', in: ['din'] } },
  l2: log(1e-8, 1e-1, 1e-4),
  rate: log(1e-5, 1e-1, 1e-3),
};

const family: Problem = {
  name: 'family',
  space: familySpace,
  noise: 0.02,
  truth(a) {
    const at = (name: string): number => (a[name] === undefined ? 0 : toUnit(familySpace[name], a[name]));
    const base = { lr: 0.25, fm: 0.18, dnn: 0.1, din: 0 }[String(a['model'])] ?? 1;
    let loss = base + 0.6 * (at('l2') - 0.45) ** 2 + 0.8 * (at('rate') - 0.55) ** 2;
    if (a['fm.dim'] !== undefined) loss += 0.1 * (at('fm.dim') - 0.625) ** 2;
    if (a['dnn.dropout'] !== undefined)
      loss += 0.5 * (at('dnn.dropout') - 0.25) ** 2 + 0.1 * (at('dnn.depth') - 0.5) ** 2;
    if (a['din.heads'] !== undefined) loss += 0.1 * (at('din.heads') - 0.4) ** 2;
    return -loss;
  },
};

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

/** Hartmann, six dimensions (Dixon & Szego 1978): best value 3.32237, six local optima. */
const hartmann: Problem = {
  name: 'hartmann',
  space: Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`x${i}`, unit(0.5)])),
  noise: 0.1,
  truth(a) {
    let sum = 0;
    for (let i = 0; i < 4; i += 1) {
      let inner = 0;
      for (let j = 0; j < 6; j += 1) inner += hartmannA[i][j] * (Number(a[`x${j}`]) - hartmannP[i][j]) ** 2;
      sum += hartmannC[i] * Math.exp(-inner);
    }
    return sum - 3.32237;
  },
};

export const problems: readonly Problem[] = [recipe, family, hartmann];

/**
 * One run's score: truth, plus noise of (configuration, seed), plus what a short training costs. A run at low fidelity
 * is worse and noisier, and small fidelities mislead a little (fast starters are not the best finishers).
 */
export function score(problem: Problem, assignment: Assignment, fidelity: number, seed: number): number {
  const rng = new Rng([seed, hashAssignment(problem.space, assignment)]);
  const noise = problem.noise * rng.normal() * (1 + 0.5 * (1 - fidelity));
  const pace = 0.1 + 0.1 * rng.next();
  return problem.truth(assignment) + noise - pace * problem.noise * 20 * (1 - fidelity);
}
