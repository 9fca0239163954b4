import { describe, expect, it } from 'vitest';
import { optimisationLevels } from '../../../src/agents/autoperf/optimisation-level.js';
import { Rng } from '../../../src/platform/index.js';
import type { ServingPlan } from '../../../src/schema/index.js';

const reference: ServingPlan = {
  precision: 'float32',
  tables: 'float32',
  modelThreads: 1,
  modelInstances: 1,
  optimisation: 'all',
  candidates: 100,
};

/** A machine whose processor time is this, by plan and the number of the measurement. */
function machine(cpuMs: (plan: ServingPlan, nth: number) => number) {
  let [nth, released] = [0, 0];
  const bench = {
    time: async (plan: ServingPlan) => ({ wallMs: [1], cpuMs: cpuMs(plan, (nth += 1)) }),
    release: async () => void (released += 1),
  };
  const levels = (precisions: readonly ServingPlan['precision'][]) =>
    optimisationLevels(bench, reference, precisions, { onProgress: () => undefined });
  return { levels, timed: () => nth, released: () => released };
}

describe('optimisationLevels', () => {
  it('takes the level with the least work, for each precision by itself', async () => {
    const factor = { all: 1, extended: 0.95, basic: 0.9, disabled: 2 };
    const { levels, timed, released } = machine(({ precision, optimisation }) =>
      precision === 'int8' ? factor[optimisation] : 2 - factor[optimisation] * 0.5,
    );
    expect(await levels(['float32', 'int8'])).toEqual(
      new Map([
        ['float32', 'disabled'],
        ['int8', 'basic'],
      ]),
    );
    // a round that warms up and five that count, for four levels and two precisions
    expect([timed(), released()]).toEqual([48, 2]);
  });

  it('compares within a round, so that a machine that grows slower decides nothing', async () => {
    const slowing = machine(({ optimisation }, nth) => (optimisation === 'basic' ? 0.8 : 1) * 1.01 ** nth);
    expect((await slowing.levels(['float32'])).get('float32')).toBe('basic');
  });

  it('keeps the usual one where levels differ by chance alone, in most cases', async () => {
    const rng = new Rng(['levels']);
    let changed = 0;
    for (let trial = 0; trial < 200; trial += 1) {
      const { levels } = machine(() => 1 + 0.05 * rng.normal());
      if ((await levels(['float32'])).get('float32') !== 'all') changed += 1;
    }
    // Three others below one reference in all of five rounds: 3 x 1/32 at most, less as they share the reference.
    expect(changed / 200).toBeLessThan(0.16);
    expect(changed).toBeGreaterThan(0);
  });
});
