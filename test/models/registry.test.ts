import { describe, expect, it } from 'vitest';
import { definitions, idOf, modelById, models, modelsFor, spaceOf } from '../../src/models/index.js';
import { checkSpace } from '../../src/space/index.js';

const ids = [
  'popularity',
  'rates',
  'lr',
  'neighbourhood',
  'skip-markov',
  'fm',
  'dnn',
  'wide-deep',
  'deepfm',
  'dcnv2',
  'xdeepfm',
  'autoint',
  'finalmlp',
  'din',
  'bst',
  'sasrec',
  'gru4rec',
];

describe('the registry', () => {
  it('has exactly the ids that were promised', () => {
    expect(new Set(models.map(idOf))).toEqual(new Set(ids));
  });

  it.each(['ctr', 'rating', 'next-item'] as const)('names every model for %s once', (task) => {
    const names = modelsFor(task).map(idOf);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(idOf(modelById(name, task))).toBe(name);
  });

  it('has a sound space for every model', () => {
    for (const model of models) expect(() => checkSpace(spaceOf(model))).not.toThrow();
  });

  it('gives ratings the click models, and next-item tasks their own', () => {
    expect(modelsFor('rating')).toEqual(modelsFor('ctr'));
    expect(modelsFor('next-item').map(idOf)).toEqual(
      expect.arrayContaining(['sasrec', 'gru4rec', 'neighbourhood', 'skip-markov']),
    );
    expect(modelsFor('next-item').map(idOf)).not.toContain('din');
  });

  it('counts popularity per task', () => {
    const click = modelById('popularity', 'ctr');
    const next = modelById('popularity', 'next-item');
    expect(click.kind === 'counting' && click.model.task).toBe('ctr');
    expect(next.kind === 'counting' && next.model.task).toBe('next-item');
  });

  it('answers a mistyped id with the nearest one and the whole list', () => {
    expect(() => modelById('deep-fm', 'ctr')).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_MODEL',
        remedy: expect.stringMatching(/Did you mean deepfm\?.*finalmlp/),
      }),
    );
  });

  it('says when a model belongs to another task', () => {
    expect(() => modelById('sasrec', 'ctr')).toThrow(/"sasrec" is a next-item model, and the task is ctr/);
    expect(() => modelById('zzzzzzzzzzzz', 'ctr')).toThrow(/not a model of the library/);
  });

  it('names every definition in kebab-case, with a title and a source', () => {
    for (const { name, title, source } of definitions) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(title.length).toBeGreaterThan(2);
      expect(source).toMatch(/(19|20)\d\d/);
    }
  });
});
