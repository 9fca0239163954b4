import { describe, expect, it } from 'vitest';
import { postImpression } from '../../../src/data/probes/post-impression.js';
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
});
