import { FIRST_VALUE_ID, type CtrDataset, type CtrSource } from '../../../src/schema/index.js';
import { Rng } from '../../../src/platform/index.js';
import { contractOf, ctrData } from '../support/encoded-data.js';

interface Rules {
  /** values of a field */
  readonly values: number;
  readonly rows: { readonly train: number; readonly validation: number };
  /** value of a user or an item */
  readonly draw: () => number;
  readonly clickRate: (user: number, item: number) => number;
}

/** Clicks by two fields and a coin; a third field is constant. */
function clicks(rng: Rng, { values, rows, draw, clickRate }: Rules): CtrDataset {
  const source = (name: CtrSource['name'], count: number, first: number): CtrSource => {
    const [user, item] = [0, 1].map(() => Int32Array.from({ length: count }, draw));
    const labels = Float32Array.from(user, (u, row) => (rng.next() < clickRate(u, item[row]) ? 1 : 0));
    const ids = new Map([
      ['user', user.map((id) => id + FIRST_VALUE_ID)],
      ['item', item.map((id) => id + FIRST_VALUE_ID)],
      ['place', new Int32Array(count).fill(FIRST_VALUE_ID)],
    ]);
    const block = {
      rows: count,
      ids,
      ragged: new Map(),
      numeric: new Map(),
      labels,
      extraLabels: new Map(),
      users: user,
      rowIds: Float64Array.from({ length: count }, (_, row) => first + row),
    };
    return { name, rows: count, blockCount: 1, blockStarts: [0, count], block: () => block };
  };
  const train = source('train', rows.train, 0);
  const validation = source('validation', rows.validation, rows.train);
  return ctrData({
    contract: contractOf({ rows: { ...rows, test: 0 } }),
    vocabularySizes: new Map(['user', 'item', 'place'].map((name) => [name, values + FIRST_VALUE_ID])),
    userCount: values,
    train,
    validation,
  });
}

/** Clicks that go by the values of two fields and a coin. */
export function clickData(seed: number): CtrDataset {
  const rng = new Rng(['click-data', seed]);
  const values = 20;
  const effect = Array.from({ length: 2 * values }, () => rng.normal());
  return clicks(rng, {
    values,
    rows: { train: 4000, validation: 1500 },
    draw: () => rng.integer(values),
    clickRate: (user, item) => 1 / (1 + Math.exp(-effect[user] - effect[values + item])),
  });
}

/** One click in some hundred, and nearly all of them on the few items that are shown most. */
export function rareClicks(seed: number): CtrDataset {
  const rng = new Rng(['rare-clicks', seed]);
  const values = 5000;
  return clicks(rng, {
    values,
    rows: { train: 20_000, validation: 8000 },
    draw: () => Math.floor(values * rng.next() ** 4),
    clickRate: (_, item) => (item < 20 ? 0.04 : 0.0004),
  });
}
