import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecayedCounts } from '../../src/stats/index.js';

const hourMs = 3_600_000;

describe('DecayedCounts', () => {
  it('counts an event half after a half-life, exactly', () => {
    const counts = new DecayedCounts({ halfLifeHours: 10 });
    counts.observe(0, 0);
    counts.observe(1, 10 * hourMs);
    counts.observe(2, 20 * hourMs, 3);
    expect([0, 1, 2, 900].map((thing) => counts.at(thing, 20 * hourMs))).toEqual([0.25, 0.5, 3, 0]);
    expect([...counts.largest()]).toEqual([2, 1, 0]);
    expect(new DecayedCounts({ halfLifeHours: 1 }).at(0, 5)).toBe(0);
  });

  it('lets what was popular long ago go, however long that is', () => {
    const counts = new DecayedCounts({ halfLifeHours: 1 });
    for (let i = 0; i < 1000; i += 1) counts.observe(0, i);
    counts.observe(1, 2000 * hourMs); // two thousand half-lives later
    expect(counts.at(1, 2000 * hourMs)).toBe(1);
    expect(counts.largest()[0]).toBe(1);
    counts.observe(0, 2000 * hourMs, 2);
    expect(counts.at(0, 2000 * hourMs)).toBeCloseTo(2, 12);
    expect([...counts.largest()]).toEqual([0, 1]);
  });

  const events = fc.array(
    fc.tuple(fc.nat(90), fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 3 })),
    {
      maxLength: 120,
    },
  );

  it('has the largest in order whenever it is asked, as sorting all of them would (property)', () => {
    fc.assert(
      fc.property(
        events,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 20 }),
        (observed, ranked, every) => {
          const counts = new DecayedCounts({ halfLifeHours: 1, ranked });
          observed.forEach(([thing, hours, weight], n) => {
            counts.observe(thing, hours * hourMs, weight);
            // Asked after every event, or after so many that some of them moved together.
            if (n % every !== 0 && n < observed.length - 1) return;
            const { weights } = counts.state();
            const sorted = [...weights.keys()]
              .filter((known) => weights[known] > 0)
              .sort((a, b) => weights[b] - weights[a] || a - b);
            expect([...counts.largest()]).toEqual(sorted.slice(0, ranked));
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('goes on from its state as if nothing had been between (property)', () => {
    fc.assert(
      fc.property(events, fc.nat(120), (observed, cut) => {
        const whole = new DecayedCounts({ halfLifeHours: 2 });
        let parts = new DecayedCounts({ halfLifeHours: 2 });
        observed.forEach(([thing, hours, weight], i) => {
          if (i === cut) parts = new DecayedCounts({ halfLifeHours: 2 }, parts.state());
          for (const counts of [whole, parts]) counts.observe(thing, hours * hourMs, weight);
        });
        expect([...parts.largest()]).toEqual([...whole.largest()]);
        for (const thing of whole.largest()) expect(parts.at(thing, 0)).toBe(whole.at(thing, 0));
      }),
    );
  });

  it('refuses a half-life that is none, and events that count against', () => {
    expect(() => new DecayedCounts({ halfLifeHours: 0 })).toThrow(RangeError);
    expect(() => new DecayedCounts({ halfLifeHours: 1 }).observe(0, 0, -1)).toThrow(/-1/);
  });
});
