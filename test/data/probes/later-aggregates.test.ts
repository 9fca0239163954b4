import { describe, expect, it } from 'vitest';
import { laterAggregates } from '../../../src/data/probes/later-aggregates.js';
import { Rng } from '../../../src/platform/index.js';
import type { HandColumn } from '../handmade.js';
import { look, plantedRows, quality, type Cells, type Planted, type PlantedRow } from './planted.js';

const items = 300;
const log = plantedRows({ rows: 24_000, users: 600, items });

function countOf(rows: readonly PlantedRow[]): Float64Array {
  const counts = new Float64Array(items);
  for (const { item } of rows) counts[item] += 1;
  return counts;
}

interface Further {
  readonly columns?: Readonly<Record<string, HandColumn>>;
  /** rows of items that no event has */
  readonly rows?: readonly Cells[];
  /** of the log */
  readonly planted?: Partial<Planted>;
}

function lookAtItems(
  more: (item: number, rng: Rng) => Cells,
  { columns = {}, rows: unknown = [], planted }: Further = {},
) {
  const rng = new Rng(['items', 3]);
  const rows = [...Array.from({ length: items }, (_, item) => ({ item, ...more(item, rng) })), ...unknown];
  const named: Record<string, HandColumn> = { item: 'item_id' };
  for (const name of Object.keys(rows[0])) named[name] ??= columns[name] ?? 'item_feature';
  const join = [{ column: 'item', eventColumn: 'item' }];
  return look({ log, tables: { items: { rows, columns: named, join } }, ...planted }, laterAggregates);
}

describe('statistics of a joined table', () => {
  const whole = countOf(log);
  const train = countOf(log.slice(0, 0.8 * log.length));
  const later = countOf(log.slice(0.8 * log.length));

  it('are found when they count days that are judged', async () => {
    const { findings } = await lookAtItems((item, rng) => ({
      shown: whole[item],
      next_days: later[item],
      length: 10 + rng.integer(500),
      worth: quality(item),
    }));
    const high = findings.filter(({ severity }) => severity === 'high');
    expect(high.map(({ columns }) => columns[0]).toSorted()).toEqual(['items.next_days', 'items.shown']);
    expect(high[0].evidence).toMatch(/beyond what training days tell: \d\.\d\d sd per sd \(t \d+\.\d/);
  });

  it('are a question when they count training days and do not say so', async () => {
    const { findings } = await lookAtItems((item, rng) => ({
      before: train[item],
      length: 10 + rng.integer(500),
    }));
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([
      ['medium', 'items.before'],
    ]);
    expect(findings[0].evidence).toContain('has no date');
  });

  it('are found under keys of another type than the events have them in', async () => {
    const { findings } = await lookAtItems((item) => ({ shown: whole[item] }), {
      rows: [{ item: 'unknown', shown: 3 }],
    });
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([
      ['high', 'items.shown'],
    ]);
  });

  it('are judged as one table where most of its numbers are such', async () => {
    const noisy = (item: number, rng: Rng): number => train[item] * Math.exp(0.2 * rng.normal());
    const { findings } = await lookAtItems((item, rng) => ({
      a: noisy(item, rng),
      b: noisy(item, rng),
      c: noisy(item, rng),
      length: rng.integer(99),
    }));
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([
      ['high', 'items.a'],
      ['high', 'items.b'],
      ['high', 'items.c'],
    ]);
  });

  it('weigh little where they are refused already', async () => {
    const { findings } = await lookAtItems((item) => ({ shown: whole[item] }), {
      columns: { shown: 'leak' },
    });
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([['low', 'items.shown']]);
  });

  it('weigh little for next items, whose models see ids alone', async () => {
    const { findings } = await lookAtItems((item) => ({ shown: whole[item] }), {
      planted: {
        columns: { label: 'meta' },
        change: { task: 'next-item', label: undefined, split: 'leave-one-out' },
      },
    });
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([['low', 'items.shown']]);
  });

  it('are not seen in facts: quality, age, length, codes', async () => {
    const { findings } = await lookAtItems((item, rng) => ({
      worth: quality(item),
      age_days: rng.integer(300),
      length: rng.integer(500),
      maker: rng.integer(40),
    }));
    expect(findings).toEqual([]);
  });

  it('are no more than a question where nothing lies before the two windows', async () => {
    const { findings } = await lookAtItems((item) => ({ shown: whole[item] }), {
      planted: {
        more: ({ index }) => ({ part: index < 9000 ? 'train' : index < 16_000 ? 'valid' : 'test' }),
        columns: { part: 'split' },
        change: { split: 'column:part' },
      },
    });
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([
      ['medium', 'items.shown'],
    ]);
  });

  it('need a clock and a table without dates', async () => {
    const plain = await look({ log: log.slice(0, 600) }, laterAggregates);
    expect(plain.runs).toMatchObject([
      { outcome: 'skipped', reason: 'no table without dates is joined by one key' },
    ]);
  });
});
