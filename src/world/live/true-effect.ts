import { AutoModelError, hashKeys } from '../../platform/index.js';
import { InteractiveWorld, type WorldArm } from './interactive-world.js';
import { withBehaviour, type LiveWorld } from './live-world.js';
import { UnitTotals, type UnitCount } from './unit-totals.js';

/** A mean per user, or a ratio of two sums. */
export interface EffectMetric {
  readonly name: string;
  readonly sum: UnitCount;
  /** what it is divided by; the number of users when left out */
  readonly per?: UnitCount;
}

/** Where a metric is looked at. */
export interface EffectScope {
  /** logged days [fromDay, toDay); all when left out */
  readonly fromDay?: number;
  readonly toDay?: number;
  /** only these users; all when left out */
  readonly users?: (user: number) => boolean;
}

export interface TrueEffect {
  readonly metric: string;
  /** the metric when all users are served by the one, and by the other */
  readonly control: number;
  readonly treatment: number;
  /** treatment / control - 1; NaN when the control is 0 */
  readonly lift: number;
  /** standard error of the lift over cloned users; 0 where every clone did the same */
  readonly liftError: number;
}

export interface TrueEffectOptions {
  readonly control: WorldArm;
  readonly treatment: WorldArm;
  readonly metrics: readonly (EffectMetric & EffectScope)[];
  /** lives that every user leads under either arm; more make the error smaller. 1 when left out */
  readonly repeats?: number;
  readonly batchSize?: number;
}

/**
 * The true effect of serving everybody by the treatment instead of the control. Every user is cloned: both clones live through the same
 * warm-up under the control, and then through the logged days with the same random numbers, one under each. The error is that of paired
 * differences over users (delta method for ratios), so it shrinks with users and repeats and vanishes for equal arms. An arm that learns
 * goes on learning from one life to the next.
 * @throws CONFIG_INVALID for fewer than one repeat, or no metric
 */
export async function trueEffect(world: LiveWorld, options: TrueEffectOptions): Promise<TrueEffect[]> {
  const { metrics, repeats = 1 } = options;
  if (!Number.isInteger(repeats) || repeats < 1 || metrics.length === 0)
    throw new AutoModelError('CONFIG_INVALID', 'A true effect needs at least one repeat and one metric', {
      details: { repeats, metrics: metrics.length },
    });
  const { users, days } = world.settings;
  // Repeats go into one sum per user: a ratio of sums over repeats is the ratio of means.
  const totals = (): UnitTotals[] =>
    metrics.map(({ fromDay = 0, toDay = days }) => new UnitTotals({ users, fromDay, toDay, count: 'truth' }));
  const [control, treatment] = [totals(), totals()];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const { behaviourSeed } = world.settings;
    const living = repeat === 0 ? world : withBehaviour(world, hashKeys(behaviourSeed, 'repeat', repeat));
    await live(living, options, 'control', control);
    await live(living, options, 'treatment', treatment);
  }
  return metrics.map((metric, n) => compare(metric, control[n], treatment[n], repeats));
}

async function live(
  world: LiveWorld,
  { control, treatment, batchSize }: TrueEffectOptions,
  side: 'control' | 'treatment',
  recorders: readonly UnitTotals[],
): Promise<void> {
  await new InteractiveWorld({
    world,
    arms: [
      { ...control, name: 'control' },
      { ...treatment, name: 'treatment' },
    ],
    assign: () => side,
    recorders,
    ...(batchSize === undefined ? {} : { batchSize }),
  }).run();
}

function compare(
  { name, sum, per, users: among }: EffectMetric & EffectScope,
  control: UnitTotals,
  treatment: UnitTotals,
  repeats: number,
): TrueEffect {
  const users = Array.from(control.arm.keys()).filter((user) => among?.(user) ?? true);
  const sides = [control, treatment].map(({ sums }) => {
    const mean = (values: Float64Array): number =>
      users.reduce((total, user) => total + values[user], 0) / users.length;
    const above = sums[sum];
    const below = per === undefined ? undefined : sums[per];
    return { above, below, mean: mean(above), divisor: below === undefined ? repeats : mean(below) };
  });
  const [a, b] = sides.map(({ mean, divisor }) => mean / divisor);
  const ratio = b / a;
  // How far one user moves the lift: the influence of its clones on a ratio of means.
  const squares = users.reduce((total, user) => {
    const [own, other] = sides.map(
      ({ above, below, mean, divisor }) =>
        above[user] / mean - (below === undefined ? 0 : below[user] / divisor),
    );
    return total + (ratio * (other - own)) ** 2;
  }, 0);
  return {
    metric: name,
    control: a,
    treatment: b,
    lift: ratio - 1,
    liftError: Math.sqrt(squares / (users.length - 1) / users.length),
  };
}
