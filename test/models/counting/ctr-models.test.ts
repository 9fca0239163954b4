import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ctrCountingModels, popularityCtr, rates } from '../../../src/models/counting/index.js';
import { itemField } from '../../../src/models/counting/item-field.js';
import { Rng } from '../../../src/platform/index.js';
import { checkSpace, defaults } from '../../../src/space/index.js';
import { auc } from '../../../src/stats/index.js';
import { categorical, ctrDataset, sourceOf, type TinyRows } from './tiny-datasets.js';

const logit = (p: number): number => Math.log(p / (1 - p));
const user = categorical('user', 'user');
const item = categorical('item', 'item');
const everything = { strength: 2, damping: 1, fields: 'all', maxFields: 6 };

/** Clicks that depend on user and item one by one; `noise` carries nothing. */
function additiveRows(rows: number, seed: number): TinyRows & { readonly truth: readonly number[] } {
  const rng = new Rng([seed, 'rows']);
  const effect = (kind: string, id: number): number => 0.8 * new Rng([kind, id]).normal();
  const users = Array.from({ length: rows }, () => 2 + rng.integer(30));
  const items = Array.from({ length: rows }, () => 2 + rng.integer(20));
  const noise = Array.from({ length: rows }, () => 2 + rng.integer(400));
  const truth = users.map((u, row) => -1.5 + effect('user', u) + effect('item', items[row]));
  const labels = truth.map((v) => (rng.next() < 1 / (1 + Math.exp(-v)) ? 1 : 0));
  return { ids: { user: users, item: items, noise }, labels, truth };
}

describe('popularity', () => {
  it('is the smoothed rate of the item in log odds', () => {
    const train = sourceOf('train', { ids: { item: [2, 2, 3, 3] }, labels: [1, 1, 0, 1] });
    const fitted = popularityCtr.fit(ctrDataset([item], { item: 5 }, train), { strength: 4 }, { seed: 1 });
    const found = fitted.predict(
      sourceOf('validation', { ids: { item: [2, 3, 4] }, labels: [0, 0, 0] }, 2, true),
    );
    expect(found[0]).toBeCloseTo(logit((2 + 3) / 6), 5);
    expect(found[1]).toBeCloseTo(logit((1 + 3) / 6), 5);
    expect(found[2]).toBeCloseTo(logit(0.75), 5);
  });

  it('gives every row the overall rate where there are no items', () => {
    const train = sourceOf('train', { ids: { user: [2, 3] }, labels: [1, 0] });
    const fitted = popularityCtr.fit(ctrDataset([user], { user: 4 }, train), { strength: 4 }, { seed: 1 });
    expect(Array.from(fitted.predict(train))).toEqual([0, 0]);
  });

  it('predicts smoothed mean ratings for ratings', () => {
    const train = sourceOf('train', { ids: { item: [2, 2, 3] }, labels: [5, 4, 3] });
    const fitted = popularityCtr.fit(
      ctrDataset([item], { item: 4 }, train, 'rating'),
      { strength: 1 },
      { seed: 1 },
    );
    expect(fitted.predict(train)[0]).toBeCloseTo((9 + 4) / 3, 5);
  });
});

describe('itemField', () => {
  const train = sourceOf('train', { labels: [] });
  const creator = categorical('creator', 'item');

  it('is the target of a behaviour sequence', () => {
    const history = {
      kind: 'sequence',
      name: 'h',
      vocabulary: 'creator',
      maxLength: 5,
      targetField: 'creator',
    } as const;
    expect(itemField(ctrDataset([item, creator, history], { item: 100, creator: 5 }, train))?.name).toBe(
      'creator',
    );
  });

  it('is else the largest item-side vocabulary', () => {
    expect(
      itemField(ctrDataset([user, creator, item], { user: 500, item: 100, creator: 5 }, train))?.name,
    ).toBe('item');
  });
});

describe('rates', () => {
  it('adds the effects of fields, by hand', () => {
    const rows = { ids: { user: [2, 2, 3, 3], item: [2, 3, 2, 3] }, labels: [1, 0, 0, 0] };
    const train = sourceOf('train', rows);
    const fitted = rates.fit(ctrDataset([user, item], { user: 4, item: 4 }, train), everything, { seed: 1 });
    const up = logit((1 + 0.5) / 4) - logit(0.25);
    const down = logit(0.5 / 4) - logit(0.25);
    const expected = [up + up, up + down, down + up, down + down].map((sum) => logit(0.25) + sum);
    fitted.predict(train).forEach((value, row) => expect(value).toBeCloseTo(expected[row], 5));
  });

  it('damps the effects', () => {
    const train = sourceOf('train', { ids: { user: [2, 2, 3, 3] }, labels: [1, 0, 0, 0] });
    const dataset = ctrDataset([user], { user: 4 }, train);
    const whole = rates.fit(dataset, everything, { seed: 1 }).predict(train);
    const half = rates.fit(dataset, { ...everything, damping: 0.5 }, { seed: 1 }).predict(train);
    expect(half[0] - logit(0.25)).toBeCloseTo((whole[0] - logit(0.25)) / 2, 5);
  });

  it('shares a row among the members of a bag', () => {
    const bag = { kind: 'multi', name: 'tags', side: 'item', vocabulary: 'tags' } as const;
    const train = sourceOf('train', { bags: { tags: [[2, 3], [], [3]] }, labels: [1, 0, 0] });
    const fitted = rates.fit(ctrDataset([bag], { tags: 4 }, train), everything, { seed: 1 });
    const prior = 1 / 3;
    const two = logit((0.5 + 2 * prior) / 2.5) - logit(prior);
    const three = logit((0.5 + 2 * prior) / 3.5) - logit(prior);
    const found = fitted.predict(train);
    expect(found[0]).toBeCloseTo(logit(prior) + (two + three) / 2, 5);
    expect(found[1]).toBeCloseTo(logit(prior), 5);
    expect(found[2]).toBeCloseTo(logit(prior) + three, 5);
  });

  it('cuts numbers into bins, so that a hump is seen', () => {
    const field = { kind: 'numeric', name: 'x', side: 'context' } as const;
    const x = Array.from({ length: 2000 }, (_, n) => Math.sin(n) * 3);
    const labels = x.map((value) => (Math.abs(value) < 1 ? 1 : 0));
    const train = sourceOf('train', { numeric: { x }, labels });
    const fitted = rates.fit(ctrDataset([field], {}, train), everything, { seed: 1 });
    expect(auc(fitted.predict(train), labels)).toBeGreaterThan(0.97);
  });

  it('survives a constant column and rates of nought and one', () => {
    const field = { kind: 'numeric', name: 'x', side: 'context' } as const;
    const train = sourceOf('train', { numeric: { x: [1, 1, 1] }, labels: [1, 1, 1] });
    const found = rates.fit(ctrDataset([field], {}, train), everything, { seed: 1 }).predict(train);
    expect(Array.from(found).every(Number.isFinite)).toBe(true);
  });

  it('comes near the truth of an additive world and drops the useless field', () => {
    const rows = additiveRows(8000, 1);
    const fields = [user, item, categorical('noise', 'context')];
    const dataset = ctrDataset(fields, { user: 40, item: 30, noise: 500 }, sourceOf('train', rows));
    const test = additiveRows(4000, 2);
    const oracle = auc(test.truth, test.labels);
    const greedy = rates.fit(dataset, defaults(rates.space), { seed: 1 });
    expect(auc(greedy.predict(sourceOf('test', test)), test.labels)).toBeGreaterThan(oracle - 0.015);
    expect(greedy.parameters).toBe(1 + 40 + 30);
  });

  it('finds nothing when labels are shuffled', () => {
    const rows = additiveRows(8000, 1);
    const shuffled = { ...rows, labels: new Rng(3).shuffle([...rows.labels]) };
    const dataset = ctrDataset([user, item], { user: 40, item: 30 }, sourceOf('train', shuffled));
    const test = additiveRows(4000, 2);
    const found = rates.fit(dataset, defaults(rates.space), { seed: 1 }).predict(sourceOf('test', test));
    expect(Math.abs(auc(found, test.labels) - 0.5)).toBeLessThan(0.04);
  });
});

describe.each(ctrCountingModels.map((model) => [model.name, model] as const))(
  '%s, like every floor',
  (_, model) => {
    const rows = additiveRows(400, 5);
    const sizes = { user: 40, item: 30 };
    const hp = defaults(model.space);

    it('has a sound space', () => {
      expect(() => checkSpace(model.space)).not.toThrow();
    });

    it('does not care how rows are cut into blocks', () => {
      const whole = model.fit(ctrDataset([user, item], sizes, sourceOf('train', rows)), hp, { seed: 1 });
      const expected = whole.predict(sourceOf('validation', rows));
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 450 }), (blockRows) => {
          const cut = model.fit(ctrDataset([user, item], sizes, sourceOf('train', rows, blockRows)), hp, {
            seed: 1,
          });
          const found = cut.predict(sourceOf('validation', rows, blockRows));
          expect(Array.from(found)).toEqual(Array.from(expected));
        }),
        { numRuns: 15 },
      );
    });

    it('does not care how values are numbered', () => {
      const ids = rows.ids ?? {};
      const turned = { ...rows, ids: { ...ids, item: ids.item.map((id) => 31 - id) } };
      const before = model.fit(ctrDataset([user, item], sizes, sourceOf('train', rows)), hp, { seed: 1 });
      const after = model.fit(ctrDataset([user, item], sizes, sourceOf('train', turned)), hp, { seed: 1 });
      expect(Array.from(after.predict(sourceOf('test', turned)))).toEqual(
        Array.from(before.predict(sourceOf('test', rows))),
      );
    });

    it('refuses to fit on sealed labels and names a missing column', () => {
      const sealed = sourceOf('test', rows, Infinity, true);
      expect(() => model.fit(ctrDataset([user, item], sizes, sealed), hp, { seed: 1 })).toThrow(/sealed/);
      const missing = sourceOf('train', { ids: { user: rows.ids?.user ?? [] }, labels: rows.labels });
      expect(() => model.fit(ctrDataset([user, item], sizes, missing), hp, { seed: 1 })).toThrow(
        /Field item/,
      );
    });

    it('never reads labels when it predicts', () => {
      const fitted = model.fit(ctrDataset([user, item], sizes, sourceOf('train', rows)), hp, { seed: 1 });
      const open = fitted.predict(sourceOf('test', rows));
      expect(Array.from(fitted.predict(sourceOf('test', rows, 50, true)))).toEqual(Array.from(open));
    });
  },
);
