import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeldItems } from '../../../src/agents/serving/held-items.js';

/** Items "0", "1", ...; those of `gone` are there no more. */
const catalogueOf = (size: number, gone: readonly number[] = []) => ({
  size,
  indexOf: (id: string): number | undefined => (Number(id) < size ? Number(id) : undefined),
  isThere: (index: number): boolean => index < size && !gone.includes(index),
});

const index = fc.integer({ min: 0, max: 29 });

describe('held items', () => {
  it('are those of this request and no other, and those that are gone', () => {
    const requests = fc.array(fc.record({ seen: fc.array(index), exclude: fc.array(index) }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(requests, fc.array(index), fc.integer({ min: 1, max: 30 }), (all, gone, size) => {
        const held = new HeldItems();
        for (const { seen, exclude } of all) {
          const catalogue = catalogueOf(size, gone);
          const known = seen.filter((item) => item < size);
          const isAllowed = held.filter(catalogue, Int32Array.from(known), exclude.map(String));
          for (let item = 0; item < size; item += 1)
            expect(isAllowed(item)).toBe(![...known, ...exclude, ...gone].includes(item));
        }
      }),
    );
  });

  it('follow a catalogue that grows', () => {
    const held = new HeldItems();
    expect(held.filter(catalogueOf(1), Int32Array.of(0), [])(0)).toBe(false);
    const isAllowed = held.filter(catalogueOf(1000), Int32Array.of(998), ['997', 'nobody']);
    expect([0, 996, 997, 998, 999].filter(isAllowed)).toEqual([0, 996, 999]);
  });
});
