import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Assignment, TrialOutcome, TrialRequest } from '../../src/schema/index.js';

const request: TrialRequest = {
  key: 'k',
  contractHash: 'c',
  engine: '0.1.0',
  encoding: 'e',
  datasetDir: '/d',
  predictionsDir: '/p',
  checkpointPath: null,
  model: 'lr',
  assignment: { 'recipe.learningRate': 0.001, 'use.age': true, widths: '64x32' },
  seed: 7,
  fidelity: 1,
  validationShare: 'search',
  nullSeed: null,
  fit: { on: 'train' },
  predictTest: false,
  artefactDir: null,
  threads: 2,
};

const scored: TrialOutcome = {
  kind: 'scored',
  validation: { auc: 0.73, logloss: 0.41 },
  predictionsHash: 'h',
  bestEpoch: 1.5,
  cost: { seconds: 3, epochs: 2, samples: 1000, parameters: 50, flopsPerSample: 120 },
  observables: { gate: 0.6 },
};

const fault: TrialOutcome = {
  kind: 'fault',
  code: 'LOSS_NOT_FINITE',
  message: 'at step 3',
  infrastructure: false,
};

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean =>
  schema.safeParse(value).success;

describe('TrialRequest', () => {
  it('survives the way through a worker’s messages', () => {
    expect(TrialRequest.parse(JSON.parse(JSON.stringify(request)))).toEqual(request);
  });

  it.each(Object.keys(request))('refuses a request without %s: nothing of a trial has a default', (name) => {
    const { [name as keyof TrialRequest]: _, ...rest } = request;
    expect(accepts(TrialRequest, rest)).toBe(false);
  });

  it.each([
    { fidelity: 0 },
    { fidelity: -0.5 },
    { fidelity: 1.0001 },
    { fidelity: Number.NaN },
    { seed: 1.5 },
    { seed: Number.POSITIVE_INFINITY },
    { seed: '7' },
    { threads: 0 },
    { threads: 1.5 },
    { validationShare: 'test' },
    { nullSeed: 0.5 },
    { nullSeed: undefined },
    { fit: { on: 'test' } },
    { fit: { on: 'train+validation' } },
    { fit: { on: 'all', epochs: 0 } },
    { fit: { on: 'all', epochs: Number.NaN } },
    { predictTest: 'yes' },
    { assignment: { x: null } },
    { assignment: { x: [1] } },
    { assignment: { x: Number.NaN } },
    { artefactDir: 3 },
  ])('refuses %j', (wrong) => expect(accepts(TrialRequest, { ...request, ...wrong })).toBe(false));

  it('takes every share of the budget in (0, 1]', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, minExcluded: true, noNaN: true }), (fidelity) => {
        expect(accepts(TrialRequest, { ...request, fidelity })).toBe(true);
      }),
    );
  });
});

describe('TrialOutcome', () => {
  it.each([scored, fault])('reads $kind back', (outcome) => {
    expect(TrialOutcome.parse(JSON.parse(JSON.stringify(outcome)))).toEqual(outcome);
  });

  it('takes a score without observables, as older journals hold it', () => {
    const { observables: _, ...older } = scored as Extract<TrialOutcome, { kind: 'scored' }>;
    expect(TrialOutcome.parse(older)).toEqual({ ...older, observables: {} });
  });

  it.each([
    // a score that is no number is a fault, and JSON makes null of NaN
    { ...scored, validation: { auc: Number.NaN } },
    { ...scored, validation: { auc: null } },
    { ...scored, validation: { auc: '0.73' } },
    { ...scored, validation: { auc: Number.POSITIVE_INFINITY } },
    { ...scored, bestEpoch: null },
    { ...scored, cost: { seconds: 3 } },
    { ...scored, kind: 'score' },
    { ...scored, predictionsHash: undefined },
    { ...fault, code: 'lowercase' },
    { ...fault, code: 'Has Space' },
    { ...fault, code: '' },
    { ...fault, infrastructure: 0 },
    { kind: 'fault' },
    {},
    null,
    'scored',
  ])('refuses %j', (wrong) => expect(accepts(TrialOutcome, wrong)).toBe(false));

  it('never takes a timeout for a score: the kinds share no shape', () => {
    expect(accepts(TrialOutcome, { ...fault, kind: 'scored' })).toBe(false);
    expect(accepts(TrialOutcome, { ...scored, kind: 'fault' })).toBe(false);
  });
});

describe('Assignment', () => {
  it('holds texts, numbers and booleans under any name, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
          noNullPrototype: true,
        }),
        (assignment) => {
          fc.pre(!Object.hasOwn(assignment, '__proto__'));
          expect(Assignment.parse(JSON.parse(JSON.stringify(assignment)))).toEqual(assignment);
        },
      ),
    );
    for (const wrong of [{ x: {} }, { x: undefined }, [1], 'x', { x: 1n }])
      expect(accepts(Assignment, wrong)).toBe(false);
  });
});
