import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  entryBytes,
  exactMetrics,
  ranksOfEntries,
  readEntries,
  requireKnownItems,
  writeEntries,
  type RankedEntries,
} from '../../src/agents/evaluation/external-rankings.js';
import { FIRST_VALUE_ID, UNKNOWN_ID } from '../../src/schema/index.js';
import { hit, meanTieRank } from '../../src/stats/index.js';

const itemCount = 14;

/** A case: a history, a target, and a score for every item of the catalogue. */
const oneCase = fc.record({
  history: fc.array(fc.integer({ min: UNKNOWN_ID, max: itemCount - 1 }), { maxLength: 5 }),
  target: fc.integer({ min: FIRST_VALUE_ID, max: itemCount - 1 }),
  scores: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: itemCount, maxLength: itemCount }),
});
type Case = { history: number[]; target: number; scores: number[] };

function datasetOf(cases: readonly Case[]) {
  const offsets = [0];
  for (const { history } of cases) offsets.push(offsets[offsets.length - 1] + history.length);
  return {
    itemCount,
    events: Int32Array.from(cases.flatMap(({ history }) => history)),
    offsets: Int32Array.from(offsets),
  };
}

function casesOf(cases: readonly Case[]) {
  const { offsets } = datasetOf(cases);
  return {
    rowIds: Float64Array.from(cases, (_, c) => 100 + 3 * c),
    users: Int32Array.from(cases, (_, c) => c),
    historyEnds: offsets.slice(1),
    targets: Int32Array.from(cases, ({ target }) => target),
  };
}

function entriesOf(triples: readonly (readonly [number, number, number])[]): RankedEntries {
  return {
    rows: Float64Array.from(triples, ([row]) => row),
    items: Int32Array.from(triples, ([, item]) => item),
    scores: Float64Array.from(triples, ([, , score]) => score),
  };
}

/** Everything of a case, best first; equal scores by item. */
function whole({ scores }: Case, c: number): [number, number, number][] {
  return scores
    .map((score, item): [number, number, number] => [100 + 3 * c, item, score])
    .slice(FIRST_VALUE_ID)
    .sort((a, b) => b[2] - a[2] || a[1] - b[1]);
}

const rankOf = ({ scores, target, history }: Case): number =>
  meanTieRank(scores, target, { excluded: history, firstCandidate: FIRST_VALUE_ID });

describe('ranksOfEntries', () => {
  it('is the mean-tie rank under the contract when lists hold everything, in any order', () => {
    fc.assert(
      fc.property(fc.array(oneCase, { minLength: 1, maxLength: 4 }), (cases) => {
        const entries = entriesOf(cases.flatMap((one, c) => whole(one, c)).toReversed());
        const { ranks, facts } = ranksOfEntries(entries, casesOf(cases), datasetOf(cases));
        expect([...ranks]).toEqual(cases.map(rankOf));
        expect(facts.shortest).toBeNull();
        const masked = cases.map(
          ({ history, target }) =>
            new Set(history.filter((item) => item >= FIRST_VALUE_ID && item !== target)).size,
        );
        expect(facts.masked).toBe(masked.reduce((a, b) => a + b, 0));
      }),
    );
  });

  it('gives exact hits up to half the shortest list, whatever is tied', () => {
    fc.assert(
      fc.property(
        fc.array(oneCase, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 12 }),
        (cases, cut) => {
          const entries = entriesOf(cases.flatMap((one, c) => whole(one, c).slice(0, cut)));
          const { ranks, facts } = ranksOfEntries(entries, casesOf(cases), datasetOf(cases));
          const most = facts.shortest === null ? itemCount : Math.floor(facts.shortest / 2);
          for (let k = 1; k <= most; k += 1)
            cases.forEach((one, c) => expect(hit(ranks[c], k)).toBe(hit(rankOf(one), k)));
        },
      ),
    );
  });

  const cases: Case[] = [
    { history: [2, 3], target: 5, scores: [] },
    { history: [4], target: UNKNOWN_ID, scores: [] },
  ];
  const ranks = (triples: [number, number, number][]) =>
    ranksOfEntries(entriesOf(triples), casesOf(cases), datasetOf(cases));

  it('counts what is left out, and never finds an unknown target', () => {
    const result = ranks([
      [100, 2, 9],
      [100, 6, 8],
      [100, 5, 7],
      [103, UNKNOWN_ID, 3],
      [103, UNKNOWN_ID, 2],
      [103, 7, 1],
    ]);
    expect([...result.ranks]).toEqual([2, Number.POSITIVE_INFINITY]);
    expect(result.facts).toEqual({ shortest: 1, masked: 1, unknown: 2 });
  });

  it.each([
    ['a case without a list', [[100, 5, 1]], { row: 103 }],
    [
      'a row that is no case',
      [
        [100, 5, 1],
        [103, 5, 1],
        [101, 5, 1],
      ],
      { row: 101, entry: 2 },
    ],
    [
      'an item listed twice',
      [
        [100, 5, 1],
        [100, 6, 1],
        [100, 5, 0],
        [103, 5, 1],
      ],
      { row: 100 },
    ],
    [
      'an endless score',
      [
        [100, 5, Number.POSITIVE_INFINITY],
        [103, 5, 1],
      ],
      { row: 100, entry: 0 },
    ],
    [
      'a score that is no number',
      [
        [100, 5, 1],
        [103, 5, Number.NaN],
      ],
      { row: 103, entry: 1 },
    ],
  ] as [string, [number, number, number][], object][])('refuses %s', (_, triples, details) => {
    expect(() => ranks(triples)).toThrowError(
      expect.objectContaining({ code: 'PREDICTIONS_INVALID', details }),
    );
  });
});

describe('exactMetrics', () => {
  it.each([
    [null, 7],
    [100, 7],
    [40, 7],
    [39, 5],
    [19, 2],
    [10, 2],
  ])('of lists of %s are %s', (shortest, count) => {
    expect(exactMetrics({ shortest, masked: 0, unknown: 0 })).toHaveLength(count);
  });

  it('are none of lists that are too short', () => {
    expect(() => exactMetrics({ shortest: 9, masked: 0, unknown: 0 })).toThrowError(
      expect.objectContaining({ code: 'PREDICTIONS_INVALID' }),
    );
  });
});

describe('entries of the scorer process', () => {
  it('come back as they were written', () => {
    const folder = mkdtempSync(join(tmpdir(), 'automodel-entries-'));
    const entries = entriesOf([
      [2 ** 40, 3, 0.1],
      [1, UNKNOWN_ID, -7],
      [2, 9, 1e300],
    ]);
    writeEntries(join(folder, 'a', 'entries.bin'), entryBytes(entries));
    expect(readEntries(join(folder, 'a', 'entries.bin'))).toEqual(entries);
    rmSync(folder, { recursive: true });
  });

  it('must name some item of the log', () => {
    expect(() => requireKnownItems(entriesOf([[1, UNKNOWN_ID, 1]]))).toThrowError(
      expect.objectContaining({ code: 'PREDICTIONS_INVALID' }),
    );
    expect(() => requireKnownItems(entriesOf([[1, 2, 1]]))).not.toThrow();
  });
});
