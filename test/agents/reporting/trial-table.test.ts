import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { projectRun } from '../../../src/agents/loop/run-projection.js';
import type { CommittedJob } from '../../../src/agents/loop/screening.js';
import { betterOn } from '../../../src/agents/reporting/evolve-result.js';
import { reportTrials, searchCurves, tallies } from '../../../src/agents/reporting/trial-table.js';
import { settingsOf } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';

const world = simulatedWorld(1, 10);
const start = {
  settings: settingsOf(world),
  contract: world.dataset.contract,
  refused: [],
  warnings: [],
};

/** Trials with how many of the two rungs they reached and what came of the last one. */
const trialsArbitrary = fc.array(
  fc.record({
    rungs: fc.integer({ min: 1, max: 2 }),
    values: fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 })),
    fault: fc.boolean(),
    proposer: fc.constantFrom('random', 'tpe', 'mutation'),
  }),
  { maxLength: 15 },
);
type Drawn = ReturnType<(typeof trialsArbitrary)['generate']>['value'];

function jobsOf(drawn: Drawn): CommittedJob[] {
  const jobs = drawn.flatMap(({ rungs, values, fault, proposer }, trial) =>
    Array.from({ length: rungs }, (_, rung) => ({
      rung,
      trial,
      values,
      proposer,
      lost: fault && rung === rungs - 1,
    })),
  );
  // Rungs of different trials interleave: all first rungs are committed before the second ones.
  return jobs
    .toSorted((a, b) => a.rung - b.rung || a.trial - b.trial)
    .map(({ rung, trial, values, proposer, lost }, index) => ({
      index,
      trial,
      assignment: { model: `model-${trial % 3}` },
      proposer,
      parent: trial > 0 && trial % 4 === 0 ? trial - 1 : null,
      rung,
      fidelity: [1 / 3, 1][rung],
      value: lost ? null : values[rung] / 100,
      ci: null,
      faultCode: lost ? 'LOSS_NOT_FINITE' : null,
      infrastructureFault: false,
      costSeconds: 1 + rung,
      work: 1,
    }));
}

const runOf = (jobs: readonly CommittedJob[]) =>
  projectRun('run-1', [
    { kind: 'run-started', payload: start, at: 1 },
    ...jobs.map((job) => ({ kind: 'trial-committed', payload: { arm: 'main', ...job }, at: 2 })),
  ]);

describe('the table of any trials', () => {
  it('has every trial once, in the order of proposals, with all that its rungs cost', () => {
    fc.assert(
      fc.property(trialsArbitrary, (drawn) => {
        const jobs = jobsOf(drawn);
        const trials = reportTrials(runOf(jobs), 'auc');
        expect(trials.map(({ trial }) => trial)).toEqual(drawn.map((_, trial) => trial));
        const cost = (of: readonly { readonly costSeconds: number }[]) =>
          of.reduce((sum, c) => sum + c.costSeconds, 0);
        expect(cost(trials)).toBe(cost(jobs));
        trials.forEach(({ status, value, faultCode }, i) => {
          const { rungs, values, fault } = drawn[i];
          expect(status).toBe(fault ? 'fault' : rungs === 2 ? 'scored' : 'stopped-early');
          expect(faultCode).toBe(fault ? 'LOSS_NOT_FINITE' : null);
          // A trial that failed at its second rung still has the score of its first.
          const scored = fault ? rungs - 1 : rungs;
          expect(value).toBe(scored === 0 ? null : values[scored - 1] / 100);
        });
      }),
    );
  });

  it('adds up: every trial is scored, stopped early or a fault, for one proposer', () => {
    fc.assert(
      fc.property(trialsArbitrary, fc.constantFrom('auc', 'rmse'), (drawn, metric) => {
        const { all, byProposer } = tallies(reportTrials(runOf(jobsOf(drawn)), metric), betterOn(metric));
        expect(all.proposed).toBe(drawn.length);
        const sum = (member: 'proposed' | 'scored' | 'stoppedEarly' | 'faults') =>
          Object.values(byProposer).reduce((total, tally) => total + tally[member], 0);
        for (const member of ['proposed', 'scored', 'stoppedEarly', 'faults'] as const)
          expect(sum(member)).toBe(all[member]);
        expect(all.scored + all.stoppedEarly + all.faults).toBe(all.proposed);
        const finished = drawn
          .filter(({ rungs, fault }) => rungs === 2 && !fault)
          .map(({ values }) => values[1] / 100);
        // The journal holds values that are better when larger; a metric that is better when small is told negated.
        const best = finished.length === 0 ? null : Math.max(...finished) * (metric === 'auc' ? 1 : -1);
        expect(all.best).toEqual(best);
      }),
    );
  });

  it('gives curves that never get worse and end at the best finished value', () => {
    fc.assert(
      fc.property(trialsArbitrary, fc.constantFrom('auc', 'rmse'), (drawn, metric) => {
        const better = betterOn(metric);
        const trials = reportTrials(runOf(jobsOf(drawn)), metric);
        const control = jobsOf(drawn.toReversed());
        for (const { name, points } of searchCurves(trials, control, metric, 1, better)) {
          points.forEach(({ trial, best }, i) => {
            if (i === 0) return;
            expect(trial).toBe(points[i - 1].trial + 1);
            expect(better(points[i - 1].best, best)).toBe(false);
          });
          const last = points[points.length - 1];
          if (name === 'all proposers') expect(last.best).toBe(tallies(trials, better).all.best);
          if (name === 'random, whole budget') expect(last.trial).toBe(drawn.length);
        }
      }),
    );
  });
});
