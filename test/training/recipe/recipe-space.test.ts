import { describe, expect, it } from 'vitest';
import { Rng } from '../../../src/platform/index.js';
import type { Task } from '../../../src/schema/index.js';
import { checkSpace, defaults, mutate, neighbours, sample, validate } from '../../../src/space/index.js';
import { recipeSpace, recipeSpaceFor, resolveRecipe } from '../../../src/training/index.js';

const tasks: readonly Task[] = ['ctr', 'rating', 'next-item'];

describe.each(tasks)('the recipe space of %s', (task) => {
  const space = recipeSpaceFor(task);

  it('is well-formed, and every parameter says what it is about', () => {
    expect(() => checkSpace(space)).not.toThrow();
    expect(Object.values(space).every((parameter) => (parameter.about ?? '').length > 5)).toBe(true);
    expect(Object.keys(space).every((name) => name.startsWith('recipe.'))).toBe(true);
  });

  it('holds only recipes that training takes: samples, mutants and neighbours', () => {
    const rng = new Rng([7, task]);
    for (let i = 0; i < 200; i += 1) {
      const drawn = sample(space, rng);
      for (const assignment of [drawn, mutate(space, drawn, rng, 0.3)]) {
        validate(space, assignment);
        const recipe = resolveRecipe(task, assignment);
        for (const [name, value] of Object.entries(assignment))
          expect(recipe).toMatchObject({ [name.slice('recipe.'.length)]: value });
      }
    }
    for (const near of neighbours(space, defaults(space)))
      expect(() => resolveRecipe(task, near)).not.toThrow();
  });
});

describe('recipeSpaceFor', () => {
  it('asks for negatives only where the loss samples', () => {
    const space = recipeSpaceFor('next-item');
    const withLoss = (loss: string, negatives?: number) => ({
      ...defaults(space),
      'recipe.loss': loss,
      ...(negatives === undefined ? {} : { 'recipe.negatives': negatives }),
    });
    expect(() => validate(space, withLoss('softmax'))).not.toThrow();
    expect(() => validate(space, withLoss('bpr', 512))).not.toThrow();
    expect(() => validate(space, withLoss('softmax', 512))).toThrow();
    expect(() => validate(space, withLoss('sampled-softmax'))).toThrow();
  });

  it('lets the rows choose the default batch size of click models and nothing else', () => {
    for (const [rows, size] of [
      [0, 128],
      [65_535, 128],
      [65_536, 256],
      [10_000_000, 1024],
    ]) {
      const { 'recipe.batchSize': batchSize, ...others } = defaults(recipeSpaceFor('ctr', rows));
      const { 'recipe.batchSize': _, ...usual } = defaults(recipeSpace);
      expect(batchSize).toBe(size);
      expect(others).toEqual(usual);
    }
    expect(recipeSpaceFor('next-item', 10_000_000)).toEqual(recipeSpaceFor('next-item'));
    expect(defaults(recipeSpace)['recipe.batchSize']).toBe(1024);
  });

  it('always offers its default among the choices', () => {
    for (const rows of [1, 300, 100_000, 5_000_000]) {
      expect(() => checkSpace(recipeSpaceFor('ctr', rows))).not.toThrow();
      expect(() =>
        validate(recipeSpaceFor('ctr', rows), defaults(recipeSpaceFor('ctr', rows))),
      ).not.toThrow();
    }
  });
});
