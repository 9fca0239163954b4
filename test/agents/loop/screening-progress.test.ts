import { beforeAll, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../../src/schema/index.js';
import { simulatedWorld } from '../support/simulated-world.js';
import { wholeRun } from '../support/whole-run.js';

type Budget = Extract<ProgressEvent, { kind: 'budget' }>;

/** Budget events by arm, in order. */
function budgets(events: readonly ProgressEvent[]): { search: Budget[]; control: Budget[] } {
  const of: { search: Budget[]; control: Budget[] } = { search: [], control: [] };
  let arm: 'search' | 'control' = 'search';
  for (const event of events) {
    if (event.kind === 'trial-started') arm = event.arm;
    if (event.kind === 'budget') of[arm].push(event);
  }
  return of;
}

const world = simulatedWorld(6, 60);
const script = { quality: () => 1, seconds: 10 };

describe('time left', () => {
  let told: ReturnType<typeof budgets>;
  beforeAll(async () => {
    const grants = [{ trials: null, minutes: 30 }];
    const { run } = await wholeRun({ world, script, settings: { control: 'full' }, grants });
    told = budgets(run.events);
  });

  it('is what the minutes leave while the search runs', () => {
    expect(told.search.length).toBeGreaterThan(5);
    for (const { secondsLeft, elapsedSeconds, trialsTotal } of told.search) {
      expect(secondsLeft).toBeCloseTo(30 * 60 - elapsedSeconds, 6);
      expect(trialsTotal).toBeUndefined();
    }
  });

  it('goes by the pace in the control, which no clock ends, and is never below zero', () => {
    const { control, search } = told;
    expect(control.length).toBeGreaterThan(5);
    expect(control.at(-1)).toMatchObject({ trialsTotal: search.at(-1)?.trialsDone, secondsLeft: 0 });
    for (const { secondsLeft } of control)
      if (secondsLeft !== undefined) expect(secondsLeft).toBeGreaterThanOrEqual(0);
    const known = control.filter(({ secondsLeft }) => secondsLeft !== undefined);
    expect(known.length).toBeGreaterThan(control.length / 2);
    expect(known[0].secondsLeft).toBeGreaterThan(0);
  });

  it('is told for a budget in trials, over what earlier grants did', async () => {
    const grants = [
      { trials: 8, minutes: null },
      { trials: 4, minutes: null },
    ];
    const { run } = await wholeRun({ world, script, grants });
    const { search } = budgets(run.events);
    expect([...new Set(search.map(({ trialsTotal }) => trialsTotal))]).toEqual([8, 12]);
    expect(search.at(-1)).toMatchObject({ trialsDone: 12, secondsLeft: 0 });
  });
});
