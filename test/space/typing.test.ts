import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAutoModelError, Rng, type AutoModelError } from '../../src/platform/index.js';
import {
  accepts,
  checkSpace,
  conditional,
  describeAllowed,
  enumerate,
  nearestName,
  parseAssignment,
  prefix,
  sample,
  validate,
  type Parameter,
  type Space,
} from '../../src/space/index.js';
import { anySpace } from './arbitrary-space.js';

function errorOf(run: () => unknown): AutoModelError {
  try {
    run();
  } catch (error) {
    if (isAutoModelError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The recipe and two models, as a search sees them: names with dots, conditions two deep. */
const whole: Space = {
  model: { kind: 'categorical', values: ['lr', 'dnn', 'din'], default: 'lr' },
  ...conditional(
    prefix('dnn', {
      depth: { kind: 'integer', min: 1, max: 4, default: 2 },
      dropout: { kind: 'float', min: 0, max: 0.5, default: 0.1 },
      batchNorm: { kind: 'categorical', values: [false, true], default: false },
      momentum: {
        kind: 'float',
        min: 0.5,
        max: 0.99,
        default: 0.9,
        when: { parameter: 'batchNorm', in: [true] },
      },
    }),
    { parameter: 'model', in: ['dnn', 'din'] },
  ),
  'recipe.learningRate': { kind: 'float', min: 1e-4, max: 0.1, log: true, default: 1e-3 },
  'recipe.batchSize': { kind: 'ordered', values: [256, 1024, 4096], default: 1024 },
  'recipe.optimizer': { kind: 'categorical', values: ['adam', 'adagrad'], default: 'adam' },
};

/** One slip of the keyboard: a letter dropped, doubled, changed, or two swapped. */
function slips(name: string): string[] {
  const found = new Set<string>();
  for (let i = 0; i < name.length; i += 1) {
    found.add(name.slice(0, i) + name.slice(i + 1));
    found.add(name.slice(0, i) + name[i] + name.slice(i));
    found.add(`${name.slice(0, i)}x${name.slice(i + 1)}`);
    if (i > 0) found.add(name.slice(0, i - 1) + name[i] + name[i - 1] + name.slice(i + 1));
  }
  found.delete(name);
  return [...found];
}

describe('nearestName', () => {
  const names = Object.keys(whole);

  it('finds every name of a space from any single slip, in any case', () => {
    for (const name of names) {
      for (const slip of slips(name)) {
        if (names.includes(slip)) continue;
        expect([slip, nearestName(slip, names)]).toEqual([slip, name]);
        expect(nearestName(slip.toUpperCase(), names)).toBe(name);
      }
    }
  });

  it('finds a dotted name by its last part, but does not choose between two', () => {
    expect(nearestName('learningRate', names)).toBe('recipe.learningRate');
    expect(nearestName('rate', ['a.rate', 'b.rate', 'c.size'])).not.toBe('c.size');
    expect(nearestName('zzzzzzzzz', ['a.rate', 'b.rate'])).toBeUndefined();
  });

  it('gives a known name for itself and never one that is not known', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string(), { maxLength: 6 }), (name, known) => {
        const found = nearestName(name, known);
        expect(found === undefined || known.includes(found)).toBe(true);
        if (known.length > 0 && known.filter((k) => k.split('.').at(-1) === name).length !== 1) return;
        if (known.includes(name)) expect(found?.toLowerCase().endsWith(name.toLowerCase())).toBe(true);
      }),
    );
  });

  it('is silent where half of the letters differ', () => {
    expect(nearestName('abcdef', ['uvwxyz'])).toBeUndefined();
    expect(nearestName('', ['depth'])).toBeUndefined();
    expect(nearestName('depth', [])).toBeUndefined();
  });
});

describe('a mistyped hyper-parameter', () => {
  it.each([
    ['dnn.dept=3', 'dnn.depth'],
    ['depth=3', 'dnn.depth'],
    ['recipe.learning_rate=0.01', 'recipe.learningRate'],
    ['RECIPE.LEARNINGRATE=0.01', 'recipe.learningRate'],
    ['optimiser=adam', 'recipe.optimizer'],
  ])('%s is met by %s', (pair, name) => {
    const error = errorOf(() => parseAssignment(whole, ['model=dnn', pair]));
    expect(error.code).toBe('UNKNOWN_HYPERPARAMETER');
    expect(error.message).toContain(JSON.stringify(pair.split('=')[0]));
    expect(error.details['known']).toEqual(Object.keys(whole));
    // "optimiser" stands far from the dotted name: then all names are listed
    expect(error.remedy).toContain(name);
  });

  it.each([
    ['recipe.batchSize=512', '256, 1024, 4096'],
    ['recipe.optimizer=Adam', 'adam, adagrad'],
    ['recipe.learningRate=0', '[0.0001, 0.1] (log scale)'],
    ['recipe.learningRate=1e-3x', 'a number in'],
    ['recipe.learningRate=NaN', 'a number in'],
    ['recipe.learningRate=Infinity', 'a number in'],
    ['recipe.learningRate=', 'a number in'],
    ['dnn.depth=2.0001', 'an integer in [1, 4]'],
    ['dnn.batchNorm=yes', 'false, true'],
    ['dnn.batchNorm=1', 'false, true'],
  ])('%s is answered by what is allowed: %s', (pair, allowed) => {
    const error = errorOf(() => parseAssignment(whole, ['model=dnn', pair]));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(pair.split('=')[0]);
    expect(`${error.message} ${error.remedy}`).toContain(allowed);
  });

  it.each([
    [['dnn.depth=3'], 'model is one of dnn, din'],
    [['model=dnn', 'dnn.momentum=0.6'], 'dnn.batchNorm is one of true'],
    // two deep: the nearer condition is the one that is named
    [['dnn.momentum=0.6'], 'dnn.batchNorm is one of true'],
  ])('%j has no effect, and it says when it would', (pairs, reason) => {
    const error = errorOf(() => parseAssignment(whole, pairs));
    expect(error.message).toContain(reason);
    expect(error.code).toBe('CONFIG_INVALID');
  });

  it('may come in any order: a condition is met by what stands behind it', () => {
    const pairs = ['dnn.momentum=0.6', 'dnn.batchNorm=true', 'model=din'];
    for (const order of [pairs, pairs.toReversed()]) {
      const assignment = parseAssignment(whole, order);
      expect(assignment).toMatchObject({ model: 'din', 'dnn.momentum': 0.6 });
      validate(whole, assignment);
      expect(Object.keys(assignment)).toEqual(Object.keys(whole));
    }
  });
});

describe('accepts', () => {
  const parameters: readonly Parameter[] = [
    { kind: 'categorical', values: ['a', 1, true], default: 'a' },
    { kind: 'ordered', values: [1, 2, '4x4'], default: 1 },
    { kind: 'integer', min: -2, max: 3, default: 0 },
    { kind: 'float', min: 0.5, max: 2, default: 1 },
  ];

  it('takes a value for what it is: no text for a number, no 1 for true', () => {
    const [categorical, ordered, integer, float] = parameters;
    expect(
      ['a', 1, true, '1', 'true', false, 0, null, undefined, ['a']].map((v) => accepts(categorical, v)),
    ).toEqual([true, true, true, ...Array.from({ length: 7 }, () => false)]);
    expect([1, '1', '4x4', 4].map((v) => accepts(ordered, v))).toEqual([true, false, true, false]);
    expect([-2, 3, -0, 0.5, 4, '1', Number.NaN, 1n].map((v) => accepts(integer, v))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect([0.5, 2, 0.4999, 2.0001, Number.NaN, Infinity, '1'].map((v) => accepts(float, v))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('agrees with what it says is allowed', () => {
    expect(parameters.map(describeAllowed)).toEqual([
      'one of a, 1, true',
      'one of 1, 2, 4x4',
      'an integer in [-2, 3]',
      'a number in [0.5, 2]',
    ]);
  });
});

describe('whatever the space', () => {
  it('a value outside its domain is refused by its name, and nothing inside is', () => {
    fc.assert(
      fc.property(
        anySpace,
        fc.nat(),
        fc.oneof(fc.string(), fc.double(), fc.boolean()),
        (space, seed, value) => {
          const assignment = sample(space, new Rng(seed));
          for (const name of Object.keys(assignment)) {
            const other = Object.fromEntries(
              Object.entries(assignment).map(([key, own]) => [key, key === name ? value : own]),
            );
            if (accepts(space[name], value)) continue;
            const error = errorOf(() => validate(space, other));
            expect(error.code).toBe('CONFIG_INVALID');
          }
        },
      ),
    );
  });

  it('a missing active parameter and a foreign one are refused', () => {
    fc.assert(
      fc.property(anySpace, fc.nat(), (space, seed) => {
        const entries = Object.entries(sample(space, new Rng(seed)));
        const [first] = entries;
        const without = Object.fromEntries(entries.slice(1));
        expect(errorOf(() => validate(space, without)).message).toContain(first[0]);
        const foreign = Object.fromEntries([...entries, ['no such name', 1]]);
        expect(errorOf(() => validate(space, foreign)).code).toBe('UNKNOWN_HYPERPARAMETER');
      }),
    );
  });

  it('enumeration gives canonical assignments in order, the first of them the first values', () => {
    const small: Space = {
      a: { kind: 'categorical', values: ['x', 'y'], default: 'x' },
      b: { kind: 'integer', min: 1, max: 2, default: 1, when: { parameter: 'a', in: ['y'] } },
    };
    checkSpace(small);
    expect([...enumerate(small)]).toEqual([{ a: 'x' }, { a: 'y', b: 1 }, { a: 'y', b: 2 }]);
  });
});
