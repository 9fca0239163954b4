import { describe, expect, it } from 'vitest';
import { countingFloors, type Floors } from '../../../src/agents/probes/dataset-subject.js';
import { idRenaming, renamedSequences, renamedValues } from '../../../src/agents/probes/id-renaming.js';
import { labelShuffle, withShuffledLabels } from '../../../src/agents/probes/label-shuffle.js';
import { lastOut, tieOrder, tieShare, withShuffledTies } from '../../../src/agents/probes/tie-order.js';
import type { OrderedEvents } from '../../../src/data/index.js';
import { Rng } from '../../../src/platform/index.js';
import { FIRST_VALUE_ID, type EncodedDataset } from '../../../src/schema/index.js';
import { auc } from '../../../src/stats/index.js';
import { contractOf, labelsIn } from '../support/encoded-data.js';
import { clickData, rareClicks } from './counted-data.js';

const subject = (dataset: EncodedDataset, floors: Floors = countingFloors, events?: OrderedEvents) => ({
  dataset,
  floors,
  orderedEvents: async () => {
    if (events === undefined) throw new TypeError('no events');
    return events;
  },
});

describe('label shuffle', () => {
  it('passes for a floor that learns from training labels only', async () => {
    for (const seed of [1, 2, 3]) {
      const data = clickData(seed);
      // There is something to be learned, so the shuffle does take it away.
      expect(auc(countingFloors.ctr(data), Float32Array.from(labelsIn(data.validation)))).toBeGreaterThan(
        0.65,
      );
      expect(await labelShuffle.run(subject(data))).toEqual([]);
    }
  });

  it('catches a fit that sees the validation labels', async () => {
    const peeking: Floors = {
      ...countingFloors,
      ctr: (data) => {
        const rng = new Rng(3);
        return Float32Array.from(labelsIn(data.validation), (label) => 0.3 * label + rng.normal());
      },
    };
    const found = await labelShuffle.run(subject(clickData(1), peeking));
    expect(found).toMatchObject([{ severity: 'high', columns: [] }]);
    expect(found[0].evidence).toMatch(/AUC 0\.5[5-9]\d .*99 % interval of 5 shuffles/);
  });

  it('deals the same labels out anew and changes nothing else', () => {
    const data = clickData(4);
    const shuffled = withShuffledLabels(data, 0);
    const sum = (labels: readonly number[]): number => labels.reduce((total, label) => total + label, 0);
    expect(labelsIn(shuffled.train)).not.toEqual(labelsIn(data.train));
    expect(sum(labelsIn(shuffled.train))).toBe(sum(labelsIn(data.train)));
    expect(labelsIn(shuffled.validation)).toEqual(labelsIn(data.validation));
    expect(shuffled.train.block(0).ids).toBe(data.train.block(0).ids);
    expect(labelsIn(withShuffledLabels(data, 0).train)).toEqual(labelsIn(shuffled.train));
    expect(labelsIn(withShuffledLabels(data, 0, true).train)).toEqual(
      labelsIn(shuffled.train).map((label) => 1 - label),
    );
  });

  it('passes where clicks are rare and go by how popular an item is', async () => {
    const data = rareClicks(1);
    const once = auc(
      countingFloors.ctr(withShuffledLabels(data, 0)),
      Float32Array.from(labelsIn(data.validation)),
    );
    // What rates make of popularity alone, seen in a single fit.
    expect(Math.abs(once - 0.5)).toBeGreaterThan(0.02);
    expect(await labelShuffle.run(subject(data))).toEqual([]);
  });

  it('is for clicks', () => {
    expect(labelShuffle.lacks(subject({ ...clickData(1), task: 'rating' }))).toContain('rating');
  });
});

/** Users who walk on a circle of items, several events to a moment, filed by item inside each moment. */
function walks(filed: 'by item' | 'at random', perMoment = 4): OrderedEvents {
  const rng = new Rng(['walks', filed, perMoment]);
  const [users, items, moments]: number[][] = [[], [], []];
  for (let user = 0; user < 400; user += 1) {
    for (let moment = 0; moment < 3; moment += 1) {
      const from = rng.integer(60);
      const seen = Array.from({ length: perMoment }, (_, n) => (from + 1 + 2 * n) % 60);
      if (filed === 'by item') seen.sort((a, b) => a - b);
      else rng.shuffle(seen);
      for (const item of seen) {
        users.push(user);
        items.push(item);
        moments.push(moment);
      }
    }
  }
  return {
    users: Int32Array.from(users),
    items: Int32Array.from(items),
    moments: Int32Array.from(moments),
    itemCount: 60,
  };
}

describe('ties in time', () => {
  const dataset = lastOut(walks('at random'), contractOf({ task: 'next-item' }));

  it('are caught where their order in the file says what comes next', async () => {
    const found = await tieOrder.run(subject(dataset, countingFloors, walks('by item')));
    expect(found).toHaveLength(1);
    expect(found[0].severity).not.toBe('low');
    expect(found[0].evidence).toMatch(
      /^81\.8 % of neighbouring events .* falls from 0\.\d+ to 0\.\d+ \(\d+\.\d %, t \d+/,
    );
  });

  it('pass where they are in no order, and where there are none', async () => {
    expect(await tieOrder.run(subject(dataset, countingFloors, walks('at random')))).toEqual([]);
    expect(await tieOrder.run(subject(dataset, countingFloors, walks('by item', 1)))).toEqual([]);
  });

  it('are dealt out inside their moment alone', () => {
    const events = walks('by item');
    const shuffled = withShuffledTies(events, 1);
    const moments = (of: OrderedEvents): string[] => {
      const sets = new Map<string, number[]>();
      of.items.forEach((item, at) => {
        const key = `${of.users[at]} ${of.moments[at]}`;
        sets.set(key, [...(sets.get(key) ?? []), item]);
      });
      return [...sets].map(([key, items]) => `${key}: ${items.toSorted((a, b) => a - b).join(' ')}`);
    };
    expect(shuffled.items).not.toEqual(events.items);
    expect(moments(shuffled)).toEqual(moments(events));
    expect(tieShare(events)).toBeCloseTo(9 / 11, 12);
  });

  it('leave out the last event of each user with three, and train on all of the others', () => {
    const events: OrderedEvents = {
      users: Int32Array.of(0, 0, 0, 1, 1, 2, 2, 2, 2),
      items: Int32Array.of(4, 5, 6, 7, 8, 1, 2, 3, 0),
      moments: new Int32Array(9),
      itemCount: 9,
    };
    const data = lastOut(events, contractOf({ task: 'next-item' }));
    expect([...data.offsets]).toEqual([0, 3, 5, 9]);
    expect([...data.trainEnds]).toEqual([2, 5, 8]);
    expect([...data.validation.users]).toEqual([0, 2]);
    expect([...(data.validation.targets ?? [])]).toEqual([6 + FIRST_VALUE_ID, FIRST_VALUE_ID]);
  });
});

describe('renaming ids', () => {
  const sequences = lastOut(walks('by item'), contractOf({ task: 'next-item' }));

  it('changes nothing for the floors', async () => {
    expect(await idRenaming.run(subject(clickData(5)))).toEqual([]);
    expect(await idRenaming.run(subject({ ...clickData(5), task: 'rating' }))).toEqual([]);
    expect(await idRenaming.run(subject(sequences))).toEqual([]);
  });

  it('is noticed where scores go by the order of ids', async () => {
    const byOrder: Floors = {
      ctr: (data) => Float32Array.from(data.validation.block(0).ids.get('item') ?? []),
      nextItem: (data) => Float32Array.from(data.validation.targets ?? [], (id) => (id % 2) + 1),
    };
    expect(await idRenaming.run(subject(clickData(5), byOrder))).toMatchObject([{ severity: 'high' }]);
    expect(await idRenaming.run(subject(sequences, byOrder))).toMatchObject([
      { severity: expect.stringMatching(/high|medium/) },
    ]);
  });

  it('is one renaming per vocabulary: equal values stay equal, padding and unknown stay', () => {
    const data = clickData(6);
    const before = data.train.block(0).ids.get('item') as Int32Array;
    const after = renamedValues(data).train.block(0).ids.get('item') as Int32Array;
    const names = new Map<number, number>();
    before.forEach((id, row) => {
      expect(names.get(id) ?? after[row]).toBe(after[row]);
      names.set(id, after[row]);
    });
    expect(new Set(names.values()).size).toBe(names.size);
    expect([...names].some(([from, to]) => from !== to)).toBe(true);
    expect(Math.min(...after)).toBeGreaterThanOrEqual(FIRST_VALUE_ID);
    const renamed = renamedSequences({
      ...sequences,
      events: sequences.events.map((id, at) => (at === 0 ? 1 : id)),
    });
    expect(renamed.events[0]).toBe(1);
    expect(renamed.offsets).toBe(sequences.offsets);
  });
});
