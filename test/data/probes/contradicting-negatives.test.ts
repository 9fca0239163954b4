import { describe, expect, it } from 'vitest';
import { contradictingNegatives } from '../../../src/data/probes/contradicting-negatives.js';
import { look, plantedRows } from './planted.js';

const log = plantedRows();

describe('negatives', () => {
  it('are caught with attributes of another item, or with none', async () => {
    const { findings } = await look(
      {
        log,
        more: ({ item, label }, rng) => ({
          category: `k${label === 1 ? item % 7 : rng.integer(7)}`,
          price: label === 0 && rng.next() < 0.3 ? null : 5 * (item % 11),
        }),
      },
      contradictingNegatives,
    );
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([
      ['high', 'log.category'],
      ['high', 'log.price'],
    ]);
    expect(findings[0].evidence).toMatch(
      /8\d\.\d % of the negatives contradict their item \(0\.0 % of the positives\)/,
    );
    expect(findings[1].evidence).toMatch(/rows lack it, and 100\.0 % of them have label 0/);
  });

  it('pass with their own attributes, changing prices and cells that are missing anywhere', async () => {
    const { findings } = await look(
      {
        log,
        more: ({ item, ts }, rng) => ({
          category: `k${item % 7}`,
          // goes up in the middle, for positives and negatives alike
          price: item + (ts > log[1500].ts ? 1 : 0),
          brand: rng.next() < 0.2 ? null : `b${item % 5}`,
          place: rng.integer(6),
        }),
      },
      contradictingNegatives,
    );
    expect(findings).toEqual([]);
  });

  it('pass with cells that are missing where clicks are rare', async () => {
    const { findings } = await look(
      {
        log: plantedRows({ rows: 20_000 }).map((row) => ({
          ...row,
          label: row.index % (row.index % 3 === 0 ? 369 : 41) === 0 ? 1 : 0,
        })),
        more: ({ index }) => ({ wifi: index % 3 === 0 ? null : index % 2 }),
      },
      contradictingNegatives,
    );
    expect(findings).toEqual([]);
  });

  it('pass where they contradict in a few rows, as positives do, or where nobody met the item twice', async () => {
    const { findings } = await look(
      {
        log,
        more: ({ item, label, index }, rng) => ({
          // one in a hundred negatives
          seldom: `k${label === 0 && rng.next() < 0.01 ? rng.integer(7) : item % 7}`,
          // mislabelled for both alike
          both: `k${rng.next() < 0.02 ? rng.integer(7) : item % 7}`,
          request: `r${index}`,
        }),
      },
      contradictingNegatives,
    );
    expect(findings).toEqual([]);
    const once = await look(
      {
        log: log.map((row) => ({ ...row, item: row.index })),
        more: (_, rng) => ({ category: rng.integer(9) }),
      },
      contradictingNegatives,
    );
    expect(once.findings).toEqual([]);
  });
});
