import { describe, expect, it } from 'vitest';
import { knownItems, recommendResponse } from '../../../src/agents/serving/recommend-response.js';
import type { Candidate } from '../../../src/pipeline/index.js';
import { RecommendResponse } from '../../../src/schema/index.js';

const names = ['a', 'b', 'c'];
const catalogue = {
  idOf: (index: number): string => names[index],
  indexOf: (id: string): number | undefined => (names.includes(id) ? names.indexOf(id) : undefined),
};
const answeredBy = { requestId: 'r1', version: 'v', variants: { test: 'control' } };
const candidates: readonly Candidate[] = [
  {
    item: 2,
    score: 0.5,
    recalledBy: [
      { channel: 'popular', score: 2, rank: 0 },
      { channel: 'recent', score: 2, rank: 4 },
    ],
    parts: { rank: 0.5 },
  },
  {
    item: 0,
    score: 0.25,
    propensity: 0.3,
    recalledBy: [{ channel: 'recent', score: 2, rank: 1 }],
    parts: {},
  },
];

describe('the response to a request for recommendations', () => {
  it('names items in their order; what nothing was drawn for was certain', () => {
    const response = recommendResponse({ user: 'u', explain: false }, { candidates }, catalogue, answeredBy);
    expect(response).toEqual({
      requestId: 'r1',
      user: 'u',
      version: 'v',
      variants: { test: 'control' },
      items: [
        { item: 'c', position: 0, score: 0.5, propensity: 1 },
        { item: 'a', position: 1, score: 0.25, propensity: 0.3 },
      ],
    });
    expect(RecommendResponse.parse(response)).toEqual(response);
  });

  it('explains what it is asked to explain, in copies', () => {
    const { items } = recommendResponse({ user: 'u', explain: true }, { candidates }, catalogue, answeredBy);
    expect(items.map(({ explanation }) => explanation)).toEqual([
      { channels: candidates[0].recalledBy, parts: { rank: 0.5 } },
      { channels: candidates[1].recalledBy, parts: {} },
    ]);
    expect(items[0].explanation?.channels).not.toBe(candidates[0].recalledBy);
  });
});

describe('known items', () => {
  it('are found once each, in order, and others passed over', () => {
    expect([...knownItems(['c', 'x', 'a', 'c'], catalogue)]).toEqual([2, 0]);
    expect(knownItems([], catalogue)).toHaveLength(0);
  });
});
