import { existsSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import {
  neighbourhood,
  popularityNextItem,
  type NextItemCountingModel,
} from '../../../src/models/counting/index.js';
import type { NextItemDataset } from '../../../src/schema/index.js';
import { defaults } from '../../../src/space/index.js';
import { hrAtK, ndcgAtK } from '../../../src/stats/index.js';
import { leaveOneOut } from './tiny-datasets.js';

const folder = '../shared/data';
const missing = !existsSync(`${folder}/ml-1m/interactions.parquet`);

/** Sequences in the given order; items are numbered densely from 2. */
async function load(sql: string): Promise<NextItemDataset> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const rows = await connection.runAndReadAll(sql);
  const [users, items] = rows.getColumns().map((column) => column.map(Number));
  const ids = new Map([...new Set(items)].map((item, n) => [item, n + 2]));
  const sequences: number[][] = [];
  users.forEach((user, row) => {
    if (row === 0 || user !== users[row - 1]) sequences.push([]);
    sequences[sequences.length - 1].push(ids.get(items[row]) ?? 0);
  });
  connection.closeSync();
  return leaveOneOut(sequences, ids.size + 2);
}

function testMetrics(model: NextItemCountingModel, dataset: NextItemDataset): readonly [number, number] {
  const ranks = model.fit(dataset, defaults(model.space), { seed: 1 }).rankTargets(dataset.test);
  return [hrAtK(ranks, 10), ndcgAtK(ranks, 10)];
}

// Reference numbers are those of the data sets' own notes: full ranking, history masked, ties at their mean rank.
describe.skipIf(missing)(`public data (skipped where ${folder} is missing)`, () => {
  it('ml-1m, leave one out: popularity .0369/.0180, neighbourhood at least .2523', async () => {
    const dataset = await load(
      `select user_id, item_id from '${folder}/ml-1m/interactions.parquet' where seq_pos is not null order by user_id, seq_pos`,
    );
    expect([dataset.userCount, dataset.itemCount - 2]).toEqual([6040, 3416]);
    const [hit, gain] = testMetrics(popularityNextItem, dataset);
    expect(hit).toBeCloseTo(0.0369, 4);
    expect(gain).toBeCloseTo(0.018, 4);
    expect(testMetrics(neighbourhood, dataset)[0]).toBeGreaterThan(0.2523);
  });

  it('ml-100k, leave one out: neighbourhood at least .170', async () => {
    const dataset = await load(
      `select user_id, item_id from '${folder}/ml-100k/interactions.parquet' order by user_id, timestamp, file_row`,
    );
    expect(testMetrics(neighbourhood, dataset)[0]).toBeGreaterThan(0.17);
  });

  it.each([
    ['seq_pos', 0.081, 0.052],
    ['seq_pos_shuf', 0.076, 0.046],
  ])('amazon-beauty by %s: neighbourhood at least %f/%f', async (order, hit, gain) => {
    const dataset = await load(
      `select user_id, item_id from '${folder}/amazon-beauty/interactions.parquet' order by user_id, ${order}`,
    );
    const [foundHit, foundGain] = testMetrics(neighbourhood, dataset);
    expect(foundHit).toBeGreaterThan(hit);
    expect(foundGain).toBeGreaterThan(gain);
  });
});
