import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServedEvent } from '../../src/schema/index.js';
import { ServingState, StateSettings } from '../../src/serving/index.js';
import { Slices } from '../../src/serving/slices.js';
import { anyEvents, past, readingOf, rows, settings } from './state-parts.js';

const event = (kind: string, more: Partial<ServedEvent> = {}): ServedEvent => ({
  id: 'e',
  atMs: 100,
  user: 'u',
  item: 'a',
  kind,
  ...more,
});
const fresh = (): ServingState => new ServingState(settings, rows);
const namesOf = ({ catalogue }: ServingState, items: Int32Array): string[] =>
  [...items].map((item) => catalogue.idOf(item));

describe('ServingState', () => {
  it('begins with the tables and the training log', () => {
    const state = fresh();
    state.observePast(past(), 0);
    expect(state.catalogue.size).toBe(4);
    expect(namesOf(state, state.histories.of('u'))).toEqual(['b']);
    expect(namesOf(state, state.seenBy('u'))).toEqual(['b', 'z']);
    expect(namesOf(state, state.histories.of('v'))).toEqual(['z']);
    expect(state.catalogue.createdMs()).toEqual(Float64Array.of(0, 1000, Number.NaN, 20));
    expect(state.userRecord('u').joined?.['users']).toEqual({ age: 40 });
    expect(state.userRecord('nobody')).toEqual({ event: {} });
    expect(state.users).toBe(2);
  });

  it('takes what the settings call positive for behaviour, what they call seen for seen, and nothing else', () => {
    const state = fresh();
    state.apply(event('impression'));
    state.apply(event('rating', { item: 'b', value: 3 }));
    state.apply(event('rating', { item: 'b' }));
    state.apply(event('like', { item: 'c' }));
    expect(state.histories.of('u').length).toBe(0);
    expect(namesOf(state, state.seenBy('u'))).toEqual(['a']);
    state.apply(event('rating', { item: 'b', value: 4 }));
    state.apply(event('click', { item: 'new' }));
    state.apply(event('click', { item: undefined }));
    expect(namesOf(state, state.histories.of('u'))).toEqual(['b', 'new']);
    expect(state.catalogue.indexOf('new')).toBe(3);
    expect(state.catalogue.createdMs()[3]).toBe(100);
    expect(state.counts.at(3, 100)).toBe(1);
  });

  it('learns columns of items and users from events, before those of the tables', () => {
    const state = fresh();
    const { catalogue } = state;
    const before = catalogue.revision;
    state.apply(event('item', { more: { colour: 'red' } }));
    state.apply(event('item', { item: 'd', more: { colour: 'blue', size: 3 } }));
    state.apply(event('item', { item: 'd', more: { colour: 'green' } }));
    expect(catalogue.recordOf(0)).toEqual({ event: { colour: 'red' }, joined: { items: { colour: 'red' } } });
    expect(catalogue.recordOf(3).event).toEqual({ colour: 'green', size: 3 });
    expect([...catalogue.changedSince(before)].sort()).toEqual([0, 3]);
    expect(catalogue.recordOf(1).joined).toEqual({ items: { colour: 'colour of b' } });
    state.apply(event('user', { item: undefined, more: { age: 41 } }));
    expect(state.userRecord('u').joined).toEqual({ users: { age: 41 } });
    state.apply(event('item-removed', { item: 'b' }));
    expect([0, 1, 2, 3, 4].map((item) => catalogue.isThere(item))).toEqual([true, false, true, true, false]);
    state.apply(event('item', { item: 'b' }));
    expect(catalogue.isThere(1)).toBe(true);
  });

  it('holds back half of the catalogue at most, what was seen last', () => {
    const state = fresh();
    for (const item of ['a', 'b', 'c']) state.apply(event('impression', { item }));
    expect(namesOf(state, state.seenBy('u'))).toEqual(['c']);
    const without = new ServingState({ ...settings, seenLength: 0 }, rows);
    without.apply(event('impression'));
    expect(without.seenBy('u').length).toBe(0);
  });

  it('goes on from its content as if nothing had been between (property)', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvents, fc.nat(60), async (events, cut) => {
        const whole = fresh();
        whole.observePast(past(), 0);
        for (const one of events) whole.apply(one);
        const first = fresh();
        first.observePast(past(), 0);
        for (const one of events.slice(0, cut)) first.apply(one);
        const second = new ServingState(settings, rows, await first.freeze().content(new Slices()));
        for (const one of events.slice(cut)) second.apply(one);
        expect(readingOf(second)).toEqual(readingOf(whole));
      }),
    );
  });

  it('has the content of one moment, whatever happens while it is read, and loses none of that (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyEvents,
        fc.nat(60),
        fc.array(fc.nat(4), { maxLength: 40 }),
        async (events, cut, sizes) => {
          const state = fresh();
          state.observePast(past(), 0);
          const coming = events.slice(cut);
          const apply = (count: number): void => coming.splice(0, count).forEach((one) => state.apply(one));
          for (const one of events.slice(0, cut)) state.apply(one);
          const before = readingOf(state);
          const turns = [...sizes];
          const interrupted = new Slices(0, async () => apply(turns.shift() ?? 0));
          const frozen = state.freeze();
          const content = await frozen.content(interrupted);
          frozen.release();
          expect(readingOf(new ServingState(settings, rows, content))).toEqual(before);
          apply(60);
          const whole = fresh();
          whole.observePast(past(), 0);
          for (const one of events) whole.apply(one);
          expect(readingOf(state)).toEqual(readingOf(whole));
          // Another moment can be read afterwards, and is another one.
          const next = await state.freeze().content(new Slices());
          expect(readingOf(new ServingState(settings, rows, next))).toEqual(readingOf(whole));
        },
      ),
    );
  });
});

describe('StateSettings', () => {
  it('has defaults, and refuses what is mistyped', () => {
    expect(StateSettings.parse({}).positive).toEqual([{ kind: 'click' }]);
    expect(StateSettings.safeParse({ positiv: [] }).success).toBe(false);
    expect(StateSettings.safeParse({ historyLength: 0 }).success).toBe(false);
  });
});
