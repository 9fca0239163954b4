import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MomentMap, type Kept } from '../../src/serving/moment-map.js';

interface Word extends Kept {
  text: string;
}
const wordsOf = (map: MomentMap<number, Word, { text: string }>, key: number, text: string): void => {
  const known = map.get(key);
  if (known === undefined) map.add(key, { text, copiedIn: 0 });
  else {
    map.beforeChange(known);
    known.text += text;
  }
};
const made = () => new MomentMap<number, Word, { text: string }>(({ text }) => ({ text }));
const anyOperations = fc.array(fc.tuple(fc.nat(12), fc.constantFrom('a', 'b', 'c')), { maxLength: 40 });

describe('MomentMap', () => {
  it('is read as of a moment, in its order, whatever is changed between two entries (property)', () => {
    fc.assert(
      fc.property(anyOperations, fc.array(anyOperations, { maxLength: 15 }), (first, between) => {
        const map = made();
        for (const [key, text] of first) wordsOf(map, key, text);
        for (const round of [0, 1]) {
          const then = [...map.entries()];
          const moment = map.freeze();
          expect(moment.size).toBe(then.length);
          const changes = between.slice(round);
          const read: (readonly [number, { text: string }])[] = [];
          for (const [key, text] of changes.shift() ?? []) wordsOf(map, key, text);
          for (const entry of moment.entries()) {
            read.push(entry);
            for (const [key, text] of changes.shift() ?? []) wordsOf(map, key, text);
          }
          moment.release();
          expect(read).toEqual(then);
        }
        // Nothing that was changed meanwhile is lost.
        const expected = new Map<number, string>();
        const told = [first, ...changesMade(between, first)];
        for (const [key, text] of told.flat()) expected.set(key, (expected.get(key) ?? '') + text);
        expect(new Map([...map.entries()].map(([key, { text }]) => [key, text]))).toEqual(expected);
      }),
    );
  });

  it('has one reader at a time', () => {
    const map = made();
    wordsOf(map, 1, 'a');
    const moment = map.freeze();
    expect(() => map.freeze()).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    moment.release();
    expect([...map.freeze().entries()]).toEqual([[1, { text: 'a' }]]);
  });
});

/** What of the changes was made: one before reading, and one after each entry that there was. */
function changesMade(
  between: readonly (readonly (readonly [number, string])[])[],
  first: readonly (readonly [number, string])[],
): (readonly (readonly [number, string])[])[] {
  const keys = new Set(first.map(([key]) => key));
  const made: (readonly (readonly [number, string])[])[] = [];
  for (const round of [0, 1]) {
    const changes = between.slice(round);
    const size = keys.size;
    for (const change of changes.slice(0, size + 1)) {
      made.push(change);
      for (const [key] of change) keys.add(key);
    }
  }
  return made;
}
