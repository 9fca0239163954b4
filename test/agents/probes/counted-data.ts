import { FIRST_VALUE_ID, type CtrDataset, type CtrSource } from '../../../src/schema/index.js';
import { Rng } from '../../../src/platform/index.js';
import { contractOf, ctrData } from '../support/encoded-data.js';

const values = 20;

/** Clicks that go by the values of two fields and a coin. */
export function clickData(seed: number, rows = { train: 4000, validation: 1500 }): CtrDataset {
  const rng = new Rng(['click-data', seed]);
  const effect = Array.from({ length: 2 * values }, () => rng.normal());
  const source = (name: CtrSource['name'], count: number, first: number): CtrSource => {
    const [user, item] = [0, 1].map(() => Int32Array.from({ length: count }, () => rng.integer(values)));
    const labels = Float32Array.from(user, (u, row) =>
      rng.next() < 1 / (1 + Math.exp(-effect[u] - effect[values + item[row]])) ? 1 : 0,
    );
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
