import { describe, expect, it } from 'vitest';
import { givenAssignment } from '../../../src/agents/autotrain/given-assignment.js';
import { modelById, modelsFor, spaceOf } from '../../../src/models/index.js';
import type { Assignment } from '../../../src/schema/index.js';
import { defaults } from '../../../src/space/index.js';
import { recipeNames } from '../../../src/training/index.js';

const given = (model: string, assignment: Assignment): Assignment =>
  givenAssignment(modelById(model, 'ctr'), 'ctr', assignment);

describe('hyper-parameters of a person', () => {
  it('are filled up with the defaults of the model, the recipe as given', () => {
    const said = { dropout: 0.1, 'recipe.learningRate': 0.01, 'use.hour': false };
    expect(given('dcnv2', said)).toEqual({ ...defaults(spaceOf(modelById('dcnv2', 'ctr'))), ...said });
    for (const task of ['ctr', 'rating', 'next-item'] as const)
      for (const entry of modelsFor(task))
        expect(givenAssignment(entry, task, {})).toEqual(defaults(spaceOf(entry)));
  });

  it('are what a choice reads like, since a command line makes a number of 36', () => {
    expect(given('din', { attention: 36, hidden: '256x128' }).attention).toBe('36');
    expect(given('din', { attention: '36' }).attention).toBe('36');
    expect(given('dcnv2', { embeddingDim: '16' }).embeddingDim).toBe(16);
    for (const wrong of [37, '36.0', true])
      expect(() => given('din', { attention: wrong })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
  });

  it.each([
    ['learningRate', 'recipe.learningRate'],
    ['recipe.learningrate', 'recipe.learningRate'],
    ['droput', 'dropout'],
  ])('a mistyped %s is answered with %s and with every name that there is', (name, near) => {
    const own = Object.keys(spaceOf(modelById('dcnv2', 'ctr')));
    let thrown: unknown;
    try {
      given('dcnv2', { [name]: 0.1 });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'UNKNOWN_HYPERPARAMETER', details: { parameter: name } });
    const { remedy } = thrown as { remedy: string };
    expect(remedy.startsWith(`Did you mean ${near}? Choose among `)).toBe(true);
    for (const known of name.startsWith('recipe.') ? recipeNames : [...own, ...recipeNames])
      expect(remedy).toContain(known);
  });

  it('what is like nothing gets the list alone', () => {
    expect(() => given('dcnv2', { 'recipe.bogus': 1 })).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_HYPERPARAMETER',
        remedy: `Choose among ${recipeNames.join(', ')}.`,
      }),
    );
  });

  it.each([
    ['dcnv2', { dropout: 2 }],
    ['dcnv2', { 'recipe.learningRate': 'fast' }],
    ['dcnv2', { 'recipe.loss': 'softmax' }],
  ])('%s refuses %j with a remedy', (model, assignment) => {
    expect(() => given(model, assignment)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', remedy: expect.stringMatching(/\S/) }),
    );
  });

  it('models that only count have no recipe, and say so', () => {
    expect(() => given('rates', { 'recipe.learningRate': 0.1 })).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_HYPERPARAMETER',
        message: 'rates only counts: it has no training recipe',
      }),
    );
    expect(given('rates', { 'use.hour': false })).toHaveProperty(['use.hour'], false);
  });
});
