import { describe, expect, it } from 'vitest';
import { postImpression } from '../../../src/data/probes/post-impression.js';
import type { Rng } from '../../../src/platform/index.js';
import { look, plantedRows } from './planted.js';

const log = plantedRows();

describe('what was measured after the impression', () => {
  it('is found by leaving its usual value under one label only, and by being later than the event', async () => {
    const { findings } = await look(
      {
        log,
        more: ({ label, ts }, rng) => ({
          shared: label === 1 && rng.next() < 0.1 ? 1 : 0,
          note: label === 1 && rng.next() < 0.2 ? `t${rng.integer(90)}` : null,
          skipped_at_s: label === 0 && rng.next() < 0.2 ? rng.integer(30) + 1 : 0,
          closed: ts + 5 + rng.integer(100),
        }),
      },
      postImpression,
    );
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([
      ['high', 'log.shared'],
      ['high', 'log.note'],
      ['high', 'log.skipped_at_s'],
      ['high', 'log.closed'],
    ]);
    expect(findings[0].evidence).toMatch(/100\.0 % of them have label 1 \(\d+\.\d % of all\)/);
    expect(findings[3].evidence).toContain("lie after the event's own");
  });

  it('is not seen in rare flags, earlier times and values of a few rows', async () => {
    const { findings } = await look(
      {
        log,
        more: ({ label, ts }, rng) => ({
          rare: rng.next() < 0.05 ? 1 : 0,
          // more often with a click than without, as an honest feature may be
          likely: rng.next() < (label === 1 ? 0.4 : 0.1) ? 1 : 0,
          // one-sided, in too few rows to tell
          few: label === 1 && rng.next() < 0.01 ? 1 : 0,
          last_visit: ts - 60 - rng.integer(9_000),
          written: ts,
        }),
      },
      postImpression,
    );
    expect(findings).toEqual([]);
  });

  it('is a question where only the name says so, and hygiene where it is refused', async () => {
    const { findings } = await look(
      {
        log,
        more: (_, rng) => ({ dwell_ms: rng.integer(900), play_time_ms: rng.integer(900) }),
        columns: { play_time_ms: 'signal' },
      },
      postImpression,
    );
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([
      ['medium', 'log.dwell_ms'],
      ['low', 'log.play_time_ms'],
    ]);
  });

  it('is not seen in other kinds of users where clicks are rare, nor anywhere among labels of one kind', async () => {
    const rare = plantedRows({ rows: 20_000, users: 600 });
    const { findings } = await look(
      {
        // One click in forty on phones, one in 120 on tablets: honest, and 98 % of label 0 on both.
        log: rare.map((row) => ({
          ...row,
          label: row.index % (row.index % 3 === 0 ? 369 : 41) === 0 ? 1 : 0,
        })),
        more: ({ index, label }, rng) => ({
          device: index % 3 === 0 ? 'tablet' : 'phone',
          hidden: label === 0 && rng.next() < 0.4 ? 1 : 0,
        }),
      },
      postImpression,
    );
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([['high', 'log.hidden']]);
    const alike = await look(
      {
        log: log.map((row) => ({ ...row, label: 4 })),
        more: ({ index }) => ({ device: index % 3 === 0 ? 'tablet' : 'phone' }),
        columns: { label: 'rating' },
        change: { task: 'rating', label: { column: 'label', range: [1, 5] } },
      },
      postImpression,
    );
    expect(alike.findings).toEqual([]);
  });

  it('is not seen in a finer time of the same moment, in far times, nor in numbers that merely look like times', async () => {
    const day = ({ ts }: { ts: number }): number => Math.floor(ts / 86_400) * 86_400;
    const more = ({ ts }: { ts: number }, rng: Rng) => ({
      exact_ms: ts * 1000 + 1 + rng.integer(999),
      valid_to: 4_102_358_400 + rng.integer(10),
      author: 2_000_000_000 + rng.integer(2_000_000_000),
    });
    expect((await look({ log, more }, postImpression)).findings).toEqual([]);
    // The clock is a day: what happened on it is no later than it.
    const daily = await look(
      {
        log: log.map((row) => ({ ...row, ts: day(row) })),
        more: ({ index }, rng) => ({
          ...more(log[index], rng),
          exact: log[index].ts,
          returned: log[index].ts + 3 * 86_400,
        }),
      },
      postImpression,
    );
    expect(daily.columns).toEqual(['returned']);
  });

  it('says what it goes by', async () => {
    const { findings } = await look(
      { log, more: (_, rng) => ({ g7: rng.integer(900) }), columns: { g7: 'signal' } },
      postImpression,
    );
    expect(findings).toMatchObject([
      {
        severity: 'low',
        evidence: expect.stringMatching(/^the project has it for something measured after/),
      },
    ]);
  });
});
