import { describe, expect, it } from 'vitest';
import { requireFreshSeed } from '../../../src/experiments/index.js';
import { assignUnit } from '../../../src/experiments/assignment/assign-unit.js';
import type { ExperimentRecord } from '../../../src/schema/index.js';
import { recordOf } from '../support.js';

const units = Array.from({ length: 4000 }, (_, unit) => `u${unit}`);
const treatedOf = (record: ExperimentRecord): Set<string> =>
  new Set(units.filter((unit) => assignUnit(record, 0.5, unit)?.variant === 'new'));

const first = recordOf({ id: 'first', seed: 'shared' });

describe('the seed of an experiment', () => {
  it('must not be that of another one, since the same units would be treated', () => {
    const second = recordOf({ id: 'second', seed: 'shared' });
    expect(treatedOf(second)).toEqual(treatedOf(first));
    expect(() => requireFreshSeed(second, [recordOf({ id: 'other' }), first])).toThrow(
      /second has the seed "shared", as first had/,
    );
  });

  it('is the id where none is given, and then counts as one', () => {
    const named = recordOf({ id: 'second', seed: 'faster' });
    expect(treatedOf(named)).toEqual(treatedOf(recordOf({ id: 'faster' })));
    expect(() => requireFreshSeed(named, [recordOf({ id: 'faster' })])).toThrow(/as faster had/);
    expect(() => requireFreshSeed(recordOf({ id: 'shared' }), [first])).toThrow(/as first had/);
  });

  it('splits units anew where it is its own', () => {
    const second = recordOf({ id: 'second' });
    expect(() => requireFreshSeed(second, [first])).not.toThrow();
    const before = treatedOf(first);
    const again = [...treatedOf(second)].filter((unit) => before.has(unit)).length;
    // Half of half of 4,000 units, ± 5 standard deviations.
    expect(Math.abs(again - 1000)).toBeLessThan(5 * Math.sqrt(4000 * 0.25 * 0.75));
  });

  it('may be that of an experiment whose units never meet', () => {
    const low = recordOf({ id: 'low', seed: 's', layer: { name: 'ranking', from: 0, to: 5000 } });
    const high = recordOf({ id: 'high', seed: 's', layer: { name: 'ranking', from: 5000, to: 10_000 } });
    expect(() => requireFreshSeed(high, [low])).not.toThrow();
    const elsewhere = recordOf({ id: 'high', seed: 's', layer: { name: 'recall', from: 5000, to: 10_000 } });
    expect(() => requireFreshSeed(elsewhere, [low])).toThrow(/as low had/);
  });
});
