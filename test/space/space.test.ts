import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  activeNames,
  activeOnly,
  cardinality,
  chanceOf,
  checkSpace,
  complete,
  crossover,
  decode,
  defaults,
  encode,
  encodedLength,
  enumerate,
  fromUnit,
  hashAssignment,
  isActive,
  mutate,
  neighbours,
  sample,
  toUnit,
  unitCell,
  validate,
  type CategoricalParameter,
  type Space,
} from '../../src/space/index.js';
import { anySpace } from './arbitrary-space.js';

const seed = fc.nat();
const strength = fc.double({ min: 0.01, max: 1, noNaN: true });

/** Tower depth matters only to a deep model; its dropout only when there is a tower at all. */
const small: Space = {
  model: { kind: 'categorical', values: ['lr', 'dnn'], default: 'lr' },
  depth: { kind: 'integer', min: 0, max: 2, default: 1, when: { parameter: 'model', in: ['dnn'] } },
  dropout: { kind: 'ordered', values: [0, 0.2, 0.5], default: 0, when: { parameter: 'depth', in: [1, 2] } },
  shuffle: { kind: 'categorical', values: [false, true], default: true },
};

describe('every space that the generator makes', () => {
  it('is well-formed', () => {
    fc.assert(fc.property(anySpace, (space) => checkSpace(space)));
  });

  it('has valid defaults and valid samples', () => {
    fc.assert(
      fc.property(anySpace, seed, (space, s) => {
        validate(space, defaults(space));
        validate(space, sample(space, new Rng(s)));
      }),
    );
  });

  it('mutates to something else that is valid, whenever there is something else', () => {
    fc.assert(
      fc.property(anySpace, seed, strength, (space, s, amount) => {
        const rng = new Rng(s);
        const from = sample(space, rng);
        const to = mutate(space, from, rng, amount);
        validate(space, to);
        const movable = cardinality(space) > 1 && neighbours(space, from).length > 0;
        if (movable) expect(hashAssignment(space, to)).not.toBe(hashAssignment(space, from));
      }),
      { numRuns: 1000 },
    );
  });

  it('crosses two parents into a valid child that has nothing but theirs where they agree', () => {
    fc.assert(
      fc.property(anySpace, seed, (space, s) => {
        const rng = new Rng(s);
        const [a, b] = [sample(space, rng), sample(space, rng)];
        const child = crossover(space, a, b, rng);
        validate(space, child);
        for (const [name, value] of Object.entries(child)) {
          if (Object.hasOwn(a, name) && Object.hasOwn(b, name)) expect([a[name], b[name]]).toContain(value);
        }
        expect(hashAssignment(space, crossover(space, a, a, rng))).toBe(hashAssignment(space, a));
      }),
    );
  });

  it('has valid, different and distinct neighbours', () => {
    fc.assert(
      fc.property(anySpace, seed, (space, s) => {
        const from = sample(space, new Rng(s));
        const hashes = neighbours(space, from).map((near) => {
          validate(space, near);
          return hashAssignment(space, near);
        });
        expect(hashes).not.toContain(hashAssignment(space, from));
        expect(new Set(hashes).size).toBe(hashes.length);
      }),
    );
  });

  it('encodes into the unit cube and back', () => {
    fc.assert(
      fc.property(anySpace, seed, (space, s) => {
        const from = sample(space, new Rng(s));
        const point = encode(space, from);
        expect(point.length).toBe(encodedLength(space));
        for (const x of point) expect(x >= 0 && x <= 1).toBe(true);
        expect(decode(space, point)).toEqual(from);
      }),
    );
  });

  it('hashes by content: key order and leftover inactive values do not matter, any active value does', () => {
    fc.assert(
      fc.property(anySpace, seed, (space, s) => {
        const rng = new Rng(s);
        const from = sample(space, rng);
        const shuffled = Object.fromEntries(rng.shuffle(Object.entries(from)));
        const everything = Object.fromEntries(Object.entries(space).map(([name, p]) => [name, p.default]));
        const withLeftovers = { ...everything, ...from };
        expect(hashAssignment(space, shuffled)).toBe(hashAssignment(space, from));
        expect(activeOnly(space, withLeftovers)).toEqual(from);
        expect(hashAssignment(space, withLeftovers)).toBe(hashAssignment(space, from));
        for (const near of neighbours(space, from)) {
          expect(hashAssignment(space, near)).not.toBe(hashAssignment(space, from));
        }
      }),
    );
  });

  it('has as many members as enumeration finds', () => {
    fc.assert(
      fc.property(anySpace, (space) => {
        const count = cardinality(space);
        if (!(count <= 2000)) return;
        const hashes = new Set<string>();
        for (const assignment of enumerate(space)) {
          validate(space, assignment);
          hashes.add(hashAssignment(space, assignment));
        }
        expect(hashes.size).toBe(count);
      }),
    );
  });

  it('completes any part of a sample to that sample where the part decides it', () => {
    fc.assert(
      fc.property(anySpace, seed, (space, s) => {
        const from = sample(space, new Rng(s));
        expect(complete(space, from)).toEqual(from);
        expect(complete(space, {})).toEqual(defaults(space));
      }),
    );
  });
});

describe('conditions', () => {
  it('are inherited: what depends on an inactive parameter is inactive', () => {
    expect(activeNames(small, { model: 'lr', depth: 2, dropout: 0.2, shuffle: true })).toEqual([
      'model',
      'shuffle',
    ]);
    expect(isActive(small, { model: 'dnn', depth: 0 }, 'dropout')).toBe(false);
    expect(isActive(small, { model: 'dnn', depth: 2 }, 'dropout')).toBe(true);
  });

  it('count: lr or dnn with depth 0, or 2 depths times 3 dropouts; each shuffled or not', () => {
    expect(cardinality(small)).toBe((1 + 1 + 2 * 3) * 2);
    expect(cardinality({ rate: { kind: 'float', min: 0, max: 1, default: 0 } })).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(cardinality({})).toBe(1);
  });
});

describe('unit scale', () => {
  it('gives every integer the same room, also on a log scale at its ends', () => {
    const counts = new Map<unknown, number>();
    const rng = new Rng(2);
    for (let i = 0; i < 8000; i += 1) {
      const value = fromUnit({ kind: 'integer', min: 3, max: 6, default: 3 }, rng.next());
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([3, 4, 5, 6]);
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it('is logarithmic where asked: the middle of [1e-4, 1] is 1e-2', () => {
    const rate = { kind: 'float', min: 1e-4, max: 1, log: true, default: 0.01 } as const;
    expect(fromUnit(rate, 0.5)).toBeCloseTo(0.01, 12);
    expect(toUnit(rate, 0.001)).toBeCloseTo(0.25, 12);
    expect([fromUnit(rate, -3), fromUnit(rate, 3)]).toEqual([1e-4, 1]);
  });

  it('has a cell for every discrete value: cells tile [0, 1] and lead back to their value', () => {
    fc.assert(
      fc.property(anySpace, (space) => {
        for (const parameter of Object.values(space)) {
          if (parameter.kind === 'float') {
            expect(unitCell(parameter, parameter.default)).toBeUndefined();
            continue;
          }
          const values =
            parameter.kind === 'integer'
              ? Array.from({ length: parameter.max - parameter.min + 1 }, (_, i) => parameter.min + i)
              : parameter.values;
          let end = 0;
          for (const value of values) {
            const [from, to] = unitCell(parameter, value) ?? [Number.NaN, Number.NaN];
            expect(from).toBeCloseTo(end, 12);
            expect(fromUnit(parameter, (from + to) / 2)).toBe(value);
            end = to;
          }
          expect(end).toBeCloseTo(1, 12);
        }
      }),
    );
  });

  it('draws floats with six digits, so that they survive text', () => {
    const rng = new Rng(9);
    for (let i = 0; i < 100; i += 1) {
      const value = Number(fromUnit({ kind: 'float', min: 0, max: 3, default: 0 }, rng.next()));
      expect(Number(value.toPrecision(6))).toBe(value);
    }
  });
});

describe('mutation', () => {
  it('steps nearer with less strength', () => {
    const space: Space = { x: { kind: 'float', min: 0, max: 1, default: 0.5 } };
    const mean = (amount: number): number => {
      const rng = new Rng(4);
      let sum = 0;
      for (let i = 0; i < 500; i += 1)
        sum += Math.abs(Number(mutate(space, { x: 0.5 }, rng, amount)['x']) - 0.5);
      return sum / 500;
    };
    expect(mean(0.1)).toBeLessThan(mean(0.8) / 3);
  });

  it('leaves the low end of a logarithmic integer, where one notch is wide', () => {
    const space: Space = { n: { kind: 'integer', min: 1, max: 7, log: true, default: 4 } };
    for (let s = 0; s < 2000; s += 1) expect(mutate(space, { n: 1 }, new Rng(s), 0.01)['n']).not.toBe(1);
  });

  it('leaves a space of one member alone', () => {
    const space: Space = { only: { kind: 'categorical', values: ['x'], default: 'x' } };
    expect(mutate(space, defaults(space), new Rng(1), 0.5)).toEqual({ only: 'x' });
  });
});

describe('weights of a categorical', () => {
  const weighted: Space = {
    on: { kind: 'categorical', values: [true, false], weights: [9, 1], default: true },
  };

  it('say how often each value is drawn', () => {
    const rng = new Rng(['weights']);
    const draws = Array.from({ length: 4000 }, () => sample(weighted, rng)['on']);
    const share = draws.filter(Boolean).length / draws.length;
    expect(Math.abs(share - 0.9)).toBeLessThan(0.02);
    expect(chanceOf(weighted['on'] as CategoricalParameter, false)).toBeCloseTo(0.1, 12);
    const even = { ...weighted['on'], weights: undefined } as CategoricalParameter;
    expect(chanceOf(even, false)).toBe(0.5);
  });

  it('are one positive number per value', () => {
    for (const weights of [[1], [1, 0], [1, -1], [1, Number.NaN]]) {
      const space = { on: { ...weighted['on'], weights } } as Space;
      expect(() => checkSpace(space)).toThrowError(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    }
    expect(() => checkSpace(weighted)).not.toThrow();
  });
});

describe('mutation in a wide space', () => {
  it('keeps the child near its parent, however many parameters there are', () => {
    const wide: Space = Object.fromEntries(
      Array.from({ length: 80 }, (_, i) => [
        `p${i}`,
        { kind: 'categorical', values: [0, 1], default: 0 } satisfies CategoricalParameter,
      ]),
    );
    const parent = defaults(wide);
    const rng = new Rng(['wide']);
    const changes = Array.from({ length: 400 }, () => {
      const child = mutate(wide, parent, rng, 0.4);
      return Object.keys(wide).filter((name) => child[name] !== parent[name]).length;
    });
    expect(Math.min(...changes)).toBeGreaterThanOrEqual(1);
    const mean = changes.reduce((sum, count) => sum + count, 0) / changes.length;
    expect(mean).toBeGreaterThan(3);
    expect(mean).toBeLessThan(7);
  });
});
