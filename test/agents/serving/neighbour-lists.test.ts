import { appendFileSync, mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { defaultComposition } from '../../../src/agents/serving/default-composition.js';
import { keptNeighbourLists, neighbourLists } from '../../../src/agents/serving/neighbour-lists.js';
import { ServingState, StateSettings, type KnownRows } from '../../../src/serving/index.js';

const folder = mkdtempSync(join(tmpdir(), 'neighbour-lists-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows: KnownRows = { items: [], users: new Map(), itemTables: [], userTables: [] };

/** A state in which every user clicked these items in this order. */
function state(histories: Readonly<Record<string, string>>): ServingState {
  const made = new ServingState(StateSettings.parse({}), rows);
  for (const [user, items] of Object.entries(histories))
    [...items].forEach((item, at) => made.apply({ id: `${user}${at}`, atMs: at, user, item, kind: 'click' }));
  return made;
}

describe('neighbourLists', () => {
  it('are what the same users did near each other, by the formula', () => {
    const { starts, items, scores } = neighbourLists(state({ u: 'abc', v: 'ab', w: 'dd' }));
    const of = (item: number) =>
      Array.from({ length: starts[item + 1] - starts[item] }, (_, n) => [
        items[starts[item] + n],
        scores[starts[item] + n],
      ]);
    // a and b are beside each other twice; each occurs twice. a and c are two places apart, once; c occurs once.
    expect(of(0)).toEqual([
      [1, Math.fround(2 / Math.sqrt(7 * 7))],
      [2, expect.closeTo(2 ** -0.5 / Math.sqrt(7 * 6), 6)],
    ]);
    expect(of(3)).toEqual([]); // an item is no neighbour of itself
    expect(starts.length).toBe(5);
  });

  it('are kept for the catalogue that they were counted for, and counted again for another', () => {
    const path = join(folder, 'lists.bin');
    const first = keptNeighbourLists(path, state({ u: 'abc' }), 'log');
    utimesSync(path, 1, 1);
    // More was done since: a restart recommends as before.
    expect(keptNeighbourLists(path, state({ u: 'abcab', v: 'cba' }), 'log')).toEqual(first);
    expect(statSync(path).mtimeMs).toBe(1000);
    const other = keptNeighbourLists(path, state({ u: 'cab', v: 'ab' }), 'log');
    expect(other).not.toEqual(first);
    expect(keptNeighbourLists(path, state({ u: 'cab' }), 'log')).toEqual(other);
    expect(keptNeighbourLists(path, state({ u: 'cab' }), 'another log')).not.toEqual(other);
    appendFileSync(path, 'x');
    expect(keptNeighbourLists(path, state({ u: 'cab' }), 'another log').items.length).toBe(6);
  });
});

describe('defaultComposition', () => {
  const field = (name: string) => ({
    kind: 'categorical' as const,
    name,
    side: 'item' as const,
    vocabulary: name,
  });

  it('has a channel for what a person may follow and for what items are sorted by, where there is one', () => {
    const fields = ['colour', 'category', 'creator_id', 'author'].map(field);
    const { recall, rank } = defaultComposition(fields, { vectors: true, ranks: true });
    expect(recall.map(({ channel }) => channel)).toEqual([
      'popular',
      'neighbours',
      'nearest',
      'same-creator_id',
      'same-category',
      'newest',
    ]);
    expect(rank).toBe(true);
    const plain = defaultComposition([field('colour')], { vectors: false, ranks: false });
    expect(plain.recall.map(({ channel }) => channel)).toEqual(['popular', 'neighbours', 'newest']);
    expect(plain.rank).toBe(false);
  });
});
