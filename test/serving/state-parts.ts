import fc from 'fast-check';
import type { PastEvents } from '../../src/data/index.js';
import type { ServedEvent } from '../../src/schema/index.js';
import { StateSettings, type KnownRows, type ServingState } from '../../src/serving/index.js';

export const settings = StateSettings.parse({
  positive: [{ kind: 'click' }, { kind: 'rating', atLeast: 4 }],
  seen: [{ kind: 'impression' }, { kind: 'click' }],
  historyLength: 4,
  seenLength: 6,
  popularityHalfLifeHours: 1,
});

export const rows: KnownRows = {
  items: ['a', 'b', 'c'].map((id, i) => ({
    id,
    record: { event: {}, joined: { items: { colour: `colour of ${id}` } } },
    createdMs: i === 2 ? undefined : i * 1000,
  })),
  users: new Map([['u', { event: {}, joined: { users: { age: 40 } } }]]),
  itemTables: ['items'],
  userTables: ['users'],
};

export const past = (): PastEvents => ({
  users: ['u', 'v'],
  items: ['b', 'z'],
  userOf: Int32Array.of(0, 0, 1),
  itemOf: Int32Array.of(0, 1, 1),
  atMs: Float64Array.of(10, 20, 30),
  isPositive: Uint8Array.of(1, 0, 1),
});

/** Events of every kind that a state listens to, and of some that it does not. */
export const anyEvents = fc
  .array(
    fc.record({
      user: fc.constantFrom('u', 'v', 'w'),
      item: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'é', 'z'), { nil: undefined }),
      kind: fc.constantFrom('click', 'impression', 'rating', 'item', 'item-removed', 'user', 'like'),
      value: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      atMs: fc.integer({ min: 0, max: 40 * 3_600_000 }),
      more: fc.option(fc.record({ colour: fc.string(), age: fc.integer() }), { nil: undefined }),
    }),
    { maxLength: 60 },
  )
  .map((events) => events.map((event, i): ServedEvent => ({ id: `e${i}`, ...event })));

/** All that can be asked of a state. */
export function readingOf(state: ServingState) {
  const { catalogue, counts, histories } = state;
  const users = ['u', 'v', 'w', 'nobody'];
  return {
    items: Array.from({ length: catalogue.size }, (_, i) => ({
      id: catalogue.idOf(i),
      there: catalogue.isThere(i),
      record: catalogue.recordOf(i),
      createdMs: catalogue.createdMs()[i],
      popular: counts.at(i, 50 * 3_600_000),
    })),
    ranking: [...counts.largest()],
    users: users.map((user) => ({
      record: state.userRecord(user),
      history: [...histories.of(user)],
      seen: [...state.seenBy(user)],
    })),
  };
}
