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
  readonly control: (world: LiveWorld) => WorldArm;
  readonly treatment: (world: LiveWorld) => WorldArm;
  readonly metrics: readonly EffectMetric[];
  /** logged days that count; all when left out */
  readonly fromDay?: number;
  readonly toDay?: number;
  /** lives that every user leads under either arm; more make the error smaller. 1 when left out */
  readonly repeats?: number;
  readonly batchSize?: number;
}

/**
 * The true effect of serving everybody by the treatment instead of the control. Every user is cloned: both clones live through the same
 * warm-up under the control, and then through the logged days with the same random numbers, one under each. The error is that of paired
 * differences over users (delta method for ratios), so it shrinks with users and repeats and vanishes for equal arms.
 * @throws CONFIG_INVALID for fewer than one repeat, or no metric
 */
export async function trueEffect(world: LiveWorld, options: TrueEffectOptions): Promise<TrueEffect[]> {
  const { metrics, repeats = 1, fromDay = 0, toDay = world.settings.days } = options;
  if (!Number.isInteger(repeats) || repeats < 1 || metrics.length === 0)
    throw new AutoModelError('CONFIG_INVALID', 'A true effect needs at least one repeat and one metric', {
      details: { repeats, metrics: metrics.length },
    });
  const window = { users: world.settings.users, fromDay, toDay, count: 'truth' } as const;
  // Repeats go into one sum per user: a ratio of sums over repeats is the ratio of means.
  const control = new UnitTotals(window);
  const treatment = new UnitTotals(window);
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const { behaviourSeed } = world.settings;
    const living = repeat === 0 ? world : withBehaviour(world, hashKeys(behaviourSeed, 'repeat', repeat));
    await live(living, options, 'control', control);
    await live(living, options, 'treatment', treatment);
  }
  return metrics.map((metric) => compare(metric, control, treatment, repeats));
}

async function live(
  world: LiveWorld,
  { control, treatment, batchSize }: TrueEffectOptions,
  side: 'control' | 'treatment',
  totals: UnitTotals,
): Promise<void> {
  const arms = [
    { ...control(world), name: 'control' },
    { ...treatment(world), name: 'treatment' },
  ];
  await new InteractiveWorld({
    world,
    arms,
    assign: () => side,
    recorders: [totals],
    ...(batchSize === undefined ? {} : { batchSize }),
  }).run();
}

function compare(
  { name, sum, per }: EffectMetric,
  control: UnitTotals,
  treatment: UnitTotals,
  repeats: number,
): TrueEffect {
  const users = control.arm.length;
  const above = [control.sums[sum], treatment.sums[sum]];
  const below = per === undefined ? undefined : [control.sums[per], treatment.sums[per]];
  const mean = (values: Float64Array): number => values.reduce((total, value) => total + value, 0) / users;
  const means = above.map(mean);
  const divisors = below?.map(mean) ?? [repeats, repeats];
  const [a, b] = means.map((value, side) => value / divisors[side]);
  const ratio = b / a;
  // How far one user moves the lift: the influence of its clones on a ratio of means.
  let squares = 0;
  for (let user = 0; user < users; user += 1) {
    const part = (side: number): number =>
      above[side][user] / means[side] - (below === undefined ? 0 : below[side][user] / divisors[side]);
    squares += (ratio * (part(1) - part(0))) ** 2;
  }
  return {
    metric: name,
    control: a,
    treatment: b,
    lift: ratio - 1,
    liftError: Math.sqrt(squares / (users - 1) / users),
  };
}
