import { describe, expect, it } from 'vitest';
import {
  createLiveWorld,
  itemScore,
  randomScore,
  rankedPolicy,
  trueEffect,
  unitCounts,
  type EffectMetric,
  type LivePolicy,
  type LiveWorld,
  type WorldArm,
} from '../../../src/world/index.js';
import { popularity, smallLive } from './live-worlds.js';

const world = createLiveWorld({ ...smallLive, days: 7, warmupDays: 3 });
const clicks: EffectMetric = { name: 'clicks', sum: 'clicks' };
const rate: EffectMetric = { name: 'rate', sum: 'clicks', per: 'impressions' };
const arm = (recommender: LivePolicy, more: Partial<WorldArm> = {}): WorldArm => ({
  name: 'any',
  recommender,
  ...more,
});
const random = (): LivePolicy => rankedPolicy({ id: 1, rankings: [{ weight: 1, score: randomScore }] });
const best = (of: LiveWorld): LivePolicy =>
  rankedPolicy({ id: 2, rankings: [{ weight: 1, score: itemScore(of, 'click') }] });

describe('trueEffect', () => {
  it('is exactly zero, with no error, for two arms of one policy, on every count', async () => {
    for (const make of [random, () => best(world), () => popularity(world)]) {
      const effects = await trueEffect(world, {
        control: arm(make()),
        treatment: arm(make()),
        metrics: [...unitCounts.map((sum) => ({ name: sum, sum })), rate],
        repeats: 1,
      });
      for (const { lift, liftError, control, metric } of effects) {
        expect([metric, lift, liftError]).toEqual([metric, 0, 0]);
        expect(control).toBeGreaterThan(0);
      }
    }
  });

  it('is zero for a policy that learns only while both learn in the same way, and not for an idle twin', async () => {
    const idle = { ...popularity(world), learn: () => undefined };
    const [effect] = await trueEffect(world, {
      control: arm(popularity(world)),
      treatment: arm(idle),
      metrics: [clicks],
    });
    expect(effect.lift).not.toBe(0);
    expect(effect.liftError).toBeGreaterThan(0);
  });

  it('sees the better policy, and turns its sign with the arms', async () => {
    const ways = [
      [random(), best(world)],
      [best(world), random()],
    ];
    const [forth, back] = await Promise.all(
      ways.map(([a, b]) =>
        trueEffect(world, { control: arm(a), treatment: arm(b), metrics: [clicks, rate] }),
      ),
    );
    for (const metric of [0, 1]) {
      expect(forth[metric].lift).toBeGreaterThan(4 * forth[metric].liftError);
      expect(back[metric].lift).toBeLessThan(0);
      // days of warm-up are the control's, but clicks do not learn from them: the values change places nearly
      expect(back[metric].control / forth[metric].treatment).toBeGreaterThan(0.85);
      expect(back[metric].control / forth[metric].treatment).toBeLessThan(1.15);
    }
  });

  it('has an error that says how far lives of one world scatter', async () => {
    const lifts: number[] = [];
    const errors: number[] = [];
    for (let seed = 1; seed <= 8; seed += 1) {
      const other = createLiveWorld({ ...smallLive, seed, days: 4, warmupDays: 0 });
      const [effect] = await trueEffect(other, {
        control: arm(random()),
        treatment: arm(best(other)),
        metrics: [rate],
      });
      lifts.push(effect.lift);
      errors.push(effect.liftError);
    }
    const centre = lifts.reduce((sum, lift) => sum + lift, 0) / lifts.length;
    const sd = Math.sqrt(lifts.reduce((sum, lift) => sum + (lift - centre) ** 2, 0) / (lifts.length - 1));
    const error = Math.sqrt(errors.reduce((sum, value) => sum + value * value, 0) / errors.length);
    // worlds differ in more than luck, so they scatter at least as far; chi of 7 degrees of freedom above
    expect(sd / error).toBeGreaterThan(0.5);
    expect(sd / error).toBeLessThan(3);
  });

  it('has a smaller error over more lives', async () => {
    const of = (repeats: number) =>
      trueEffect(world, { control: arm(random()), treatment: arm(best(world)), metrics: [clicks], repeats });
    const [[one], [four]] = [await of(1), await of(4)];
    expect(four.liftError).toBeLessThan(0.85 * one.liftError);
    expect(Math.abs(four.lift - one.lift)).toBeLessThan(4 * (one.liftError + four.liftError));
    // a mean per user of one life, not of four
    expect(four.control / one.control).toBeGreaterThan(0.8);
    expect(four.control / one.control).toBeLessThan(1.25);
  });

  it('looks at days and users as asked', async () => {
    const isYoung = (user: number): boolean => world.users.ageBand[user] < 2;
    const [all, early, late, young, old] = await trueEffect(world, {
      control: arm(random()),
      treatment: arm(random(), { latencyMs: 3000 }),
      metrics: [
        clicks,
        { ...clicks, toDay: 3 },
        { ...clicks, fromDay: 3 },
        { ...clicks, users: isYoung },
        { ...clicks, users: (user) => !isYoung(user) },
      ],
    });
    expect(early.control + late.control).toBeCloseTo(all.control, 9);
    const share = Array.from(world.users.ageBand).filter((age) => age < 2).length / world.settings.users;
    expect(share * young.treatment + (1 - share) * old.treatment).toBeCloseTo(all.treatment, 9);
    expect(all.lift).toBeLessThan(-3 * all.liftError);
  });

  it('refuses what it cannot measure', async () => {
    const arms = { control: arm(random()), treatment: arm(random()) };
    await expect(trueEffect(world, { ...arms, metrics: [] })).rejects.toThrow(/one metric/);
    await expect(trueEffect(world, { ...arms, metrics: [clicks], repeats: 0 })).rejects.toThrow(/one repeat/);
  });
});
