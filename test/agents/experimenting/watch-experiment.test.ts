import { describe, expect, it } from 'vitest';
import { watchExperiment } from '../../../src/agents/experimenting/watch-experiment.js';
import { AutoModelError } from '../../../src/platform/index.js';
import type { ExperimentRampResult, ExperimentSummary } from '../../../src/schema/index.js';
import { experimentRampResult } from '../../cli/example-results.js';
import { listeningIo } from '../tiny-project.js';

const running = experimentRampResult.experiment;
const stopped: ExperimentSummary = { ...running, status: 'stopped', outcome: 'KEEP', share: 0 };
const conflict = new AutoModelError('JOURNAL_CONFLICT', 'changed meanwhile', { retryable: true });

type Step = ExperimentSummary | AutoModelError | (() => void);

/** An experiment whose looks come to this, one after the other; the last one for ever. A function: somebody does something. */
function scene(steps: readonly Step[], interrupt = new AbortController()) {
  const { io, events, warnings } = listeningIo(interrupt.signal);
  let looks = 0;
  let now = running;
  const watch = watchExperiment(
    {
      everyMs: 2,
      look: async (): Promise<ExperimentRampResult> => {
        const step = steps[Math.min(looks, steps.length - 1)];
        looks += 1;
        if (typeof step === 'function') step();
        else if (step instanceof AutoModelError) throw step;
        else now = step;
        return { ...experimentRampResult, experiment: { ...now, looks } };
      },
      current: async () => now,
    },
    io,
  );
  return { watch, events, warnings, interrupt, looks: () => looks, end: () => void (now = stopped) };
}

describe('watchExperiment', () => {
  it('looks until a look ends the experiment, and tells of each look before', async () => {
    const { watch, events, warnings } = scene([running, running, stopped]);
    const result = await watch;
    expect(result.experiment).toEqual({ ...stopped, looks: 3 });
    expect(result.metrics).toEqual(experimentRampResult.metrics);
    const told = events.flatMap((event) => (event.kind === 'phase' ? [event.name] : []));
    const { decision } = experimentRampResult.look ?? { decision: { kind: '', reasons: [] } };
    expect(told).toEqual(
      [1, 2].map(
        (n) =>
          `Look ${n}: ${decision.kind} (${decision.reasons.join('; ')}), 5.0 % treated; the next in 0.0 s`,
      ),
    );
    expect(warnings).toEqual([]);
  });

  it('ends when somebody else ends it, between two looks and during one', async () => {
    const between = scene([running, () => between.end()]);
    expect((await between.watch).experiment.status).toBe('stopped');
    const during = scene([
      running,
      () => {
        during.end();
        throw new AutoModelError('EXPERIMENT_INVALID', 'it has ended');
      },
    ]);
    expect(await during.watch).toEqual({
      experiment: stopped,
      look: stopped.lastLook,
      metrics: [],
      checks: [],
    });
    expect(during.warnings).toEqual([]);
  });

  it('looks again after a fault that passes, and ends with one that does not', async () => {
    const passing = scene([conflict, running, stopped]);
    expect((await passing.watch).experiment.looks).toBe(3);
    expect(passing.warnings).toMatchObject([{ code: 'JOURNAL_CONFLICT' }]);
    const lasting = scene([running, new AutoModelError('FILE_NOT_FOUND', 'no log')]);
    await expect(lasting.watch).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(lasting.looks()).toBe(2);
  });

  it('stops between two looks when it is interrupted, at once, and goes on where it was when it is started again', async () => {
    const interrupt = new AbortController();
    const first = scene([running, () => interrupt.abort()], interrupt);
    await expect(first.watch).rejects.toMatchObject({ code: 'INTERRUPTED', retryable: true });
    expect(first.looks()).toBe(2);
    await expect(scene([running], interrupt).watch).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const { io } = listeningIo(AbortSignal.timeout(20));
    const long = watchExperiment(
      { everyMs: 3_600_000, look: async () => experimentRampResult, current: async () => running },
      io,
    );
    await expect(long).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect((await scene([stopped]).watch).experiment.status).toBe('stopped');
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 8 * 86_400_000])(
    'cannot look every %s ms',
    async (everyMs) => {
      const { io } = listeningIo();
      const look = async () => experimentRampResult;
      await expect(
        watchExperiment({ everyMs, look, current: async () => running }, io),
      ).rejects.toMatchObject({
        code: 'USAGE',
      });
    },
  );
});
