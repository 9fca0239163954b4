import { describe, expect, it } from 'vitest';
import { tried, tuningLadder } from '../../src/agents/autotrain/tuning-ladder.js';
import { modelById, modelsFor, spaceOf } from '../../src/models/index.js';
import type { Assignment, Task } from '../../src/schema/index.js';
import { activeOnly, defaults, validate } from '../../src/space/index.js';
import { recipeSpaceFor } from '../../src/training/index.js';

const ladder = (model: string, task: Task, trials: number, seed = 1) =>
  tuningLadder(modelById(model, task), task, trials, seed);
const sizes = (steps: ReturnType<typeof ladder>) => steps.map(({ name, choices }) => [name, choices.length]);

describe('tuningLadder', () => {
  it('goes from embedding L2 over dropout to the learning rate', () => {
    expect(sizes(ladder('dnn', 'ctr', 100))).toEqual([
      ['recipe.embeddingL2', 5],
      ['dropout', expect.any(Number)],
      ['recipe.learningRate', 3],
    ]);
    expect(sizes(ladder('lr', 'ctr', 100)).map(([name]) => name)).toEqual([
      'recipe.embeddingL2',
      'recipe.learningRate',
    ]);
    expect(sizes(ladder('sasrec', 'next-item', 100)).map(([name]) => name)).toEqual([
      'recipe.weightDecay',
      'dropout',
      'recipe.learningRate',
    ]);
  });

  it.each([0, 1, 4, 5, 6, 9])('has %i trials when so many are asked for', (trials) => {
    const steps = ladder('dnn', 'ctr', trials);
    expect(steps.reduce((sum, { choices }) => sum + choices.length, 0)).toBe(trials);
    expect(steps.every(({ choices }) => choices.length > 0)).toBe(true);
  });

  it('tries no dropout that is the default', () => {
    const standard = defaults(spaceOf(modelById('dnn', 'ctr')))['dropout'];
    const tried = ladder('dnn', 'ctr', 100).find(({ name }) => name === 'dropout')?.choices ?? [];
    expect(tried.map(({ dropout }) => dropout)).not.toContain(standard);
  });

  it('tries multiples of the learning rates that the model itself asks for', () => {
    const rates = (model: string) =>
      ladder(model, 'ctr', 100).find(({ name }) => name.endsWith('Rate'))?.choices;
    expect(rates('dnn')).toEqual(
      [
        [0.003, 0.06],
        [0.0003, 0.006],
        [0.01, 0.1],
      ].map(([dense, rows]) => ({
        'recipe.learningRate': dense,
        'recipe.embeddingLearningRate': rows,
      })),
    );
    // The logistic regression starts from a faster pace; what lies beyond the space is tried once, at its end.
    expect(rates('lr')).toEqual([
      { 'recipe.learningRate': 0.01, 'recipe.embeddingLearningRate': 0.1 },
      { 'recipe.learningRate': 0.003, 'recipe.embeddingLearningRate': 0.015 },
    ]);
  });

  it('draws whole configurations of counting models, the same for the same seed', () => {
    const drawn = ladder('neighbourhood', 'next-item', 6, 3);
    expect(sizes(drawn)).toEqual([['configuration', 6]]);
    expect(ladder('neighbourhood', 'next-item', 6, 3)).toEqual(drawn);
    expect(ladder('neighbourhood', 'next-item', 6, 4)).not.toEqual(drawn);
  });

  it('keeps what the person said, whatever the rung tries', () => {
    const entry = modelById('dnn', 'ctr');
    const base = { ...defaults(spaceOf(entry)), 'recipe.embeddingL2': 1e-4 };
    const fixed = { dropout: 0.3, 'use.age': false };
    expect(tried(entry, base, { dropout: 0.5 }, fixed)).toEqual({ ...base, ...fixed });
  });

  it.each([
    ...modelsFor('ctr').map((entry) => ['ctr', entry] as const),
    ...modelsFor('next-item').map((entry) => ['next-item', entry] as const),
  ])('asks a model of %s for nothing that it does not take', (task, entry) => {
    const recipe = recipeSpaceFor(task);
    const space = spaceOf(entry);
    let base: Assignment = defaults(space);
    for (const { choices } of tuningLadder(entry, task, 50, 1)) {
      for (const choice of choices) {
        base = tried(entry, base, choice, { 'recipe.batchSize': 64 });
        const part = (wanted: boolean): Assignment =>
          Object.fromEntries(Object.entries(base).filter(([name]) => name.startsWith('recipe.') === wanted));
        expect(() => validate(space, part(false))).not.toThrow();
        expect(part(true)).toMatchObject({ 'recipe.batchSize': 64 });
        const { 'recipe.batchSize': _fixed, ...tuned } = part(true);
        expect(() => validate(recipe, { ...defaults(recipe), ...tuned })).not.toThrow();
        expect(base).toMatchObject(activeOnly(space, choice));
      }
    }
  });
});
