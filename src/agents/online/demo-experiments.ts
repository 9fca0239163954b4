import { parseComposition, type Composition } from '../../pipeline/index.js';
import { ExperimentRecord } from '../../schema/index.js';
import type { EffectMetric } from '../../world/index.js';

/** What an arm of the demonstration serves. */
export interface DemoArm {
  readonly words: string;
  readonly composition: Composition;
}

export interface DemoPlan {
  readonly record: ExperimentRecord;
  readonly control: DemoArm;
  readonly treatment: DemoArm;
}

/** Metrics of both experiments, with the sums of the world that are their truth. */
export const demoMetrics: readonly { readonly name: string; readonly truth: EffectMetric }[] = [
  { name: 'clicks', truth: { name: 'clicks', sum: 'clicks' } },
  { name: 'likes', truth: { name: 'likes', sum: 'likes' } },
  { name: 'sessions', truth: { name: 'sessions', sum: 'sessions' } },
  { name: 'seconds watched', truth: { name: 'seconds watched', sum: 'dwellSeconds' } },
];

const newest = parseComposition({
  schemaVersion: 1,
  recall: [{ channel: 'newest', quota: 0 }],
  candidates: 120,
  rank: false,
});

const ranked = parseComposition({
  schemaVersion: 1,
  recall: [
    { channel: 'popular', quota: 40 },
    { channel: 'neighbours', quota: 30 },
    { channel: 'newest', quota: 20 },
  ],
  candidates: 120,
});

/** Newness in hours counts as many logits: a week old item falls behind almost any new one. */
const fresh = parseComposition({
  ...ranked,
  rerank: [{ stage: 'freshness', weight: 12, halfLifeHours: 48 }],
});

function record(id: string, hypothesis: string, plannedUnits: number): ExperimentRecord {
  return ExperimentRecord.parse({
    id,
    hypothesis,
    holds: { parameters: ['pipeline'] },
    treatments: [{ name: 'treatment', change: { kind: 'none' } }],
    metrics: [
      { name: 'clicks', role: 'success' },
      { name: 'likes', role: 'guardrail', margin: 0.1 },
      { name: 'sessions', role: 'guardrail', margin: 0.1 },
      { name: 'seconds watched', role: 'watched', of: 'dwellSeconds' },
    ],
    // A demonstration has no weeks: a day for each step.
    ramp: {
      steps: [
        { share: 0.2, hours: 24, units: 300 },
        { share: 0.5, hours: 24, units: 500 },
      ],
      riskBudget: 0.3,
    },
    plannedUnits,
  });
}

/** A change that helps and one that harms, each a composition against the one that stands. */
export function demoPlans(model: string, plannedUnits: number): readonly DemoPlan[] {
  const feed = { words: 'what is newest, for everybody the same', composition: newest };
  const personal = { words: `recalled by three channels, ranked by ${model}`, composition: ranked };
  const hasty = { words: `the same, re-ranked so that newness outweighs ${model}`, composition: fresh };
  return [
    {
      record: record('ranking', 'A ranking model finds what people want to see', plannedUnits),
      control: feed,
      treatment: personal,
    },
    {
      record: record('freshness', 'People want what is new', plannedUnits),
      control: personal,
      treatment: hasty,
    },
  ];
}
