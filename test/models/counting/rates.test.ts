import { describe, expect, it } from 'vitest';
import { rates } from '../../../src/models/counting/index.js';
import { itemField } from '../../../src/models/counting/item-field.js';
import { categorical, ctrDataset, sourceOf } from './tiny-datasets.js';

const greedy = { strength: 1, damping: 1, fields: 'greedy', maxFields: 6 };
/** Vocabularies of different sizes tell from the number of parameters which fields were taken. */
const sizes = { strong: 10, weak: 100, noise: 1000, turned: 10_000 };
const fields = Object.keys(sizes).map((name) => categorical(name, 'context'));

/** 100 rows; `strong` is the label, `weak` nearly so, `noise` nothing, `turned` is the label until row 80 and then its opposite. */
function rows() {
  const labels = Array.from({ length: 100 }, (_, n) => (n * 7) % 2);
  const ids = {
    strong: labels.map((label) => 2 + label),
    weak: labels.map((label, n) => 2 + (n % 10 === 3 ? 1 - label : label)),
    noise: labels.map((_, n) => 2 + (Math.floor(n / 2) % 3)),
    turned: labels.map((label, n) => 2 + (n < 80 ? label : 1 - label)),
  };
  return { ids, labels };
}

const taken = (hp: typeof greedy, chosen = fields): string[] => {
  const train = sourceOf('train', rows(), 33);
  let left = rates.fit(ctrDataset(chosen, sizes, train), hp, { seed: 1 }).parameters - 1;
  return Object.entries(sizes)
    .toReversed()
    .flatMap(([name, size]) => {
      if (left < size) return [];
      left -= size;
      return [name];
    });
};

describe('greedy selection of rates', () => {
  it('takes what helps on the newest fifth, and leaves out noise and what has turned', () => {
    const chosen = taken(greedy);
    expect(chosen).toContain('strong');
    expect(chosen).not.toContain('noise');
    expect(chosen).not.toContain('turned');
  });

  it('starts with the best field, and ends at the limit', () => {
    expect(taken({ ...greedy, maxFields: 1 })).toEqual(['strong']);
    expect(taken({ ...greedy, maxFields: 1 }, fields.slice(1))).toEqual(['weak']);
  });

  it('takes nothing where nothing helps, and then gives everybody the overall rate', () => {
    expect(taken(greedy, fields.slice(2))).toEqual([]);
    const train = sourceOf('train', rows());
    const fitted = rates.fit(ctrDataset(fields.slice(2), sizes, train), greedy, { seed: 1 });
    expect(new Set(fitted.predict(train))).toEqual(new Set([0]));
    expect(fitted.parameters).toBe(1);
  });

  it('has no say when all fields are asked for', () => {
    expect(taken({ ...greedy, fields: 'all' })).toEqual(['turned', 'noise', 'weak', 'strong']);
  });

  it('fits the chosen fields on all rows, the held-out ones included', () => {
    const train = sourceOf('train', rows(), 33);
    const [strong] = fields;
    const chosen = rates.fit(ctrDataset([strong], sizes, train), greedy, { seed: 1 }).predict(train);
    const all = rates.fit(ctrDataset([strong], sizes, train), { ...greedy, fields: 'all' }, { seed: 1 });
    expect([...chosen]).toEqual([...all.predict(train)]);
    // 50 clicks in 50 rows at a prior of one half: (50 + 0.5) / 51.
    expect(chosen[1]).toBeCloseTo(Math.log(50.5 / 0.5), 4);
  });
});

describe('the field that names the item', () => {
  const train = sourceOf('train', { labels: [] });

  it('is none in a log without items, however many users there are', () => {
    const dataset = ctrDataset([categorical('user', 'user'), ...fields], { user: 500 }, train);
    expect(itemField(dataset)).toBeUndefined();
  });

  it('is not a target on the side of the user', () => {
    const history = {
      kind: 'sequence',
      name: 'friends',
      vocabulary: 'user',
      maxLength: 5,
      targetField: 'user',
    } as const;
    const [user, item] = [categorical('user', 'user'), categorical('item', 'item')];
    expect(itemField(ctrDataset([user, item, history], { user: 500, item: 3 }, train))?.name).toBe('item');
  });
});
