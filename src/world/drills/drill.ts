import type { LiveSettings } from '../live/live-settings.js';
import type { LiveWorld } from '../live/live-world.js';
import type { WorldArm } from '../live/interactive-world.js';
import type { EffectMetric } from '../live/true-effect.js';

/** What a drill's truth must look like. Days are logged days, [fromDay, toDay). */
export interface ExpectedEffect {
  readonly metric: EffectMetric;
  readonly fromDay: number;
  readonly toDay: number;
  readonly sign: 'up' | 'down' | 'none';
  /** only these users; all when left out */
  readonly users?: { readonly name: string; readonly of: (world: LiveWorld, user: number) => boolean };
}

/** What a right judgement of the drill says. */
export interface ExpectedVerdict {
  /** verdicts on the treatment that are right, given enough users; the verdict words of the experiments room */
  readonly verdicts: readonly ('KEEP' | 'EXTEND' | 'DISCARD')[];
  /** whether the shares of users that are seen in the two arms fit the assignment */
  readonly sampleRatio: 'even' | 'broken';
  readonly because: string;
}

/**
 * Two ways of serving, a world to try them in, and what is right to say about them. Who is served by which arm is decided outside:
 * `assign` of an InteractiveWorld gives "control" or "treatment".
 */
export interface Drill {
  readonly name: string;
  readonly question: string;
  /** what the world needs; seeds, users and the like are the caller's */
  readonly settings: Partial<LiveSettings>;
  readonly arms: (world: LiveWorld) => { readonly control: WorldArm; readonly treatment: WorldArm };
  /** what may win, and what must not lose */
  readonly success: EffectMetric;
  readonly guardrails: readonly EffectMetric[];
  readonly effects: readonly ExpectedEffect[];
  readonly expected: ExpectedVerdict;
}

/** Metrics that the drills are about, all of them sums that an event log has, but for satisfaction. */
export const drillMetrics = {
  clicks: { name: 'clicks per user', sum: 'clicks' },
  clickRate: { name: 'click rate', sum: 'clicks', per: 'impressions' },
  /** hidden: what a click was worth */
  satisfaction: { name: 'satisfaction per click', sum: 'satisfaction', per: 'clicks' },
  /** what of satisfaction can be seen in a log */
  dwell: { name: 'dwell seconds per click', sum: 'dwellSeconds', per: 'clicks' },
  depth: { name: 'impressions per session', sum: 'impressions', per: 'sessions' },
  sessions: { name: 'sessions per user', sum: 'sessions' },
} as const satisfies Readonly<Record<string, EffectMetric>>;
