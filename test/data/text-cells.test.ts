import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../../src/data/engine.js';
import { summariseText } from '../../src/data/text-cells.js';
import { quoteText } from '../../src/data/sql.js';

const kindsOf = (cell: string): string[] => {
  const { integers, numbers, times, booleans } = summariseText([cell]);
  return Object.entries({ integers, numbers, times, booleans })
    .filter(([, count]) => count === 1)
    .map(([kind]) => kind);
};

describe('what one cell of text is', () => {
  it.each([
    ['0', ['integers', 'numbers']],
    ['-17', ['integers', 'numbers']],
    ['+3', ['integers', 'numbers']],
    ['1.5', ['numbers']],
    ['.5', ['numbers']],
    ['1e-7', ['numbers']],
    ['5.', ['numbers']],
    // codes of digits
    ['007', []],
    ['00', []],
    ['-01', []],
    ['1_000', []],
    ['0x1f', []],
    ['1,5', []],
    [' 1', []],
    ['', []],
    ['e', []],
    ['.', []],
    ['١٢', []],
    ['True', ['booleans']],
    ['FALSE', ['booleans']],
    ['yes', []],
    ['2020-09-13', ['times']],
    ['2020-09-13 12:26:40', ['times']],
    ['2020-09-13T12:26:40.123Z', ['times']],
    ['2020-09-13T12:26:40+05:30', ['times']],
    ['2020-13-13', []],
    ['2020-09-41', []],
    ['13.09.2020', []],
    ['12:26:40', []],
  ])('%j: %j', (cell, kinds) => {
    expect(kindsOf(cell)).toEqual(kinds);
  });
});

describe('a summary', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ files: [] });
  });
  afterAll(() => engine.close());

  it('never calls text a number that the engine could not read (property)', async () => {
    const soup = fc.string({
      unit: fc.constantFrom('0', '1', '9', '.', '-', '+', 'e', 'E', ' ', '_', 'x', 'n', 'a'),
      maxLength: 7,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(soup, { minLength: 20, maxLength: 60 }), async (cells) => {
        const values = cells.map((cell) => `(${quoteText(cell)})`).join(', ');
        const read = await engine.rows(
          `SELECT TRY_CAST(x AS DOUBLE) IS NOT NULL, TRY_CAST(x AS BIGINT) IS NOT NULL FROM (VALUES ${values}) AS v(x)`,
        );
        cells.forEach((cell, i) => {
          const kinds = kindsOf(cell);
          if (kinds.includes('numbers')) expect([cell, read[i][0]]).toEqual([cell, true]);
          if (kinds.includes('integers')) expect([cell, read[i][1]]).toEqual([cell, true]);
        });
      }),
      { numRuns: 25 },
    );
  });

  it('counts what is there, and extremes of what are numbers', () => {
    const summary = summariseText(['3', '-2', '10', null, 'x', '3', '007', '1e400']);
    expect(summary).toMatchObject({ present: 7, distinct: 6, integers: 4, numbers: 5, min: -2 });
    const words = summariseText(['a b c', 'd', 'e|f', 'g;h,i']);
    expect(words.meanWords).toBe(1.5);
    expect(words.separators).toEqual({ '|': 0.25, ';': 0.25, ',': 0.25 });
  });

  it('does not depend on the order of cells (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constant(null), fc.integer().map(String))), (cells) => {
        const { meanLength, meanWords, ...exact } = summariseText(cells);
        const { meanLength: length, meanWords: words, ...other } = summariseText(cells.toReversed());
        expect(other).toEqual(exact);
        expect(length).toBeCloseTo(meanLength);
        expect(words).toBeCloseTo(meanWords);
      }),
    );
  });
});
