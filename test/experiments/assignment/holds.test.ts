import { describe, expect, it } from 'vitest';
import { holdersOf, requireFreeHolds } from '../../../src/experiments/index.js';
import { recordOf } from '../support.js';

const first = recordOf({
  id: 'first',
  layer: { name: 'ranking', from: 0, to: 5000 },
  holds: { surfaces: ['home', 'search'], parameters: ['model', 'mmr'] },
});

describe('what experiments hold', () => {
  it('may be held twice in other buckets of one layer, not in the same', () => {
    const beside = recordOf({ ...first, id: 'beside', layer: { name: 'ranking', from: 5000, to: 10_000 } });
    expect(() => requireFreeHolds(beside, [first])).not.toThrow();
    const over = recordOf({ ...first, id: 'over', layer: { name: 'ranking', from: 4999, to: 6000 } });
    expect(() => requireFreeHolds(over, [first])).toThrow(/first has buckets 0 to 5000 of the layer ranking/);
    const unlike = recordOf({
      id: 'unlike',
      layer: over.layer,
      holds: { surfaces: ['mail'], parameters: ['x'] },
    });
    expect(() => requireFreeHolds(unlike, [first])).toThrow(/a unit is in one experiment of a layer/);
  });

  it('may not be held twice in two layers, which share units', () => {
    const layer = { name: 'recall', from: 0, to: 10_000 };
    const clash = recordOf({
      id: 'clash',
      layer,
      holds: { surfaces: ['search'], parameters: ['new', 'mmr'] },
    });
    expect(() => requireFreeHolds(clash, [first])).toThrow(/first holds mmr on search/);
    for (const holds of [
      { surfaces: ['mail'], parameters: ['mmr'] },
      { surfaces: ['search'], parameters: ['channels'] },
    ])
      expect(() => requireFreeHolds(recordOf({ id: 'free', layer, holds }), [first])).not.toThrow();
  });

  it('are listed by surface and parameter', () => {
    const other = recordOf({
      id: 'other',
      layer: { name: 'ranking', from: 5000, to: 10_000 },
      holds: { surfaces: ['home'], parameters: ['model'] },
    });
    const holds = holdersOf([first, other]);
    expect(holds.map(({ surface, parameter }) => `${surface} ${parameter}`)).toEqual([
      'home mmr',
      'home model',
      'search mmr',
      'search model',
    ]);
    expect(holds[1].holders.map(({ experiment }) => experiment)).toEqual(['first', 'other']);
    expect(holdersOf([])).toEqual([]);
  });
});
