import { describe, expect, it } from 'vitest';
import {
  playExperiment,
  type ExperimentedTraffic,
  type PlayedExperiment,
} from '../../../src/experiments/index.js';
import { Rng } from '../../../src/platform/index.js';
import { recordOf } from '../support.js';

interface Truth {
  readonly seed: number;
  /** relative gain of clicks of a treated unit, by days since it was treated first */
  readonly gain?: (daysSince: number, segment: string) => number;
  /** share of the answers to treated units that are never reported */
  readonly lost?: number;
  /** gain of clicks of the units that an earlier experiment, with this seed, treated; before this one begins, and after */
  readonly earlier?: { readonly seed: string; readonly gain: number };
  readonly users?: number;
}

const record = recordOf({
  seed: 'own',
  metrics: [
    { name: 'clicks', of: 'click', role: 'success' },
    { name: 'value', role: 'guardrail', margin: 0.05 },
  ],
  segment: 'device',
  plannedUnits: 3000,
  ramp: { steps: [{ share: 0.25 }, { share: 0.5, hours: 8 * 24 }], riskBudget: 0.2 },
});
const devices = ['web', 'android', 'ios'];

/** Users of three devices who all come once a day, for ten days. */
async function daily({
  seed,
  gain = () => 0,
  lost = 0,
  earlier,
  users = 3000,
}: Truth): Promise<ExperimentedTraffic> {
  const rng = new Rng([seed, 'judged-data']);
  const treatedBefore = new Set<string>();
  if (earlier !== undefined) {
    const { assignUnit } = await import('../../../src/experiments/index.js');
    for (let user = 0; user < users; user += 1)
      if (assignUnit({ ...record, seed: earlier.seed }, 0.5, `u${user}`)?.variant === 'new')
        treatedBefore.add(`u${user}`);
  }
  const since = new Map<string, number>();
  let day = 0;
  const clicksOf = (unit: string, factor: number): number => {
    const carried = treatedBefore.has(unit) ? 1 + (earlier?.gain ?? 0) : 1;
    return Math.max(0, factor * carried + 0.4 * rng.normal());
  };
  return {
    hoursPerLook: 24,
    act(door) {
      if (day === 0 && earlier !== undefined)
        for (let user = 0; user < users; user += 1) door.record(`u${user}`, 'click', clicksOf(`u${user}`, 1));
      for (let user = 0; user < users; user += 1) {
        const unit = `u${user}`;
        const segment = devices[user % 3];
        const treated = door.visit(unit, segment) === 'new';
        if (treated && !since.has(unit)) since.set(unit, day);
        const reported = !(treated && rng.next() < lost);
        const factor = treated ? 1 + gain(day - (since.get(unit) ?? day), segment) : 1;
        const [clicks, value] = [clicksOf(unit, factor), Math.max(0, 1 + 0.3 * rng.normal())];
        if (!reported) continue;
        door.record(unit, 'impression', 1);
        door.record(unit, 'click', clicks);
        door.record(unit, 'value', value);
      }
      day += 1;
      return day < 10;
    },
  };
}

const play = async (truth: Truth): Promise<PlayedExperiment> => playExperiment(record, await daily(truth));
const bump = (days: number): number => 0.6 * Math.exp(-days / 1.5);
const failed = ({ checks }: PlayedExperiment): string[] =>
  checks.filter(({ passed }) => !passed).map(({ name }) => name);

describe('what is new', () => {
  it('is no KEEP when its gain is gone, and the same gain that stays is one', async () => {
    const fading = await play({ seed: 1, gain: bump });
    expect(fading.outcome).toBe('undecided');
    expect(fading.reasons.join()).toMatch(/fading, as what is new does: clicks/);
    const [novelty] = fading.metrics[0].comparisons.map((one) => one.novelty);
    expect(novelty).toMatchObject({ outcome: 'fades', lateFromDay: 4 });
    expect(novelty?.windows.map(({ fromDay }) => fromDay)).toEqual([0, 1, 2, 4]);
    expect(novelty?.windows[0].lift).toBeGreaterThan(0.1);
    // All days together it would have been one: nothing else stood against it.
    expect(fading.metrics[0].comparisons[0].outcome).toBe('better');

    const lasting = await play({ seed: 1, gain: () => 0.1 });
    expect(lasting.outcome).toBe('KEEP');
    expect(lasting.metrics[0].comparisons[0].novelty?.outcome).toBe('lasts');
  });

  it('may leave a gain behind, which is kept where it is half of what was there at first', async () => {
    const both = await play({ seed: 2, gain: (days) => 0.3 + bump(days) / 2 });
    expect(both.outcome).toBe('KEEP');
    const less = await play({ seed: 2, gain: (days) => 0.12 + bump(days) });
    expect(less.outcome).toBe('undecided');
    const novelty = less.metrics[0].comparisons[0].novelty;
    expect(novelty?.outcome).toBe('fades');
    // It is better late too, and nobody knows yet where it ends.
    expect(novelty?.late.p).toBeLessThan(0.05);
  });

  it('is not asked about guardrails', async () => {
    const { metrics } = await play({ seed: 1, gain: bump });
    expect(metrics[1].comparisons[0].novelty).toBeNull();
  });
});

describe('reports', () => {
  it('that one arm loses hold the ramp, and those that both keep do not', async () => {
    const losing = await play({ seed: 3, lost: 0.3 });
    expect(losing.outcome).toBe('undecided');
    expect(losing.epochs).toHaveLength(1);
    expect(failed(losing)).toEqual(['reports']);
    expect(losing.looks.every(({ decision }) => decision.kind === 'hold')).toBe(true);
    // The server saw everybody: its exposures fit the plan.
    expect(losing.looks.at(-1)?.sampleRatioP).toBeGreaterThan(0.01);
    expect(failed(await play({ seed: 3 }))).toEqual([]);
  });

  it('are not asked for where the record names none, or nobody reports any', async () => {
    for (const reported of [null, 'heartbeat']) {
      const { outcome, checks } = await playExperiment(
        { ...record, reported },
        await daily({ seed: 3, lost: 0.3 }),
      );
      expect(checks.map(({ name }) => name)).not.toContain('reports');
      // What is not asked for is booked as harm.
      expect(outcome).toBe('rolled-back');
    }
  });
});

describe('an earlier experiment', () => {
  const gain = -0.2;

  it('with the same seed makes the arms unlike before this one began, and holds it', async () => {
    const same = await play({ seed: 4, earlier: { seed: 'own', gain } });
    expect(same.outcome).toBe('undecided');
    expect(failed(same)).toEqual(['alike-before']);
    expect(same.reasons.join()).toMatch(/clicks of new −\d.*another seed/);
  });

  it('with another seed carries over into both arms alike', async () => {
    const other = await play({ seed: 4, earlier: { seed: 'other', gain } });
    expect(failed(other)).toEqual([]);
    expect(other.outcome).toBe('DISCARD');
    expect(other.reasons.join()).toContain('the planned sample is reached');
  });

  it('is no matter where the treatment itself drives units away later', async () => {
    // Who comes in a later epoch may be the treatment's doing: only new units are compared by their past.
    const rng = new Rng([5, 'away']);
    const worth = Array.from({ length: 4000 }, () => rng.next());
    let day = 0;
    const gone = new Set<number>();
    const played = await playExperiment(
      { ...record, metrics: record.metrics.slice(0, 1) },
      {
        hoursPerLook: 24,
        act(door) {
          for (let user = 0; user < 4000; user += 1) {
            if (day === 0) door.record(`u${user}`, 'click', worth[user]);
            if (gone.has(user)) continue;
            const treated = door.visit(`u${user}`) === 'new';
            door.record(`u${user}`, 'impression', 1);
            door.record(`u${user}`, 'click', worth[user] + 0.2 * rng.normal());
            if (treated && worth[user] < 0.4) gone.add(user);
          }
          day += 1;
          return day < 5;
        },
      },
    );
    expect(played.epochs.length).toBeGreaterThan(1);
    expect(failed(played)).toEqual([]);
  });
});

describe('segments', () => {
  const where = async (gain: Truth['gain']): Promise<Record<string, string>> => {
    const { segments } = await play({ seed: 6, ...(gain === undefined ? {} : { gain }) });
    return Object.fromEntries(
      segments.map(({ value, metrics }) => [value, metrics[0].comparisons[0].outcome]),
    );
  };

  it('say where an effect is, and nowhere else', async () => {
    expect(await where((_, segment) => (segment === 'web' ? 0.2 : 0))).toEqual({
      web: 'better',
      android: 'undecided',
      ios: 'undecided',
    });
    expect(Object.values(await where(undefined))).toEqual(['undecided', 'undecided', 'undecided']);
  });

  it('are none where the record names none', async () => {
    const { segments } = await playExperiment({ ...record, segment: undefined }, await daily({ seed: 6 }));
    expect(segments).toEqual([]);
  });
});
