import { devices } from '../vocabulary.js';
import type { LiveWorld } from '../live/live-world.js';
import { itemScore, segmentScore } from '../policies/scores.js';
import type { Drill, ExpectedEffect } from './drill.js';
import { drillMetrics } from './drill.js';
import { drillPolicy, mixedPolicy, ordinaryScore } from './drill-arms.js';

const { clicks, clickRate, satisfaction, dwell, depth, sessions } = drillMetrics;
/** Days of every drill, and the day on which the ramp of the carry-over drill changes. */
const days = 14;
const rampDay = 7;

const whole = (metric: ExpectedEffect['metric'], sign: ExpectedEffect['sign']): ExpectedEffect => ({
  metric,
  fromDay: 0,
  toDay: days,
  sign,
});
const ordinary = (world: LiveWorld) => drillPolicy(1, { weight: 1, score: ordinaryScore(world) });

/** Two arms that are one. */
export const sameDrill: Drill = {
  name: 'a-a',
  question: 'Is nothing found where there is nothing?',
  settings: { days },
  arms: (world) => ({
    control: { name: 'control', recommender: ordinary(world) },
    treatment: { name: 'treatment', recommender: ordinary(world) },
  }),
  success: clicks,
  guardrails: [dwell, sessions],
  effects: [whole(clicks, 'none'), whole(dwell, 'none'), whole(sessions, 'none')],
  expected: { verdicts: ['EXTEND', 'DISCARD'], sampleRatio: 'even', because: 'the arms are one policy' },
};

/**
 * Clicks per user are better by about a wanted lift.
 * @param betterShare share of requests that are answered better; `calibrateLift` finds it, and the truth that it has
 */
export function liftDrill(lift: number, betterShare: number): Drill {
  return {
    name: `lift-${+(100 * lift).toFixed(2)}%`,
    question: `Is a lift of ${+(100 * lift).toFixed(2)} % of clicks per user found by those who planned for it?`,
    settings: { days },
    arms: (world) => ({
      control: { name: 'control', recommender: ordinary(world) },
      treatment: { name: 'treatment', recommender: mixedPolicy(world, betterShare) },
    }),
    success: clicks,
    guardrails: [dwell, sessions],
    effects: [whole(clicks, 'up')],
    expected: { verdicts: ['KEEP', 'EXTEND'], sampleRatio: 'even', because: 'clicks rise and nothing falls' },
  };
}

/** A model of clicks beats one of value at its own game, and at the users' cost. */
export const baitDrill: Drill = {
  name: 'clicks-up-satisfaction-down',
  question: 'Does a guardrail hold against clicks that people regret?',
  // In the second family most clicks are bought by bait and habit, so the two part widely.
  settings: { days, family: 'gated' },
  arms: (world) => ({
    control: {
      name: 'control',
      recommender: drillPolicy(1, { weight: 1, score: itemScore(world, 'value') }),
    },
    treatment: {
      name: 'treatment',
      recommender: drillPolicy(2, { weight: 1, score: itemScore(world, 'click') }),
    },
  }),
  success: clickRate,
  guardrails: [dwell, sessions],
  effects: [whole(clickRate, 'up'), whole(satisfaction, 'down'), whole(dwell, 'down')],
  expected: {
    verdicts: ['DISCARD'],
    sampleRatio: 'even',
    because: 'dwell time of a click is lost beyond any margin, whatever clicks do',
  },
};

/** Nothing is better but that it is new. */
export const noveltyDrill: Drill = {
  name: 'novelty-fades',
  question: 'Is a bump of the first days told from a lasting gain?',
  settings: { days, noveltyPull: 0.35, noveltyDays: 2 },
  arms: (world) => ({
    control: { name: 'control', recommender: ordinary(world) },
    treatment: {
      name: 'treatment',
      recommender: drillPolicy(2, { weight: 1, score: ordinaryScore(world) }),
    },
  }),
  success: clickRate,
  guardrails: [dwell],
  effects: [
    { metric: clickRate, fromDay: 0, toDay: 3, sign: 'up' },
    { metric: clickRate, fromDay: 12, toDay: days, sign: 'none' },
  ],
  expected: {
    verdicts: ['EXTEND', 'DISCARD'],
    sampleRatio: 'even',
    because: 'read by days since first exposure the effect fades to nothing; a KEEP of all days is wrong',
  },
};

const webUsers = {
  name: 'device web',
  of: ({ users }: LiveWorld, user: number) => users.device[user] === devices.indexOf('web'),
};

/** One kind of users gains, the others get what they had. */
export const segmentDrill: Drill = {
  name: 'one-segment',
  question: 'Is the effect found where it is, and nowhere else?',
  settings: { days },
  arms: (world) => ({
    control: { name: 'control', recommender: ordinary(world) },
    treatment: {
      name: 'treatment',
      recommender: drillPolicy(2, {
        weight: 1,
        score: segmentScore(
          (user) => webUsers.of(world, user),
          itemScore(world, 'click'),
          ordinaryScore(world),
        ),
      }),
    },
  }),
  success: clicks,
  guardrails: [dwell, sessions],
  effects: [
    { ...whole(clicks, 'up'), users: webUsers },
    {
      ...whole(clicks, 'none'),
      users: { name: 'device not web', of: (world, user) => !webUsers.of(world, user) },
    },
  ],
  expected: {
    verdicts: ['KEEP', 'EXTEND'],
    sampleRatio: 'even',
    because:
      'web users gain a lot, which is a gain of a third of that on the whole; segment read-outs must say so',
  },
};

/** The same pages, half a second later. */
export const latencyDrill: Drill = {
  name: 'latency',
  question: 'Is a slower answer seen in what people do, when the pages are the same?',
  settings: { days },
  arms: (world) => ({
    control: { name: 'control', recommender: ordinary(world), latencyMs: 80 },
    treatment: { name: 'treatment', recommender: ordinary(world), latencyMs: 600 },
  }),
  success: clickRate,
  guardrails: [depth, clicks],
  effects: [whole(depth, 'down'), whole(clicks, 'down')],
  expected: {
    verdicts: ['DISCARD'],
    sampleRatio: 'even',
    because: 'people leave earlier; the click rate even rises, since it is first pages that remain',
  },
};

/** Pages of one arm are shown and never reported, so that users who came once are missing from it. */
export const droppedDrill: Drill = {
  name: 'events-dropped',
  question: 'Is a log that lost events of one arm refused?',
  settings: { days },
  arms: (world) => ({
    control: { name: 'control', recommender: ordinary(world) },
    treatment: { name: 'treatment', recommender: ordinary(world), dropShare: 0.5 },
  }),
  success: clicks,
  guardrails: [dwell],
  effects: [whole(clicks, 'none')],
  expected: {
    verdicts: ['EXTEND'],
    sampleRatio: 'broken',
    because: 'users are missing from the treatment, so nothing may be concluded',
  },
};

/** Until the ramp changes the treatment is bad for people; from then on both arms are one. */
export const carryOverDrill: Drill = {
  name: 'carry-over',
  question: 'Is what the last epoch did to people taken for an effect of this one?',
  settings: { days, returnPull: 0.5 },
  arms: (world) => {
    const bait = itemScore(world, 'bait');
    const control = ordinaryScore(world);
    const change = world.settings.startSecond + rampDay * 86_400;
    return {
      control: { name: 'control', recommender: drillPolicy(1, { weight: 1, score: control }) },
      treatment: {
        name: 'treatment',
        recommender: drillPolicy(2, {
          weight: 1,
          score: (request, item) => (request.second < change ? bait : control)(request, item),
        }),
      },
    };
  },
  success: sessions,
  guardrails: [clicks],
  effects: [
    { metric: sessions, fromDay: 0, toDay: rampDay, sign: 'down' },
    { metric: sessions, fromDay: rampDay, toDay: rampDay + 3, sign: 'down' },
    { metric: clickRate, fromDay: rampDay + 3, toDay: days, sign: 'none' },
  ],
  expected: {
    verdicts: ['EXTEND', 'DISCARD'],
    sampleRatio: 'even',
    because:
      'after the change users of the two arms still differ though they see the same; only users who are assigned anew show an epoch alone',
  },
};

/** All drills but those of a known lift, which need a share that was calibrated. */
export const drills: readonly Drill[] = [
  sameDrill,
  baitDrill,
  noveltyDrill,
  segmentDrill,
  latencyDrill,
  droppedDrill,
  carryOverDrill,
];
