import { describe, expect, it } from 'vitest';
import { duplicateRows } from '../../../src/data/probes/duplicate-rows.js';
import { seenBefore } from '../../../src/data/probes/seen-before.js';
import { trainTestOverlap, validationIsTest } from '../../../src/data/probes/split-overlap.js';
import { look, plantedRows, type PlantedRow } from './planted.js';

const log = plantedRows({ rows: 1000 });
const byPart = { change: { split: 'column:part' }, columns: { part: 'split' } } as const;
const half = ({ index }: PlantedRow): string => (index < 800 ? 'train' : index < 900 ? 'valid' : 'test');

describe('rows that repeat another', () => {
  it('are counted, and weigh by their share', async () => {
    const some = await look({ log: [...log, ...log.slice(0, 30)] }, duplicateRows);
    expect(some.findings).toMatchObject([{ severity: 'medium', columns: [] }]);
    expect(some.findings[0].evidence).toContain('30 of 1030 rows of log (2.91 %)');
    const few = await look({ log: [...log, log[5]] }, duplicateRows);
    expect(few.findings).toMatchObject([{ severity: 'low' }]);
  });

  it('are medium from one in a hundred on', async () => {
    for (const [repeated, severity] of [
      [9, 'low'],
      [10, 'medium'],
    ] as const) {
      const rows = [...log.slice(0, 1000 - repeated), ...log.slice(0, repeated)];
      expect((await look({ log: rows }, duplicateRows)).findings).toMatchObject([{ severity }]);
    }
  });

  it('are nothing to say when they are dropped, or when there are none', async () => {
    const dropped = await look(
      { log: [...log, ...log.slice(0, 30)], change: { duplicates: 'drop' } },
      duplicateRows,
    );
    expect(dropped.findings).toEqual([]);
    expect((await look({ log }, duplicateRows)).runs).toMatchObject([{ outcome: 'passed' }]);
  });
});

describe('parts that share rows', () => {
  const parted = (part: (row: PlantedRow, at: number) => string, rows: readonly PlantedRow[]) => {
    let at = 0;
    return look(
      { log: rows, more: (row) => ({ part: part(row, at++) }), ...byPart },
      trainTestOverlap,
      validationIsTest,
    );
  };

  it('are found: training rows that are judged', async () => {
    const { findings } = await parted(
      (row, at) => (at >= 1000 ? 'test' : half(row)),
      [...log, ...log.slice(0, 20)],
    );
    expect(findings).toMatchObject([{ probe: 'train-test-overlap', severity: 'high' }]);
    expect(findings[0].evidence).toContain('20 of 120 test rows (16.67 %)');
  });

  it('are found: a test part that is the validation part, in another order', async () => {
    const again = log.slice(800, 900).toReversed();
    const { findings } = await parted(
      (row, at) => (at >= 900 ? 'test' : half(row)),
      [...log.slice(0, 900), ...again],
    );
    expect(findings).toMatchObject([{ probe: 'validation-is-test', severity: 'high' }]);
    expect(findings[0].evidence).toContain('100 of 100 test rows (100.00 %)');
  });

  it('are found where a row number of its own hides it', async () => {
    const again = log.slice(800, 900).map((row) => ({ ...row, index: 0 }));
    let number = 0;
    const rows = [...log.slice(0, 900), ...again];
    const { findings } = await look(
      {
        log: rows,
        more: (row) => ({ number: number++, part: number > 900 ? 'test' : half(row) }),
        change: byPart.change,
        columns: { part: 'split', number: 'meta' },
      },
      validationIsTest,
    );
    expect(findings).toMatchObject([{ severity: 'high' }]);
    expect(findings[0].evidence).toContain('have user, item, time and label of');
  });

  it.each([
    [2, 'high'],
    [1, 'medium'],
  ] as const)(
    'are found: %i of a hundred validation rows, empty cells and all, as %s',
    async (count, severity) => {
      const again = log.slice(0, count);
      let at = 0;
      const { findings } = await look(
        {
          log: [...log.slice(0, 900 - count), ...again, ...log.slice(900)],
          more: ({ index }) => {
            at += 1;
            return {
              gap: index % 2 === 0 ? null : 'x',
              part: at <= 800 ? 'train' : at <= 900 ? 'valid' : 'test',
            };
          },
          ...byPart,
        },
        trainTestOverlap,
      );
      expect(findings).toMatchObject([
        { severity, evidence: expect.stringContaining(`${count} of 100 validation rows`) },
      ]);
    },
  );

  it('pass when every row is its own', async () => {
    expect((await parted(half, log)).findings).toEqual([]);
  });
});

describe('meetings that came later', () => {
  // Every user likes what he likes: the same item again has the same label.
  const again = plantedRows({ rows: 4000, users: 40, items: 40 });
  const faithful = again.map((row) => ({ ...row, label: (row.user * 7 + row.item * 13) % 5 < 2 ? 1 : 0 }));

  it('are found in a random split of repeated use', async () => {
    const { findings } = await look({ log: faithful, change: { split: 'random' } }, seenBefore);
    expect(findings).toMatchObject([{ severity: 'high', columns: [] }]);
    expect(findings[0].evidence).toMatch(
      /training row of the same user and item that came later.* AUC 0\.\d/,
    );
  });

  it('pass where meetings say nothing of one another, or hardly repeat', async () => {
    const coins = again.map((row) => ({ ...row, label: (row.index * 7919) % 13 < 6 ? 1 : 0 }));
    expect((await look({ log: coins, change: { split: 'random' } }, seenBefore)).findings).toEqual([]);
    const once = faithful.map((row) => ({ ...row, item: row.index }));
    expect((await look({ log: once, change: { split: 'random' } }, seenBefore)).findings).toEqual([]);
  });

  /** Four meetings of each user with his item: three in training, of which the last comes after the judged one. */
  const meetings = (last: (user: number) => number, clock = true) => {
    const rows = Array.from({ length: 4 * 400 }, (_, n): PlantedRow => {
      const [user, turn] = [n % 400, Math.floor(n / 400)];
      return {
        index: n,
        user,
        item: user % 60,
        ts: log[0].ts + n,
        label: turn === 3 ? last(user) : user % 2,
      };
    });
    return look(
      {
        log: rows,
        more: ({ index }) => ({
          part: index < 800 || index >= 1201 ? 'train' : index < 1200 ? 'valid' : 'test',
        }),
        columns: { part: 'split', ...(clock ? {} : { ts: 'meta' }) },
        change: { split: 'column:part', ...(clock ? {} : { clock: undefined }) },
      },
      seenBefore,
    );
  };

  it('are judged by what came later alone: what earlier meetings tell was known', async () => {
    const told = await meetings((user) => user % 2);
    expect(told.findings).toMatchObject([{ severity: 'high' }]);
    expect(told.findings[0].evidence).toMatch(/^99\.8 % of the validation rows .* AUC 1\.000/);
    expect((await meetings((user) => ((user * 7919) % 13) % 2)).findings).toEqual([]);
  });

  it('are all meetings where no time is known, and none for rows that met nobody', async () => {
    const { findings } = await meetings((user) => user % 2, false);
    expect(findings[0].evidence).toMatch(/^100\.0 % of the validation rows/);
    const strangers = await look(
      {
        log: faithful.map((row, n) => ({ ...row, user: n % 2 === 0 ? row.user : 1000 + n })),
        change: { split: 'random', clock: undefined },
        columns: { ts: 'meta' },
      },
      seenBefore,
    );
    const share = Number(/^([\d.]+) %/.exec(strangers.findings[0]?.evidence ?? '')?.[1]);
    expect(share).toBeGreaterThan(15);
    expect(share).toBeLessThan(51);
  });

  it('are no question of a split in time', async () => {
    const { runs } = await look({ log: faithful }, seenBefore);
    expect(runs).toMatchObject([{ outcome: 'skipped', reason: expect.stringContaining('in time') }]);
  });
});
