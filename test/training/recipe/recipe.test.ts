import { describe, expect, it } from 'vitest';
import { defaults, validate } from '../../../src/space/index.js';
import {
  defaultBatchSize,
  defaultRecipes,
  recipeSpace,
  recipeSpaceFor,
  resolveRecipe,
} from '../../../src/training/index.js';

describe('resolveRecipe', () => {
  it('gives the recipe of the field by default', () => {
    expect(resolveRecipe('ctr')).toEqual(defaultRecipes.ctr);
    expect(resolveRecipe('ctr')).toMatchObject({ loss: 'bce', optimizer: 'adam', decayFactor: 0.1 });
    expect(resolveRecipe('next-item').loss).toBe('softmax');
    expect(resolveRecipe('rating').loss).toBe('mse');
  });

  it('takes the members of a flat assignment and leaves other names alone', () => {
    const recipe = resolveRecipe('ctr', {
      'recipe.embeddingL2': 1e-5,
      'recipe.l2Mode': 'dense-equivalent',
      hidden: '64',
    });
    expect(recipe).toMatchObject({ embeddingL2: 1e-5, l2Mode: 'dense-equivalent' });
    expect(recipe).not.toHaveProperty('hidden');
  });

  it.each([
    [{ 'recipe.learningrate': 1 }, 'UNKNOWN_HYPERPARAMETER'],
    [{ 'recipe.toString': 1 }, 'UNKNOWN_HYPERPARAMETER'],
    [{ 'recipe.learningRate': -1 }, 'CONFIG_INVALID'],
    [{ 'recipe.batchSize': 1.5 }, 'CONFIG_INVALID'],
    [{ 'recipe.loss': 'softmax' }, 'CONFIG_INVALID'],
  ])('refuses %j with %s', (assignment, code) => {
    expect(() => resolveRecipe('ctr', assignment)).toThrow(expect.objectContaining({ code }));
  });
});

describe('recipeSpace', () => {
  it.each(['ctr', 'rating', 'next-item'] as const)('has the defaults of the recipe for %s', (task) => {
    const space = recipeSpaceFor(task);
    const assignment = defaults(space);
    expect(() => validate(space, assignment)).not.toThrow();
    expect(resolveRecipe(task, assignment)).toEqual(defaultRecipes[task]);
  });

  it('makes L2 on embeddings the first parameter of click models', () => {
    expect(Object.keys(recipeSpace)[0]).toBe('recipe.embeddingL2');
  });
});

describe('defaultBatchSize', () => {
  it.each([
    [100, 128],
    [40_000, 128],
    [80_000, 256],
    [1_000_000, 1024],
  ])('for %i rows is %i', (rows, size) => {
    expect(defaultBatchSize('ctr', rows)).toBe(size);
    expect(resolveRecipe('ctr', defaults(recipeSpaceFor('ctr', rows))).batchSize).toBe(size);
  });
});
