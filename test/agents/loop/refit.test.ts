import { describe, expect, it } from 'vitest';
import { refit } from '../../../src/agents/loop/refit.js';
import { scriptedRun } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';

describe('the refit of a winner that only counts', () => {
  it('fits nothing, names no artefact, and says so', async () => {
    const run = await scriptedRun({ world: simulatedWorld(2, 60), script: { quality: () => 0.5 } });
    const heard: string[] = [];
    const context = {
      ...run.context,
      io: { ...run.context.io, warn: ({ code }: { code: string }) => void heard.push(code) },
    };
    await refit(context, { model: 'rates', assignment: {} }, 1, '/artefacts', run.memory.memory);
    expect(heard).toEqual(['NO_ARTEFACT']);
    expect(run.requests).toEqual([]);
    expect(await run.decided('refit-finished')).toEqual([
      { artefact: null, fittedOn: context.settings.refit, epochs: 1 },
    ]);
  });
});
