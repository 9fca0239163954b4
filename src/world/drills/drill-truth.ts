import type { LiveWorld } from '../live/live-world.js';
import { trueEffect, type EffectMetric, type TrueEffect } from '../live/true-effect.js';
import type { Drill, ExpectedEffect } from './drill.js';
import { liftDrill } from './drills.js';
import { drillMetrics } from './drill.js';

export interface DrillEffect {
  readonly expected: ExpectedEffect;
  readonly effect: TrueEffect;
  /** whether the truth is as the drill says: beyond two standard errors for a sign; within three of zero, or of half a percent, for none */
  readonly holds: boolean;
}

/** True effects of a drill's arms in a world, beside what the drill says of them. */
export async function drillTruth(
  drill: Drill,
  world: LiveWorld,
  options: { readonly repeats?: number } = {},
): Promise<DrillEffect[]> {
  const arms = drill.arms(world);
  const effects = await trueEffect(world, {
    control: arms.control,
    treatment: arms.treatment,
    metrics: drill.effects.map(({ metric, fromDay, toDay, users }) => ({
      ...metric,
      fromDay,
      toDay,
      ...(users === undefined ? {} : { users: (user: number) => users.of(world, user) }),
    })),
    ...options,
  });
  return drill.effects.map((expected, n) => {
    const effect = effects[n];
    const { lift, liftError } = effect;
    const holds =
      expected.sign === 'none'
        ? Math.abs(lift) <= Math.max(3 * liftError, 0.005)
        : (expected.sign === 'up' ? lift : -lift) > 2 * liftError;
    return { expected, effect, holds };
  });
}

export interface CalibratedLift {
  readonly wanted: number;
  /** share of requests that the treatment answers better */
  readonly betterShare: number;
  readonly effect: TrueEffect;
}

/**
 * Finds the share of better answers at which clicks per user rise by a wanted lift, in this world: the lift is about linear in
 * the share, so each step divides by what the last one gave. Whether it was met is in the effect, with its error.
 */
export async function calibrateLift(
  world: LiveWorld,
  wanted: number,
  options: { readonly repeats?: number; readonly steps?: number; readonly metric?: EffectMetric } = {},
): Promise<CalibratedLift> {
  const { repeats = 1, steps = 3, metric = drillMetrics.clicks } = options;
  const measure = async (betterShare: number): Promise<TrueEffect> => {
    const arms = liftDrill(wanted, betterShare).arms(world);
    const [effect] = await trueEffect(world, {
      control: arms.control,
      treatment: arms.treatment,
      metrics: [metric],
      repeats,
    });
    return effect;
  };
  let betterShare = 0.3;
  let effect = await measure(betterShare);
  for (let step = 0; step < steps; step += 1) {
    const close = Math.abs(effect.lift - wanted) < Math.max(0.05 * wanted, effect.liftError / 4);
    if (close || effect.lift <= 0) break;
    betterShare = Math.min(1, (betterShare * wanted) / effect.lift);
    effect = await measure(betterShare);
  }
  return { wanted, betterShare, effect };
}
