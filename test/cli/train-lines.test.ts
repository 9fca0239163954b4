import { describe, expect, it } from 'vitest';
import { trainLines } from '../../src/cli/commands/train.js';
import { plainStyle } from '../../src/cli/text.js';
import { trainResult } from './example-results.js';

describe('the lines of train', () => {
  it('name the artefact, or say that a model which only counts keeps none', () => {
    const last = (artefactPath: string | null): string | undefined =>
      trainLines({ ...trainResult, model: 'rates', artefactPath }, (path) => `~${path}`, plainStyle).at(-1);
    expect(last('/p/a4')).toBe('Artefact: ~/p/a4');
    expect(last(null)).toBe('rates is a floor of click tasks and keeps no artefact.');
  });
});
