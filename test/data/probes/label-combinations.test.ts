import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auc } from '../../../src/stats/index.js';
import { labelCombination, rankedAuc } from '../../../src/data/probes/label-combinations.js';
import type { Rng } from '../../../src/platform/index.js';
import type { HandColumn } from '../handmade.js';
import { look, plantedRows, quality, type PlantedRow } from './planted.js';

const log = plantedRows();

describe('two columns that tell the label together', () => {
  it('are found by ratio, difference, product and equality', async () => {
    const { findings } = await look(
      {
        log,
        more: ({ label }, rng) => {
          const length = Math.exp(3 * rng.normal());
          const level = 50 * rng.normal();
          const sign = rng.next() < 0.5 ? -1 : 1;
          const code = rng.integer(8);
          return {
            length,
            played: length * (label === 1 ? 0.8 + 0.2 * rng.next() : 0.5 * rng.next()),
            level,
            after: level + label + 0.3 * rng.next(),
            left: sign * (0.5 + rng.next()),
            right: sign * (label === 1 ? 1 : -1) * (0.5 + rng.next()),
            shown: `c${code}`,
            chosen: `c${label === 1 ? code : (code + 1 + rng.integer(7)) % 8}`,
          };
        },
      },
      labelCombination,
    );
    const pairs = findings.map(({ columns }) => columns.join(' '));
    for (const pair of [
      'log.length log.played',
      'log.level log.after',
      'log.left log.right',
      'log.shown log.chosen',
    ])
      expect(pairs).toContain(pair);
    expect(findings.every(({ severity }) => severity === 'high')).toBe(true);
    expect(findings.map(({ evidence }) => evidence).join('\n')).toMatch(
      /log\.shown = log\.chosen ranks .* AUC 1\.000/,
    );
  });

  it('are found with the clock, whatever unit a time is written in', async () => {
    // Not later than the event, so that only the difference tells.
    const before = ({ ts, label }: PlantedRow, rng: Rng): number =>
      ts - (label === 1 ? 1000 + rng.integer(500) : 1600 + rng.integer(3000));
    const { findings } = await look(
      {
        log,
        more: (row, rng) => ({
          opened: before(row, rng),
          opened_ms: 1000 * before(row, rng),
          opened_at: new Date(1000 * before(row, rng)).toISOString().slice(0, 19),
          visited: row.ts - 600 - rng.integer(9000),
        }),
        columns: { opened_at: { role: 'context', type: 'timestamp' } },
      },
      labelCombination,
    );
    const alone = findings.filter(({ columns }) => columns.length === 1);
    expect(alone.map(({ columns }) => columns[0]).toSorted()).toEqual([
      'log.opened',
      'log.opened_at',
      'log.opened_ms',
    ]);
    expect(alone[0].evidence).toMatch(/^log\.ts - log\.opened/);
    expect(alone[0].remedy).toMatch(/^Give log\.opened\w* the role leak in automodel\.json\.$/);
    expect(findings.flatMap(({ columns }) => columns)).not.toContain('log.visited');
  });

  it('have a remedy where both are ids, which no project can refuse', async () => {
    const { findings } = await look(
      {
        log: log.map((row, n) => ({ ...row, user: row.label === 1 ? row.item : 60 + (n % 90) })),
      },
      labelCombination,
    );
    expect(findings).toMatchObject([{ severity: 'high', columns: [] }]);
    expect(findings[0].evidence).toMatch(/^log\.user = log\.item ranks/);
    expect(findings[0].remedy).not.toContain('Give');
  });

  it('leave an id out of what is to be refused', async () => {
    const { findings } = await look(
      {
        log,
        more: ({ label, item }, rng) => ({ opened: label === 1 ? item : (item + 1 + rng.integer(59)) % 60 }),
      },
      labelCombination,
    );
    expect(findings.map(({ columns }) => columns)).toEqual([['log.opened']]);
  });

  it('are not seen in honest pairs, nor where one column does it alone or is refused', async () => {
    const { findings } = await look(
      {
        log,
        more: ({ label, item }, rng) => {
          const price = 10 + 90 * rng.next();
          return {
            price,
            paid: price * (0.8 + 0.2 * rng.next()),
            worth: quality(item) + 0.1 * rng.normal(),
            shown: `c${rng.integer(8)}`,
            other: `c${rng.integer(8)}`,
            copy: label,
            base: price,
            signal: price + label,
          };
        },
        columns: { signal: 'signal' },
      },
      labelCombination,
    );
    expect(findings).toEqual([]);
  });

  it('are found over zeros and gaps, and left alone where a person has accepted one of them', async () => {
    const planted = (columns: Record<string, HandColumn>) =>
      look(
        {
          log,
          more: ({ label, index }, rng) => {
            const length = index % 10 === 0 ? 0 : Math.exp(3 * rng.normal());
            const played = length * (label === 1 ? 0.8 + 0.2 * rng.next() : 0.5 * rng.next());
            return { length, played: index % 10 === 1 ? null : played };
          },
          columns,
        },
        labelCombination,
      );
    expect((await planted({})).columns).toEqual(['length', 'played']);
    expect((await planted({ length: { role: 'context', accepted: true } })).findings).toEqual([]);
  });

  it('are found where clicks are rare', async () => {
    const { columns } = await look(
      {
        log: log.map((row) => ({ ...row, label: row.index % 29 === 0 ? 1 : 0 })),
        more: ({ label }, rng) => {
          const length = Math.exp(3 * rng.normal());
          return { length, played: length * (label === 1 ? 0.8 + 0.2 * rng.next() : 0.5 * rng.next()) };
        },
      },
      labelCombination,
    );
    expect(columns).toEqual(['length', 'played']);
  });

  it('are ranked as the metric ranks, over the values that are numbers, where most of either label are', () => {
    const cell = fc.oneof(
      { arbitrary: fc.integer({ min: -4, max: 4 }), weight: 4 },
      { arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY), weight: 1 },
    );
    const rows = fc.array(fc.tuple(cell, fc.integer({ min: 0, max: 1 })), { minLength: 4, maxLength: 40 });
    fc.assert(
      fc.property(rows, (drawn) => {
        const pairs = [[0, 0] as const, [1, 1] as const, ...drawn];
        const counts = (of: readonly (readonly [number, number])[]): number[] =>
          [0, 1].map((y) => of.filter(([, label]) => label === y).length);
        const finite = pairs.filter(([score]) => Number.isFinite(score));
        const plain = auc(
          Float64Array.from(finite, ([score]) => score),
          Uint8Array.from(finite, ([, label]) => label),
        );
        const isPresent = counts(finite).every((present, y) => 2 * present >= counts(pairs)[y]);
        expect(
          rankedAuc(
            Float64Array.from(pairs, ([score]) => score),
            Uint8Array.from(pairs, ([, label]) => label),
          ),
        ).toBeCloseTo(isPresent ? Math.max(plain, 1 - plain) : 0.5, 12);
      }),
    );
  });
});
