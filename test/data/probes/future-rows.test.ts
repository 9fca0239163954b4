import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset, prepareDataset } from '../../../src/data/index.js';
import { futureRows, futureRowsWith, type Encode } from '../../../src/data/probes/future-rows.js';
import type { CtrBlock, CtrDataset, CtrSource, EncodedDataset } from '../../../src/schema/index.js';
import { encoded } from '../handmade.js';
import { look, plantedRows, type Planted } from './planted.js';

const log = plantedRows({ rows: 1200, users: 30 });
const prices = Array.from({ length: 60 * 5 }, (_, n) => ({
  item: n % 60,
  since: log[0].ts + 40_000 * Math.floor(n / 60),
  price: n,
}));
const planted: Planted = {
  log,
  more: ({ index }, rng) => ({ place: `p${index % 4}`, number: rng.normal(), amount: rng.integer(1000) }),
  columns: {
    number: encoded('context', { kind: 'standardise' }),
    amount: encoded('context', { kind: 'bucket', buckets: 8 }),
  },
  tables: {
    prices: {
      kind: 'dated',
      asOf: 'since',
      join: [{ column: 'item', eventColumn: 'item' }],
      rows: prices,
      columns: { item: 'item_id', since: 'timestamp', price: 'item_feature' },
    },
  },
  change: { history: { enabled: true, maxLength: 10, of: 'clicked' } },
};

const real: Encode = async (projectDir, config) => {
  const { dir } = await prepareDataset({ projectDir, config, cacheDir: join(projectDir, 'datasets') });
  return openDataset(dir);
};

/** An encoder that lets the number of all rows into a numeric field. */
const leaky: Encode = async (projectDir, config) => {
  const data = (await real(projectDir, config)) as CtrDataset;
  const rows = data.train.rows + data.validation.rows + data.test.rows;
  const spoiled = (source: CtrSource): CtrSource => ({
    ...source,
    block: (index): CtrBlock => {
      const block = source.block(index);
      return {
        ...block,
        numeric: new Map([...block.numeric].map(([name, values]) => [name, values.map((x) => x / rows)])),
      };
    },
  });
  return {
    ...data,
    train: spoiled(data.train),
    validation: spoiled(data.validation),
    test: spoiled(data.test),
  };
};

describe('rows of the far future', () => {
  it('change nothing that the real encoder prepared before them', async () => {
    const { findings, runs } = await look(planted, futureRows);
    expect(findings).toEqual([]);
    expect(runs).toMatchObject([{ outcome: 'passed', reason: null }]);
  });

  it('change nothing of next-item histories', async () => {
    const { runs } = await look(
      {
        log,
        change: { task: 'next-item', label: undefined, split: 'leave-one-out' },
        columns: { label: 'meta' },
      },
      futureRows,
    );
    expect(runs).toMatchObject([{ outcome: 'passed', reason: null }]);
  });

  it('are noticed where an encoder looks ahead', async () => {
    const { findings } = await look(planted, futureRowsWith(leaky));
    expect(findings).toMatchObject([{ severity: 'high', columns: [] }]);
    expect(findings[0].evidence).toContain('changed in: number');
  });

  it('reach the encoder: the poisoned project has them, in its test part', async () => {
    const sizes: number[] = [];
    const seen: EncodedDataset[] = [];
    const watching: Encode = async (projectDir, config) => {
      const data = await real(projectDir, config);
      seen.push(data);
      sizes.push((data as CtrDataset).test.rows);
      return data;
    };
    await look(planted, futureRowsWith(watching));
    expect(sizes[1] - sizes[0]).toBe(200);
    expect((seen[1] as CtrDataset).train.rows).toBe((seen[0] as CtrDataset).train.rows);
  });

  it('are made after a 29 February too, written as a number', async () => {
    const { runs } = await look(
      {
        log: log.slice(0, 600).map((row) => ({ ...row, ts: row.index < 300 ? 20_240_228 : 20_240_229 })),
        columns: { ts: { role: 'timestamp', unit: 'yyyymmdd' } },
        change: { split: 'random' },
      },
      futureRows,
    );
    expect(runs).toMatchObject([{ outcome: 'passed', reason: null }]);
  });

  it('cannot be made without a clock', async () => {
    const { runs } = await look(
      { log, change: { clock: undefined, split: 'random' }, columns: { ts: 'meta' } },
      futureRows,
    );
    expect(runs).toMatchObject([{ outcome: 'skipped', reason: 'the events have no clock' }]);
  });
});
