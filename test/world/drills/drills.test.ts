import { describe, expect, it } from 'vitest';
import { hashKeys } from '../../../src/platform/index.js';
import {
  calibrateLift,
  carryOverDrill,
  createLiveWorld,
  drills,
  drillTruth,
  droppedDrill,
  InteractiveWorld,
  liftDrill,
  sameDrill,
  UnitTotals,
  type Assign,
  type Drill,
  type LiveWorld,
} from '../../../src/world/index.js';

const size = { users: 700, items: 200, creators: 60, candidates: 60, seed: 3 };
const worldOf = (drill: Drill, more: object = {}): LiveWorld =>
  createLiveWorld({ ...drill.settings, ...size, ...more });
/** A fair coin by user, as an assignment from outside would be. */
const coin =
  (salt: string): Assign =>
  (user) =>
    hashKeys(salt, user) % 2 === 0 ? 'control' : 'treatment';

/** Plays a drill as an experiment, and sums up what was reported in some days. */
async function play(drill: Drill, assign: Assign, more: object = {}, fromDay = 0): Promise<UnitTotals> {
  const world = worldOf(drill, more);
  const { users, days } = world.settings;
  const totals = new UnitTotals({ users, fromDay, toDay: days, count: 'reported' });
  const { control, treatment } = drill.arms(world);
  await new InteractiveWorld({ world, arms: [control, treatment], assign, recorders: [totals] }).run();
  return totals;
}

/** z of the counts of users that were seen in the two arms, against a fair coin. */
function sampleRatioZ({ arm }: UnitTotals): number {
  const [control, treatment] = [0, 1].map((code) => arm.filter((of) => of === code).length);
  return (treatment - control) / Math.sqrt(control + treatment);
}

describe('drills', () => {
  it.each(drills.map((drill) => [drill.name, drill] as const))(
    '%s: the truth is as it says',
    async (_, drill) => {
      const effects = await drillTruth(drill, worldOf(drill));
      expect(effects).toHaveLength(drill.effects.length);
      for (const { expected, effect, holds } of effects)
        expect([expected.metric.name, effect, holds]).toEqual([expected.metric.name, effect, true]);
    },
  );

  it('says so where the truth is otherwise', async () => {
    const wrong: Drill = {
      ...sameDrill,
      effects: sameDrill.effects.map((effect) => ({ ...effect, sign: 'up' })),
    };
    for (const { holds } of await drillTruth(wrong, worldOf(wrong))) expect(holds).toBe(false);
  });

  it('have names of their own, two arms that share nothing, and a verdict', () => {
    const all = [...drills, liftDrill(0.01, 0.03), liftDrill(0.005, 0.015)];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const drill of all) {
      const { control, treatment } = drill.arms(
        createLiveWorld({ ...drill.settings, users: 5, items: 5, days: 1 }),
      );
      expect([control.name, treatment.name]).toEqual(['control', 'treatment']);
      expect(control.recommender).not.toBe(treatment.recommender);
      expect(drill.expected.verdicts.length).toBeGreaterThan(0);
    }
  });

  it('lose users of one arm only where they say so', async () => {
    const more = { users: 4000, days: 4, warmupDays: 0 };
    expect(Math.abs(sampleRatioZ(await play(sameDrill, coin('x'), more)))).toBeLessThan(3.3);
    expect(sampleRatioZ(await play(droppedDrill, coin('x'), more))).toBeLessThan(-3.3);
  });

  it('carry over to the next epoch, unless users are assigned anew', async () => {
    const day = 7;
    const sessionsOf = (totals: UnitTotals, treated: (user: number) => boolean): number => {
      const users = Array.from({ length: 2500 }, (_, user) => user).filter(treated);
      return users.reduce((sum, user) => sum + totals.sums.sessions[user], 0) / users.length;
    };
    const more = { users: 2500, days: 9 };
    const treated = (salt: string) => (user: number) => coin(salt)(String(user + 1), 0) === 'treatment';
    const sticky = await play(carryOverDrill, coin('first'), more, day);
    const before = (user: number) => !treated('first')(user);
    expect(sessionsOf(sticky, treated('first'))).toBeLessThan(0.95 * sessionsOf(sticky, before));
    const world = worldOf(carryOverDrill, more);
    const change = (world.settings.startSecond + day * 86_400) * 1000;
    const anew = await play(
      carryOverDrill,
      (user, atMs) => coin(atMs < change ? 'first' : 'second')(user, atMs),
      more,
      day,
    );
    const ratio = sessionsOf(anew, treated('second')) / sessionsOf(anew, (user) => !treated('second')(user));
    expect(Math.abs(ratio - 1)).toBeLessThan(0.1);
  });
});

describe('calibrateLift', () => {
  it('finds a share at which clicks rise by what is wanted, and says what they do', async () => {
    const world = createLiveWorld({ ...size, days: 7 });
    const small = await calibrateLift(world, 0.02, { steps: 2 });
    expect(Math.abs(small.effect.lift - 0.02)).toBeLessThan(0.004 + 0.5 * small.effect.liftError);
    const large = await calibrateLift(world, 0.08, { steps: 2 });
    expect(large.betterShare).toBeGreaterThan(2 * small.betterShare);
    expect(large.effect.lift).toBeGreaterThan(small.effect.lift);
  });
});
