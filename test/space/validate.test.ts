import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAutoModelError, Rng, type AutoModelError } from '../../src/platform/index.js';
import {
  checkSpace,
  conditional,
  defaults,
  hashAssignment,
  join,
  merge,
  nearestName,
  parseAssignment,
  prefix,
  sample,
  under,
  unknownParameter,
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

const dnn: Space = {
  widths: { kind: 'ordered', values: ['64', '128x64', '400x400'], default: '128x64' },
  dropout: { kind: 'float', min: 0, max: 0.5, default: 0.1 },
  batchNorm: { kind: 'categorical', values: [false, true], default: false },
  momentum: {
    kind: 'float',
    min: 0.5,
    max: 0.99,
    default: 0.9,
    when: { parameter: 'batchNorm', in: [true] },
  },
  layers: { kind: 'integer', min: 1, max: 4, default: 2 },
};

describe('unknownParameter', () => {
  it('lists what there is, but not thousands', () => {
    const wide = Array.from({ length: 10_000 }, (_, i) => `use.f${i}`);
    const { remedy } = unknownParameter(wide, 'use.f10x');
    expect(remedy).toContain('Did you mean use.f10');
    expect(remedy).toContain('and 9920 more.');
    expect(remedy?.length).toBeLessThan(1200);
  });

  it('says so where there is nothing to choose', () => {
    expect(unknownParameter([], 'use.x').remedy).toBe('Leave use.x out.');
  });
});

describe('validate', () => {
  it('names an unknown parameter and the nearest known one', () => {
    const error = errorOf(() => validate(dnn, { ...defaults(dnn), dropuot: 0.1 }));
    expect(error.code).toBe('UNKNOWN_HYPERPARAMETER');
    expect(error.message).toContain('"dropuot"');
    expect(error.remedy).toContain('dropout');
  });

  it.each([
    ['dropout', 0.9, '[0, 0.5]'],
    ['dropout', 'high', '[0, 0.5]'],
    ['dropout', Number.NaN, '[0, 0.5]'],
    ['layers', 2.5, 'an integer'],
    ['layers', 5, '[1, 4]'],
    ['widths', '1x1', '64, 128x64, 400x400'],
    ['batchNorm', 'false', 'false, true'],
  ])('refuses %s = %s and says what is allowed', (name, value, allowed) => {
    const error = errorOf(() => validate(dnn, { ...defaults(dnn), [name]: value }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(name);
    expect(error.message).toContain(allowed);
  });

  it('refuses missing and inactive parameters', () => {
    const { dropout: _, ...rest } = defaults(dnn);
    expect(errorOf(() => validate(dnn, rest)).message).toContain('dropout');
    const inactive = errorOf(() => validate(dnn, { ...defaults(dnn), momentum: 0.9 }));
    expect(inactive.message).toContain('momentum has no effect');
    expect(inactive.message).toContain('batchNorm is one of true');
  });

  it('is not fooled by names of the object prototype', () => {
    expect(errorOf(() => validate(dnn, { ...defaults(dnn), constructor: 1 })).code).toBe(
      'UNKNOWN_HYPERPARAMETER',
    );
    expect(errorOf(() => validate(dnn, JSON.parse('{"__proto__": 1}'))).code).toBe('UNKNOWN_HYPERPARAMETER');
  });
});

describe('parseAssignment', () => {
  it('reads what people type and fills in the rest', () => {
    expect(parseAssignment(dnn, ['dropout=2e-1', 'layers= 3', 'batchNorm=true', 'widths=400x400'])).toEqual({
      widths: '400x400',
      dropout: 0.2,
      batchNorm: true,
      momentum: 0.9,
      layers: 3,
    });
    expect(parseAssignment(dnn, [])).toEqual(defaults(dnn));
  });

  it.each([
    ['dropout', 'CONFIG_INVALID', 'name=value'],
    ['=3', 'CONFIG_INVALID', 'name=value'],
    ['dropout=', 'CONFIG_INVALID', '[0, 0.5]'],
    ['layers=two', 'CONFIG_INVALID', 'integer'],
    ['layer=2', 'UNKNOWN_HYPERPARAMETER', 'layer'],
    ['momentum=0.9', 'CONFIG_INVALID', 'no effect'],
  ])('refuses %s', (pair, code, part) => {
    const error = errorOf(() => parseAssignment(dnn, [pair]));
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.remedy}`).toContain(part);
  });

  it('refuses a name given twice', () => {
    expect(errorOf(() => parseAssignment(dnn, ['layers=1', 'layers=2'])).message).toContain('twice');
  });

  it('reads back every sample that it was told in text', () => {
    fc.assert(
      fc.property(anySpace, fc.nat(), (space, seed) => {
        const wanted = sample(space, new Rng(seed));
        // a name without characters cannot be typed, nor one with "="; two values may share a spelling (true, "true")
        const typable = Object.entries(space).every(
          ([name, p]) =>
            name !== '' &&
            (!('values' in p) || new Set(p.values.map((v) => String(v).trim())).size === p.values.length),
        );
        if (!typable) return;
        const pairs = Object.entries(wanted).map(([name, value]) => `${name}=${String(value)}`);
        expect(parseAssignment(space, pairs)).toEqual(wanted);
      }),
    );
  });
});

describe('checkSpace', () => {
  const bad: Readonly<Record<string, Parameter>> = {
    'has no values': { kind: 'categorical', values: [], default: 'x' },
    'is repeated': { kind: 'ordered', values: [1, 1], default: 1 },
    'min 2 > max 1': { kind: 'float', min: 2, max: 1, default: 1 },
    'a log scale needs': { kind: 'float', min: 0, max: 1, log: true, default: 1 },
    'must be integers': { kind: 'integer', min: 0.5, max: 3, default: 1 },
    'its default 9': { kind: 'integer', min: 0, max: 3, default: 9 },
    'not an earlier parameter': {
      kind: 'integer',
      min: 0,
      max: 3,
      default: 1,
      when: { parameter: 'later', in: [1] },
    },
  };
  it.each(Object.entries(bad))('refuses a parameter that %s', (reason, parameter) => {
    const error = errorOf(() => checkSpace({ broken: parameter }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('broken');
    expect(error.message).toContain(reason);
  });

  it('refuses a condition that can never hold', () => {
    const space: Space = {
      mode: { kind: 'categorical', values: ['a', 'b'], default: 'a' },
      rate: { kind: 'integer', min: 0, max: 3, default: 1, when: { parameter: 'mode', in: ['c'] } },
    };
    expect(errorOf(() => checkSpace(space)).message).toContain('never is');
  });
});

describe('composition', () => {
  const choice: Space = { model: { kind: 'categorical', values: ['lr', 'dnn'], default: 'lr' } };
  const whole = join(
    choice,
    conditional(prefix('dnn', dnn), { parameter: 'model', in: ['dnn'] }),
    merge({ recipe: { rate: { kind: 'float', min: 1e-4, max: 1e-1, log: true, default: 1e-3 } } }),
  );

  it('dots the names, keeps conditions, and makes a whole space conditional', () => {
    checkSpace(whole);
    expect(Object.keys(whole)).toEqual([
      'model',
      'dnn.widths',
      'dnn.dropout',
      'dnn.batchNorm',
      'dnn.momentum',
      'dnn.layers',
      'recipe.rate',
    ]);
    expect(Object.keys(defaults(whole))).toEqual(['model', 'recipe.rate']);
    expect(whole['dnn.momentum'].when).toEqual({ parameter: 'dnn.batchNorm', in: [true] });
    const deep = parseAssignment(whole, ['model=dnn', 'dnn.batchNorm=true']);
    expect(under('dnn', deep)).toEqual({ ...defaults(dnn), batchNorm: true, momentum: 0.9 });
    expect(under('recipe', deep)).toEqual({ rate: 1e-3 });
  });

  it('hears the last part of a dotted name', () => {
    expect(errorOf(() => parseAssignment(whole, ['rate=0.01'])).remedy).toContain('recipe.rate');
  });

  it('refuses to join two parameters of one name', () => {
    expect(errorOf(() => join(dnn, dnn)).message).toContain('widths');
  });

  it('a prefix changes names only: the same draws, taken apart again', () => {
    fc.assert(
      fc.property(anySpace, fc.nat(), (space, seed) => {
        const inner = sample(space, new Rng(seed));
        const outer = sample(prefix('part', space), new Rng(seed));
        expect(under('part', outer)).toEqual(inner);
        expect(hashAssignment(space, under('part', outer))).toBe(hashAssignment(space, inner));
      }),
    );
  });
});

describe('nearestName', () => {
  it('finds slips and keeps silent about strangers', () => {
    expect(nearestName('dropuot', ['dropout', 'depth'])).toBe('dropout');
    expect(nearestName('Dropout', ['dropout'])).toBe('dropout');
    expect(nearestName('zzzzzz', ['dropout', 'depth'])).toBeUndefined();
    expect(nearestName('x', [])).toBeUndefined();
  });
});
