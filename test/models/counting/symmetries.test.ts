import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  nextItemCountingModels,
  popularityCtr,
  rates,
  type CtrCountingModel,
} from '../../../src/models/counting/index.js';
import { Rng } from '../../../src/platform/index.js';
import { defaults } from '../../../src/space/index.js';
import { categorical, ctrDataset, leaveOneOut, sourceOf } from './tiny-datasets.js';

const user = categorical('user', 'user');
const item = categorical('item', 'item');
const sizes = { user: 8, item: 8 };

/** Rows of a user, an item and a label each. */
const log = fc.array(
  fc.record({
    user: fc.integer({ min: 2, max: 7 }),
    item: fc.integer({ min: 2, max: 7 }),
    label: fc.integer({ min: 0, max: 1 }),
  }),
  { minLength: 5, maxLength: 60 },
);
type Log = readonly { readonly user: number; readonly item: number; readonly label: number }[];

function predictions(
  model: CtrCountingModel,
  rows: Log,
  hp: Record<string, string | number>,
  options: { fields?: (typeof user)[]; task?: 'ctr' | 'rating'; label?: (label: number) => number } = {},
): number[] {
  const { fields = [user, item], task = 'ctr', label = (value) => value } = options;
  const ids = { user: rows.map((row) => row.user), item: rows.map((row) => row.item) };
  const train = sourceOf('train', { ids, labels: rows.map((row) => label(row.label)) });
  const every = { user: [2, 3, 4, 5, 6, 7, 1, 2], item: [2, 3, 4, 5, 6, 7, 7, 1] };
  const asked = sourceOf('test', { ids: every, labels: every.user.map(() => 0) }, 3, true);
  return [...model.fit(ctrDataset(fields, sizes, train, task), hp, { seed: 1 }).predict(asked)];
}

const near = (found: readonly number[], expected: readonly number[]): void => {
  expect(found.length).toBe(expected.length);
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
};

const all = { strength: 3, damping: 1, fields: 'all', maxFields: 6 };

describe('floors of clicks and ratings', () => {
  it.each(['ctr', 'rating'] as const)('popularity is rates with the item as the only field: %s', (task) => {
    fc.assert(
      fc.property(log, (rows) => {
        const alone = predictions(rates, rows, all, { fields: [item], task });
        expect(predictions(popularityCtr, rows, { strength: 3 }, { task })).toEqual(alone);
      }),
    );
    const rows = [2, 3, 4, 5].map((id) => ({ user: id, item: id, label: id % 2 }));
    const both = predictions(rates, rows, all, { task });
    expect(predictions(popularityCtr, rows, { strength: 3 }, { task })).not.toEqual(both);
  });

  it.each([
    ['popularity', popularityCtr, { strength: 3 }],
    ['rates, all fields', rates, all],
    ['rates, chosen fields', rates, { ...all, fields: 'greedy' }],
  ] as const)('clicks and misses change places, and every log odds its sign: %s', (_, model, hp) => {
    fc.assert(
      fc.property(log, (rows) => {
        const turned = predictions(model, rows, hp, { label: (label) => 1 - label });
        near(
          turned.map((value) => -value),
          predictions(model, rows, hp),
        );
      }),
    );
  });

  it('ratings may be written on any scale: predictions are those of the labels, shifted and stretched', () => {
    fc.assert(
      fc.property(
        log,
        fc.integer({ min: -20, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        (rows, shift, scale) => {
          const options = { task: 'rating' } as const;
          const plain = predictions(rates, rows, all, options);
          const other = predictions(rates, rows, all, {
            ...options,
            label: (label) => shift + scale * label,
          });
          near(
            other,
            plain.map((value) => shift + scale * value),
          );
        },
      ),
    );
  });

  it('rows may come in any order where nothing is held out', () => {
    fc.assert(
      fc.property(log, fc.integer(), (rows, seed) => {
        const shuffled = new Rng(seed).shuffle([...rows]);
        near(predictions(rates, shuffled, all), predictions(rates, rows, all));
      }),
    );
  });

  it('fields may come in any order', () => {
    fc.assert(
      fc.property(log, (rows) => {
        near(predictions(rates, rows, all, { fields: [item, user] }), predictions(rates, rows, all));
      }),
    );
  });
});

const walks = fc.array(fc.array(fc.integer({ min: 2, max: 10 }), { minLength: 3, maxLength: 9 }), {
  minLength: 2,
  maxLength: 8,
});

describe.each(nextItemCountingModels.map((model) => [model.name, model] as const))(
  'floors of next items: %s',
  (_, model) => {
    const hp = { ...defaults(model.space), ...(model.name === 'neighbourhood' ? { history: 0.5 } : {}) };
    const ranksOf = (users: readonly number[][]): Float32Array => {
      const dataset = leaveOneOut(users, 11);
      return model.fit(dataset, hp, { seed: 1 }).rankTargets(dataset.test);
    };

    it('exchanging users exchanges their ranks', () => {
      fc.assert(
        fc.property(walks, fc.integer(), (users, seed) => {
          const order = new Rng(seed).shuffle(users.map((__, u) => u));
          const dataset = leaveOneOut(users, 11);
          const turned = leaveOneOut(
            order.map((u) => users[u]),
            11,
          );
          const [before, after] = [dataset, turned].map((each) => model.fit(each, hp, { seed: 1 }));
          const rows = [new Float32Array(11), new Float32Array(11)];
          order.forEach((u, at) => {
            before.scoreCase(dataset.test, u, rows[0]);
            after.scoreCase(turned.test, at, rows[1]);
            rows[0].forEach((score, id) => {
              if (score === -Infinity) expect(rows[1][id]).toBe(-Infinity);
              else expect(rows[1][id]).toBeCloseTo(score, 5);
            });
          });
        }),
        { numRuns: 40 },
      );
    });

    it('answers one case as it answers it among others', () => {
      fc.assert(
        fc.property(walks, (users) => {
          const dataset = leaveOneOut(users, 11);
          const fitted = model.fit(dataset, hp, { seed: 1 });
          const together = fitted.rankTargets(dataset.test);
          users.forEach((__, u) => {
            const only = {
              count: 1,
              users: dataset.test.users.slice(u, u + 1),
              historyEnds: dataset.test.historyEnds.slice(u, u + 1),
              targets: dataset.test.targets?.slice(u, u + 1),
            };
            expect(fitted.rankTargets(only)[0]).toBe(together[u]);
            const alone = fitted.rankCases(only, 4);
            expect([...alone.items]).toEqual(
              [...fitted.rankCases(dataset.test, 4).items].slice(4 * u, 4 * u + 4),
            );
          });
        }),
        { numRuns: 40 },
      );
    });

    it('ranks lie between 1 and the number of candidates', () => {
      fc.assert(
        fc.property(walks, (users) => {
          ranksOf(users).forEach((rank, u) => {
            const seen = new Set(users[u].slice(0, -1));
            seen.delete(users[u].at(-1)!);
            expect(rank).toBeGreaterThanOrEqual(1);
            expect(rank).toBeLessThanOrEqual(9 - seen.size);
          });
        }),
      );
    });
  },
);
