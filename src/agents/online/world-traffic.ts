import type { ExperimentDoor, ExperimentedTraffic } from '../../experiments/index.js';
import {
  idOf,
  indexOf,
  InteractiveWorld,
  type LiveWorld,
  type PageRecord,
  type Recorder,
  type WorldArm,
} from '../../world/index.js';

export interface WorldTrafficOptions {
  readonly world: LiveWorld;
  /** by variant; the first is the control, which also serves whoever is in no experiment. A single arm: whoever serves it asks `visit` */
  readonly arms: readonly WorldArm[];
  /** logged day on which the experiment begins; what came before is the past of its units. 0 when left out */
  readonly fromDay?: number;
  readonly hoursPerLook: number;
  /** of a user, for records that name a segment */
  readonly segment?: (user: number) => string;
  readonly recorders?: readonly Recorder[];
  readonly batchSize?: number;
}

/**
 * Users of the world as the units of an experiment: a request is a visit, and what its page brought is recorded under the names
 * impressions, clicks, dwellSeconds, likes, hides, purchases, spend and sessions. What is lost on the way, or dropped by an arm,
 * is not: an experiment sees reports, and the world alone the truth.
 */
export class WorldTraffic implements ExperimentedTraffic, Recorder {
  readonly hoursPerLook: number;
  private readonly living: InteractiveWorld;
  private readonly ids: readonly string[];
  private door: ExperimentDoor | undefined;
  private looks = 0;
  private begun = false;

  constructor(private readonly options: WorldTrafficOptions) {
    const { world, arms, hoursPerLook, recorders = [], batchSize } = options;
    this.hoursPerLook = hoursPerLook;
    this.ids = Array.from({ length: world.settings.users }, (_, user) => idOf(user));
    const control = arms[0].name;
    this.living = new InteractiveWorld({
      world,
      arms,
      ...(arms.length > 1 && { assign: (user) => this.visit(user) ?? control }),
      recorders: [this, ...recorders],
      ...(batchSize === undefined ? {} : { batchSize }),
    });
  }

  async act(door: ExperimentDoor): Promise<boolean> {
    this.door = door;
    this.looks += 1;
    const { fromDay = 0, world } = this.options;
    const { days } = world.settings;
    // Nobody may meet the experiment before it begins.
    if (this.looks === 1) await this.living.advanceTo(fromDay);
    this.begun = true;
    const day = fromDay + (this.looks * this.hoursPerLook) / 24;
    await this.living.advanceTo(Math.min(day, days));
    return day < days;
  }

  /** A user asks for a page: its variant, or null where it is in no experiment. */
  visit(user: string): string | null {
    const { segment, world } = this.options;
    return this.begun
      ? (this.door?.visit(user, segment?.(indexOf(user, world.settings.users))) ?? null)
      : null;
  }

  record(page: PageRecord): void {
    const { door } = this;
    if (door === undefined || page.dropped) return;
    const unit = this.ids[page.user];
    let [impressions, clicks, dwellMs, likes, hides, purchases, spend] = [0, 0, 0, 0, 0, 0, 0];
    for (let position = 0; position < page.reached; position += 1) {
      if (page.lost[position] === 1) continue;
      impressions += 1;
      hides += page.hidden[position];
      if (page.click[position] === 0) continue;
      clicks += 1;
      dwellMs += page.dwellMs[position];
      likes += page.liked[position];
      purchases += page.paid[position] > 0 ? 1 : 0;
      spend += page.paid[position];
    }
    if (page.opensSession) door.record(unit, 'sessions', 1);
    const sums = { impressions, clicks, dwellSeconds: dwellMs / 1000, likes, hides, purchases, spend };
    for (const [measure, value] of Object.entries(sums)) if (value !== 0) door.record(unit, measure, value);
  }
}
