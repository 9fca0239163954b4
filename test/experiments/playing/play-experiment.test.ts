import { describe, expect, it } from 'vitest';
import { rampRuns } from '../../../scripts/experiments/ramp.mjs';
import { playExperiment, type ExperimentedTraffic } from '../../../src/experiments/index.js';
import { Rng } from '../../../src/platform/index.js';
import { recordOf } from '../support.js';

interface Runs {
  readonly played: readonly { readonly outcome: string; readonly exposed: number; readonly step: number }[];
  readonly beforeFive: number;
  readonly spread: number;
}

/** A small version of `node scripts/experiments/ramp.mjs`, whose 100 runs of 200,000 users are in docs/experiments.md. */
describe('a ramp where the truth is known', () => {
  it('rolls a loss of 20 % back before 5 % of the users saw it, and lets a harmless change go on', async () => {
    const small = {
      users: 30_000,
      seed: 900,
      ramp: { steps: [{ share: 0.08 }, { share: 0.2 }, { share: 0.5 }], riskBudget: 0.1 },
    };
    const bad = (await rampRuns({ ...small, harm: 0.3, runs: 3, days: 3 })) as Runs;
    expect(bad.beforeFive).toBe(3);
    expect(bad.spread).toBeGreaterThan(1.3);
    const good = (await rampRuns({ ...small, harm: 0, runs: 2, days: 2 })) as Runs;
    for (const { outcome, step } of good.played) {
      expect(outcome).toBe('undecided');
      expect(step).toBeGreaterThan(0);
    }
  });
});

interface Truth {
  readonly lift: number;
  readonly harm: number;
  readonly seed: number;
  /** share of the treated users' visits that are not logged as exposures */
  readonly lost?: number;
  readonly silentAfter?: number;
}

/** Users who all come once a day, with clicks and a guardrail of theirs. */
function daily({ lift, harm, seed, lost = 0, silentAfter = Infinity }: Truth): ExperimentedTraffic {
  const rng = new Rng([seed, 'daily']);
  let day = 0;
  return {
    hoursPerLook: 24,
    act(door) {
      day += 1;
      if (day > silentAfter) return day < silentAfter + 2;
      for (let user = 0; user < 6000; user += 1) {
        const unit = `${seed}/${user}`;
        // What decides whether the visit is lost is drawn before anybody knows the arm.
        const dropped = rng.next() < lost && user % 3 === 0;
        const variant = dropped ? 'new' : door.visit(unit);
        const treated = variant === 'new';
        door.record(unit, 'click', Math.max(0, 1 + (treated ? lift : 0) + 0.5 * rng.normal()));
        door.record(unit, 'value', Math.max(0, 2 * (treated ? 1 - harm : 1) + rng.normal()));
      }
      return day < 14;
    },
  };
}

const record = recordOf({
  metrics: [
    { name: 'clicks', of: 'click', role: 'success' },
    { name: 'value', role: 'guardrail', margin: 0.05 },
  ],
  plannedUnits: 6000,
  ramp: { steps: [{ share: 0.1 }, { share: 0.5 }, { share: 1 }] },
});

describe('an experiment from start to verdict', () => {
  it('keeps what is better and harms nothing', async () => {
    const played = await playExperiment(record, daily({ lift: 0.08, harm: 0, seed: 1 }));
    expect(played.outcome).toBe('KEEP');
    expect(played.epochs.map(({ share }) => share)).toEqual([0.1, 0.5]);
    expect(played.units).toBe(6000);
    const [clicks] = played.metrics;
    expect(clicks.comparisons[0].relative?.estimate).toBeGreaterThan(0.03);
    expect(clicks.comparisons[0].relative?.estimate).toBeLessThan(0.13);
  });

  it('rolls back what harms, whatever it wins', async () => {
    const played = await playExperiment(record, daily({ lift: 0.2, harm: 0.3, seed: 2 }));
    expect([played.outcome, played.epochs.length]).toEqual(['rolled-back', 1]);
    expect(played.treatedUnits / played.units).toBeLessThan(0.15);
  });

  it('discards what does nothing when the planned sample is there', async () => {
    const played = await playExperiment(record, daily({ lift: 0, harm: 0, seed: 3 }));
    expect(played.outcome).toBe('DISCARD');
    expect(played.reasons.join()).toContain('the planned sample is reached');
  });

  it('keeps what only has to lose nothing, and not what may lose its margin', async () => {
    const cheaper = recordOf({
      aim: 'non-inferiority',
      metrics: [{ name: 'value', role: 'guardrail', margin: 0.05 }],
      plannedUnits: 6000,
      ramp: record.ramp,
    });
    const outcomes = async (of: typeof cheaper, harm: number): Promise<string[]> => {
      const played = [];
      for (let seed = 10; seed < 22; seed += 1)
        played.push((await playExperiment(of, daily({ lift: 0, harm, seed }))).outcome);
      return played;
    };
    const harmless = await outcomes(cheaper, 0);
    expect(harmless.filter((outcome) => outcome === 'KEEP').length).toBeGreaterThan(9);
    expect(harmless).not.toContain('rolled-back');
    // On the border a wrong KEEP has a chance of 5 % at most.
    expect((await outcomes(cheaper, 0.05)).filter((one) => one === 'KEEP').length).toBeLessThan(4);
    expect(new Set(await outcomes(cheaper, 0.3))).toEqual(new Set(['rolled-back']));
    // Without the aim nothing is kept that is not better.
    expect(await outcomes({ ...cheaper, aim: 'superiority' }, 0)).not.toContain('KEEP');
  });

  it('holds while the traffic stands still, and ends undecided', async () => {
    const played = await playExperiment(record, daily({ lift: 0.08, harm: 0, seed: 4, silentAfter: 1 }));
    expect(played.outcome).toBe('undecided');
    expect(played.looks.at(-1)?.decision).toMatchObject({
      kind: 'hold',
      reasons: ['there was no traffic since the last look'],
    });
  });

  it('is the same again for the same units', async () => {
    const truth = { lift: 0.03, harm: 0.01, seed: 5 };
    const [first, second] = [
      await playExperiment(record, daily(truth)),
      await playExperiment(record, daily(truth)),
    ];
    expect(first).toEqual(second);
  });

  it('refuses metrics that need the event log', async () => {
    const back = recordOf({ metrics: [{ name: 'back', role: 'success', kind: 'retention', days: [1, 2] }] });
    await expect(playExperiment(back, daily({ lift: 0, harm: 0, seed: 1 }))).rejects.toThrow(
      /needs the event log/,
    );
  });
});

describe('the split', () => {
  it('that loses units of one arm holds the ramp, and a whole one does not', async () => {
    const rng = new Rng([1, 'split']);
    const losing = (share: number): ExperimentedTraffic => {
      let day = 0;
      return {
        hoursPerLook: 24,
        act(door) {
          for (let user = 0; user < 4000; user += 1) {
            const unit = `${day}-${user}`;
            // An arm's exposures get lost: the unit of a treatment is replaced by one that is not there.
            const lossy = {
              visit: (one: string): string | null =>
                rng.next() < share && !control.has(one) ? null : door.visit(one),
            };
            if (lossy.visit(unit) !== null) door.record(unit, 'value', 1 + rng.next());
          }
          day += 1;
          return day < 3;
        },
      };
    };
    const half = recordOf({ ramp: { steps: [{ share: 0.5, hours: 1000 }] } });
    const control = new Set<string>();
    const { assignUnit } = await import('../../../src/experiments/index.js');
    for (let day = 0; day < 3; day += 1)
      for (let user = 0; user < 4000; user += 1)
        if (assignUnit(half, 0.5, `${day}-${user}`)?.variant === 'control') control.add(`${day}-${user}`);
    const lost = await playExperiment(half, losing(0.2));
    expect(lost.looks.at(-1)?.decision.kind).toBe('hold');
    const whole = await playExperiment(half, losing(0));
    expect(whole.looks.at(-1)?.decision.kind).toBe('stay');
  });
});
