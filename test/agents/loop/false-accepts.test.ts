import { describe, expect, it } from 'vitest';
import { calibrate } from '../../../src/agents/loop/calibration.js';
import { baseline, contender, visit } from '../support/gate.js';
import { scriptedRun } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';

// Whole gates on simulated users: noise is calibrated, seeds are run, nothing is given. A candidate that differs from the
// baseline only in how it misjudges rows has no true gain; the planted one sees more of the users' taste.

const worlds = 200;
const equal = { baselineQuality: 1, quality: 1 };

interface Simulated {
  /** how much of the taste the baseline sees, and how much the candidates */
  readonly baselineQuality: number;
  readonly quality: number;
  readonly looks: number;
  /** 0: the lower bound alone decides; null: the smallest resolvable gain, as by default */
  readonly minimumGain?: number | null;
}

async function gateOf(seed: number, { baselineQuality, quality, looks, minimumGain = 0 }: Simulated) {
  const run = await scriptedRun({
    world: simulatedWorld(seed, 80),
    script: { quality: ({ assignment }) => (assignment['units'] === undefined ? baselineQuality : quality) },
    settings: { seed, maxLooks: looks, minimumGain },
  });
  const noise = await calibrate(run.context, baseline.candidate);
  const contenders = Array.from({ length: looks }, (_, trial) => contender(trial));
  return { run, contenders, gate: await visit(run.context, contenders, { noise }) };
}

async function acceptedOf(simulated: Simulated, count: number): Promise<number> {
  let accepted = 0;
  for (let seed = 0; seed < count; seed += 1) {
    const { gate } = await gateOf(seed, simulated);
    if (gate.incumbent.trial >= 0) accepted += 1;
  }
  return accepted;
}

describe('runs without a true gain', () => {
  it('are accepted at the gate about as rarely as one look at 5 % says', async () => {
    const accepted = await acceptedOf({ ...equal, looks: 1 }, worlds);
    // 10 are expected; three binomial standard errors are 9
    expect(accepted).toBeLessThan(20);
    expect(accepted).toBeGreaterThan(1);
  });

  it('are accepted more rarely still when the estimate has to exceed the smallest resolvable gain', async () => {
    // It lies .84 standard errors above the accepting bound: .6 % of 200 looks are 1.3, and 6 has a chance below .3 %
    expect(await acceptedOf({ ...equal, looks: 1, minimumGain: null }, worlds)).toBeLessThan(6);
  });

  it('are not accepted more often because they look three times', async () => {
    // 5 are expected; three binomial standard errors are 6.5
    expect(await acceptedOf({ ...equal, looks: 3 }, worlds / 2)).toBeLessThan(12);
  });

  it('would be believed nearly always by who takes the best screening score (negative control)', async () => {
    let believed = 0;
    for (let seed = 0; seed < 20; seed += 1) {
      const { run, contenders } = await gateOf(seed, { ...equal, looks: 1 });
      const request = run.requests[0];
      const valueOf = (model: string, assignment: (typeof request)['assignment']) => {
        const own = { ...request, model, assignment, key: `${model}${JSON.stringify(assignment)}` };
        return run.context.scorer.score(own, 'search')['auc'].value;
      };
      const many = Array.from({ length: 10 }, (_, trial) => contender(contenders.length + trial).candidate);
      const best = Math.max(...many.map(({ model, assignment }) => valueOf(model, assignment)));
      if (best > valueOf('lr', {})) believed += 1;
    }
    expect(believed).toBeGreaterThan(15);
  });
});

describe('a planted gain', () => {
  it('that is large is accepted in nearly every run, and a loss in none', async () => {
    expect(await acceptedOf({ baselineQuality: 0.2, quality: 3, looks: 1 }, 40)).toBeGreaterThan(36);
    expect(await acceptedOf({ baselineQuality: 3, quality: 0.2, looks: 1 }, 40)).toBe(0);
  });
});
