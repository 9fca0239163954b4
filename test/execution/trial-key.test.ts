import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOutcome } from '../../src/execution/outcomes.js';
import { trialKey } from '../../src/execution/index.js';
import type { TrialRequest } from '../../src/schema/index.js';
import { scored } from './fixtures/handler.mjs';
import { trialRequest } from './trial-request.js';

describe('trialKey', () => {
  const base = trialRequest('din', { assignment: { 'recipe.l2': 1e-5, embedding: 16 } });

  it('does not depend on folders, threads, prefetch, the old key or the order of members', () => {
    const moved = {
      ...base,
      datasetDir: '/b',
      predictionsDir: '/c',
      checkpointPath: '/d',
      threads: 9,
      prefetch: 0 as const,
      key: 'other',
    };
    const turned = Object.fromEntries(Object.entries(moved).reverse()) as TrialRequest;
    const assignment = Object.fromEntries(Object.entries(base.assignment).reverse());
    expect(trialKey(moved)).toBe(base.key);
    expect(trialKey({ ...turned, assignment })).toBe(base.key);
    expect(trialKey({ ...base, artefactDir: '/x' })).toBe(trialKey({ ...base, artefactDir: '/y' }));
  });

  it('depends on everything else', () => {
    const changes: Partial<TrialRequest>[] = [
      { contractHash: 'other' },
      { model: 'dnn' },
      { assignment: { 'recipe.l2': 1e-4, embedding: 16 } },
      { assignment: { 'recipe.l2': 1e-5 } },
      { seed: 51 },
      { fidelity: 0.5 },
      { validationShare: 'gate' },
      { nullSeed: 0 },
      { fit: { on: 'all', epochs: 3 } },
      { fit: { on: 'all', epochs: 4 } },
      { predictTest: true },
      { artefactDir: '/x' },
    ];
    const keys = changes.map((change) => trialKey({ ...base, ...change }));
    expect(new Set([base.key, ...keys]).size).toBe(changes.length + 1);
  });

  it('property: equal assignments give equal keys, different ones different keys', () => {
    const assignment = fc.dictionary(
      fc.string({ maxLength: 8 }),
      fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
    );
    fc.assert(
      fc.property(assignment, assignment, (a, b) => {
        const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
        expect(trialKey({ ...base, assignment: a }) === trialKey({ ...base, assignment: b })).toBe(same);
      }),
    );
  });
});

describe('parseOutcome', () => {
  it('takes a whole outcome and fills in what may be missing', () => {
    const { observables: _left, ...rest } = scored(0.7);
    expect(parseOutcome(rest)).toEqual({ ...rest, observables: {} });
    const fault = { kind: 'fault', code: 'LOSS_NOT_FINITE', message: 'step 3', infrastructure: false };
    expect(parseOutcome(fault)).toEqual(fault);
  });

  it('names the metric that is not a number and the member that is missing', () => {
    const bad = (validation: Record<string, unknown>) => parseOutcome({ ...scored(0.7), validation });
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '0.9', null]) {
      expect(bad({ auc: 0.7, logloss: value })).toMatchObject({
        kind: 'fault',
        code: 'PREDICTIONS_INVALID',
        infrastructure: false,
        message: expect.stringContaining('validation.logloss'),
      });
    }
    expect(parseOutcome({ ...scored(0.7), predictionsHash: undefined })).toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('predictionsHash'),
    });
    expect(
      parseOutcome({ kind: 'fault', code: 'not a code', message: '', infrastructure: true }),
    ).toMatchObject({ code: 'INTERNAL' });
  });
});
