import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Assignment, Task } from '../../../src/schema/index.js';
import { defaultRecipes, resolveRecipe } from '../../../src/training/index.js';

const tasks: readonly Task[] = ['ctr', 'rating', 'next-item'];

/** Values that each member must take and must refuse. */
const domains: Readonly<Record<string, { good: readonly unknown[]; bad: readonly unknown[] }>> = {
  optimizer: { good: ['sgd', 'adamw'], bad: ['Adam', '', 1, 'toString'] },
  learningRate: { good: [1e-12, 10], bad: [0, -1e-3, 11, NaN, Infinity, '0.1'] },
  batchSize: { good: [1, 4096], bad: [0, -1, 1.5, NaN, Infinity, '64'] },
  maxEpochs: { good: [1], bad: [0, 0.5] },
  patience: { good: [1], bad: [0, -1] },
  decayPatience: { good: [3], bad: [0] },
  decayFactor: { good: [1e-9, 1], bad: [0, 1.1, -0.1, NaN] },
  clipNorm: { good: [0, 1e9], bad: [-1, NaN, Infinity] },
  embeddingOptimizer: { good: ['adagrad', 'lazy-adam'], bad: ['adam', 'sgd'] },
  embeddingLearningRate: { good: [0.1], bad: [0, 11] },
  embeddingL2: { good: [0, 1], bad: [-1e-9, NaN] },
  l2Mode: { good: ['touched', 'dense-equivalent'], bad: ['dense', true] },
  weightDecay: { good: [0, 0.1], bad: [-0.1] },
  negatives: { good: [1, 100_000], bad: [0, 2.5] },
  evaluationsPerEpoch: { good: [0.01, 4], bad: [0, -1, NaN] },
  maxLength: { good: [1, 200], bad: [0, 1.5] },
};

const member = fc.constantFrom(...Object.keys(domains));

function assign(name: string, value: unknown): Assignment {
  return { [`recipe.${name}`]: value } as Assignment;
}

describe('resolveRecipe', () => {
  it('knows the domain of every member', () => {
    expect([...Object.keys(domains), 'loss'].toSorted()).toEqual(Object.keys(defaultRecipes.ctr).toSorted());
  });

  it.each(Object.entries(domains))('%s takes %j', (name, { good, bad }) => {
    for (const task of tasks) {
      for (const value of good)
        expect(resolveRecipe(task, assign(name, value))).toEqual({ ...defaultRecipes[task], [name]: value });
      for (const value of bad) {
        expect(() => resolveRecipe(task, assign(name, value))).toThrow(
          expect.objectContaining({ code: 'CONFIG_INVALID', details: { name: `recipe.${name}` } }),
        );
      }
    }
  });

  it.each([
    ['ctr', ['bce'], ['mse', 'softmax', 'bpr']],
    ['rating', ['mse'], ['bce', 'sampled-softmax']],
    ['next-item', ['softmax', 'sampled-softmax', 'bpr'], ['bce', 'mse']],
  ] as const)('gives task %s the losses %j and not %j', (task, fitting, others) => {
    for (const loss of fitting) expect(resolveRecipe(task, { 'recipe.loss': loss }).loss).toBe(loss);
    for (const loss of others) {
      expect(() => resolveRecipe(task, { 'recipe.loss': loss })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', remedy: expect.stringContaining(fitting[0]) }),
      );
    }
    expect(() => resolveRecipe(task, { 'recipe.loss': 'hinge' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', details: { name: 'recipe.loss' } }),
    );
  });

  it('puts several members over the defaults and does not touch the defaults', () => {
    const before = structuredClone(defaultRecipes);
    fc.assert(
      fc.property(fc.uniqueArray(member), fc.constantFrom(...tasks), (names, task) => {
        const assignment = Object.assign({}, ...names.map((name) => assign(name, domains[name].good[0])));
        const recipe = resolveRecipe(task, assignment);
        for (const [name, value] of Object.entries(recipe)) {
          const expected = names.includes(name)
            ? domains[name].good[0]
            : Object.entries(defaultRecipes[task]).find(([key]) => key === name)![1];
          expect(value).toBe(expected);
        }
      }),
    );
    expect(defaultRecipes).toEqual(before);
  });

  it.each(['recipe.', 'recipe.learningrate', 'recipe.constructor', 'recipe.__proto__', 'recipe.loss.x'])(
    'knows no member %s',
    (name) => {
      const assignment = Object.fromEntries([[name, 1]]);
      expect(() => resolveRecipe('ctr', assignment)).toThrow(
        expect.objectContaining({
          code: 'UNKNOWN_HYPERPARAMETER',
          details: expect.objectContaining({ parameter: name }),
          remedy: expect.stringContaining('recipe.learningRate, '),
        }),
      );
    },
  );

  it('leaves what is not of the recipe to its owners', () => {
    const foreign = { recipe: 1, 'Recipe.loss': 'x', learningRate: 99, 'model.recipe.loss': 'x' };
    expect(resolveRecipe('ctr', foreign)).toEqual(defaultRecipes.ctr);
  });
});
