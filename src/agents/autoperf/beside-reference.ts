import type { ServingPlan } from '../../schema/index.js';
import { median } from '../../stats/index.js';
import { inTurns } from './in-turns.js';
import { keyOf } from './plan-key.js';
import type { PlanBench, TimedRequests } from './plan-serving.js';

const ROUNDS = 5;

/**
 * Times plans in turns with a reference, and gives their times as if all had been timed when the reference was timed first: what else
 * the machine does then bends no comparison, though hours lie between two plans.
 */
export class BesideReference {
  private readonly known = new Map<string, TimedRequests>();
  /** of the reference, the first time: what all others are brought to */
  private base: { readonly wallMs: number; readonly cpuMs: number } | undefined;

  constructor(
    private readonly bench: Pick<PlanBench, 'time' | 'release'>,
    private readonly reference: ServingPlan,
  ) {}

  /** Times of plans, in their order. Those that are not known yet take turns with each other and with the reference. */
  async of(plans: readonly ServingPlan[]): Promise<TimedRequests[]> {
    const fresh = plans.filter((plan) => !this.known.has(keyOf(plan)));
    if (fresh.length > 0) await this.time(fresh);
    return plans.map((plan) => this.known.get(keyOf(plan)) as TimedRequests);
  }

  private async time(fresh: readonly ServingPlan[]): Promise<void> {
    const others = fresh.filter((plan) => keyOf(plan) !== keyOf(this.reference));
    const turns = await inTurns([this.reference, ...others], ROUNDS, (plan, round) =>
      this.bench.time(plan, round, ROUNDS),
    );
    await this.bench.release();
    const [own] = turns;
    this.base ??= {
      wallMs: median(own.flatMap(({ wallMs }) => wallMs)),
      cpuMs: median(own.map(({ cpuMs }) => cpuMs)),
    };
    const { base } = this;
    for (const [p, plan] of [this.reference, ...others].entries()) {
      if (this.known.has(keyOf(plan))) continue;
      const rounds = turns[p];
      this.known.set(keyOf(plan), {
        wallMs: rounds.flatMap(({ wallMs }, round) => {
          const pace = base.wallMs / median(own[round].wallMs);
          return wallMs.map((ms) => ms * pace);
        }),
        cpuMs: base.cpuMs * median(rounds.map(({ cpuMs }, round) => cpuMs / own[round].cpuMs)),
      });
    }
  }
}
