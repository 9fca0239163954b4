import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupConstants, rankCorrelation } from '../../../src/data/probes/group-constants.js';
import { look, plantedRows, quality, type PlantedRow } from './planted.js';

const sessionSeconds = 4 * 3600;
/** Sessions of a user: his events of four hours. */
const sessionOf = ({ user, ts }: PlantedRow): string => `${user}-${Math.floor(ts / sessionSeconds)}`;
const log = plantedRows({ rows: 6000, users: 40 });

function totals<K>(keyOf: (row: PlantedRow) => K): Map<K, { events: number; clicks: number; first: number }> {
  const found = new Map<K, { events: number; clicks: number; first: number }>();
  for (const row of log) {
    const total = found.get(keyOf(row)) ?? { events: 0, clicks: 0, first: row.ts };
    found.set(keyOf(row), { ...total, events: total.events + 1, clicks: total.clicks + row.label });
  }
  return found;
}

describe('columns that are constant per group', () => {
  const sessions = totals(sessionOf);

  it('are found when they are totals of all its events', async () => {
    const { findings } = await look(
      {
        log,
        more: (row) => ({
          session_id: sessionOf(row),
          session_events: sessions.get(sessionOf(row))?.events ?? 0,
          session_clicks: (sessions.get(sessionOf(row))?.clicks ?? 0) * 10,
          session_has_click: Math.min(1, sessions.get(sessionOf(row))?.clicks ?? 0),
        }),
        columns: { session_id: 'meta' },
      },
      groupConstants,
    );
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([
      ['high', 'log.session_events'],
      ['high', 'log.session_clicks'],
      ['high', 'log.session_has_click'],
    ]);
    expect(findings[0].evidence).toContain('its number of events by rank 1.000');
    expect(findings[1].evidence).toContain('the sum of its labels');
  });

  it('are not seen in what was known when it began', async () => {
    const { findings } = await look(
      {
        log,
        more: (row, rng) => ({
          session_id: sessionOf(row),
          started: sessions.get(sessionOf(row))?.first ?? 0,
          battery: Math.floor(100 * quality(row.user * 977 + Math.floor(row.ts / sessionSeconds))),
          age: 20 + (row.user % 50),
          // changes from event to event
          place: rng.integer(5),
        }),
        columns: { session_id: 'meta' },
      },
      groupConstants,
    );
    expect(findings).toEqual([]);
  });

  it('are not seen in the size of a slate, whose events are of one moment', async () => {
    const slates = log.map((row) => ({
      ...row,
      ts: Math.floor(row.ts / 1800) * 1800,
      user: Math.floor(row.ts / 1800) % 40,
    }));
    const sizes = new Map<number, number>();
    for (const { ts } of slates) sizes.set(ts, (sizes.get(ts) ?? 0) + 1);
    const varied = slates.filter(({ index, ts }) => index % 3 > 0 || (ts / 1800) % 2 === 0);
    const found = await look(
      {
        log: varied,
        more: ({ ts }) => ({ slate: ts / 1800, slate_size: varied.filter((row) => row.ts === ts).length }),
        columns: { slate: 'meta' },
      },
      groupConstants,
    );
    expect(found.findings).toEqual([]);
  });

  it('are not seen in the day on which a user came, who is then there until the log ends', async () => {
    const many = plantedRows({ rows: 9000, users: 300 });
    const came = (user: number): number => many[0].ts + Math.floor(9 * 86_400 * quality(user) ** 2 * 0.3);
    const { findings } = await look(
      {
        log: many.filter(({ user, ts }) => ts >= came(user)),
        more: ({ user }) => ({
          registered: came(user),
          part: user % 10 === 0 ? 'test' : user % 10 === 1 ? 'valid' : 'train',
        }),
        columns: { part: 'split' },
        change: { split: 'column:part' },
      },
      groupConstants,
    );
    expect(findings).toEqual([]);
  });

  it('say the same in whatever order the rows are filed, though some groups are not constant', async () => {
    const found = async (order: (row: PlantedRow) => number) =>
      (
        await look(
          {
            log: log.toSorted((a, b) => order(a) - order(b)),
            more: (row) => ({
              session_id: sessionOf(row),
              session_events: (sessions.get(sessionOf(row))?.events ?? 0) + (row.index % 1000 === 0 ? 50 : 0),
            }),
            columns: { session_id: 'meta' },
          },
          groupConstants,
        )
      ).findings;
    const asFiled = await found(({ index }) => index);
    expect(asFiled.map(({ columns }) => columns[0])).toEqual(['log.session_events']);
    expect(await found(({ index }) => -index)).toEqual(asFiled);
    expect(await found(({ index }) => (index * 7919) % 6007)).toEqual(asFiled);
  });

  it('correlate by rank as Spearman has it', () => {
    const a = Float64Array.from({ length: 200 }, (_, k) => k);
    const b = a.map((k) => k ** 3);
    expect(rankCorrelation(a, b)).toBeCloseTo(1, 12);
    expect(
      rankCorrelation(
        a,
        a.map((k) => -k),
      ),
    ).toBeCloseTo(-1, 12);
    expect(
      rankCorrelation(
        a,
        a.map(() => 4),
      ),
    ).toBe(0);
    // 1 - 6 Σ d² / (n (n² - 1)) with neighbours exchanged: d = 1 for all
    const swapped = a.map((k) => (k % 2 === 0 ? k + 1 : k - 1));
    expect(rankCorrelation(a, swapped)).toBeCloseTo(1 - (6 * 200) / (200 * (200 ** 2 - 1)), 12);
  });

  it('correlate the same whichever comes first, through rising functions, and without cells that lack either', () => {
    const cell = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constant(Number.NaN));
    const pairs = fc.array(fc.tuple(cell, cell), { minLength: 150, maxLength: 220 });
    fc.assert(
      fc.property(pairs, (drawn) => {
        const [a, b] = [0, 1].map((side) => Float64Array.from(drawn, (pair) => pair[side]));
        const found = rankCorrelation(a, b);
        expect(Math.abs(found)).toBeLessThanOrEqual(1 + 1e-12);
        expect(rankCorrelation(b, a)).toBeCloseTo(found, 12);
        expect(rankCorrelation(a.map(Math.exp), b)).toBeCloseTo(found, 12);
        const whole = drawn.filter((pair) => !pair.some(Number.isNaN));
        const [x, y] = [0, 1].map((side) => Float64Array.from(whole, (pair) => pair[side]));
        expect(rankCorrelation(x, y)).toBeCloseTo(found, 12);
      }),
      { numRuns: 30 },
    );
    expect(
      rankCorrelation(
        Float64Array.from({ length: 99 }, (_, k) => k),
        new Float64Array(99),
      ),
    ).toBe(0);
  });

  it('need a hundred groups, and a clock', async () => {
    const few = await look(
      {
        log: log.filter(({ user }) => user < 1),
        more: (row) => ({
          session_id: sessionOf(row),
          session_events: sessions.get(sessionOf(row))?.events ?? 0,
        }),
        columns: { session_id: 'meta' },
      },
      groupConstants,
    );
    expect(few.findings).toEqual([]);
    const timeless = await look(
      { log: log.slice(0, 500), columns: { ts: 'meta' }, change: { clock: undefined, split: 'random' } },
      groupConstants,
    );
    expect(timeless.runs).toMatchObject([{ outcome: 'skipped', reason: 'the events have no clock' }]);
  });
});
