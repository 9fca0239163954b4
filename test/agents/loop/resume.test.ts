import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { RunJournal } from '../../../src/agents/loop/run-journal.js';
import { projectRun } from '../../../src/agents/loop/run-projection.js';
import { harnessSeed } from '../../../src/agents/loop/run-settings.js';
import { evolveResult } from '../../../src/agents/reporting/evolve-result.js';
import { reportModel } from '../../../src/agents/reporting/report-model.js';
import { hashKeys } from '../../../src/platform/index.js';
import { projectPaths, type TrialRequest } from '../../../src/schema/index.js';
import type { Script } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';
import { wholeRun, type WholeRunOptions } from '../support/whole-run.js';

const world = simulatedWorld(6, 80);
/** The baseline sees nothing, other models more or less. */
const quality = ({ model, assignment }: TrialRequest) =>
  model === 'lr' ? 0 : 1 + (hashKeys(model, Object.keys(assignment).length) % 100) / 25;
const finals = [7, 8].flatMap((seed) => [0, 1, 2].map((i) => harnessSeed(seed, 'final', i)));
/** One run in eighteen fails by itself and one is lost, but none of the baseline and none at the end. */
const fault: Script['fault'] = ({ key, model, seed }) => {
  if (['lr', 'dnn', 'popularity', 'rates'].includes(model) || finals.includes(seed)) return undefined;
  return ([undefined, 'own', 'lost'] as const)[[1, 2].indexOf(hashKeys(key) % 18) + 1];
};
const options: WholeRunOptions = {
  world,
  script: { quality, fault },
  settings: { lag: 3 },
  grants: [
    { trials: 5, minutes: null },
    { trials: 3, minutes: null },
  ],
};

let whole: Awaited<ReturnType<typeof wholeRun>>;
beforeAll(async () => {
  whole = await wholeRun(options);
});

const count = (kind: string) => whole.events.filter((event) => event.kind === kind).length;

describe('a run in memory', () => {
  it('goes through every phase of both grants', () => {
    expect(count('trial-committed')).toBeGreaterThan(8);
    expect(count('gate-looked')).toBeGreaterThan(1);
    expect(count('incumbent-changed')).toBeGreaterThan(0);
    expect([count('leaders-raced'), count('run-concluded'), count('grant-spent')]).toEqual([2, 2, 2]);
    expect(count('test-opened')).toBe(0);
  });

  it('resumes from every prefix of its journal to the same state', async () => {
    for (let cut = 0; cut < whole.events.length; cut += 1) {
      const resumed = await wholeRun({ ...options, journalled: whole.events.slice(0, cut) });
      expect(resumed.canonical.hash).toBe(whole.canonical.hash);
    }
  });

  it('comes out the same in whatever order its trainings finish', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (order) => {
        const turns = ({ key }: TrialRequest) => hashKeys(order, key) % 40;
        const raced = await wholeRun({ ...options, script: { quality, fault, turns } });
        expect(raced.canonical.hash).toBe(whole.canonical.hash);
      }),
      { numRuns: 8 },
    );
    const other = await wholeRun({ ...options, settings: { ...options.settings, seed: 8 } });
    expect(other.canonical.hash).not.toBe(whole.canonical.hash);
  });

  it('of which everything is recorded decides nothing anew', async () => {
    const again = await wholeRun({ ...options, journalled: whole.events });
    expect(again.events).toEqual(whole.events);
    expect(again.run.context.log.replaying).toBe(false);
  });
});

describe('a journal of another world', () => {
  const pure = ['baseline-tuned', 'noise-measured', 'trial-proposed', 'trial-committed', 'leaders-raced'];

  it.each([...pure, 'gate-looked', 'incumbent-changed', 'run-concluded', 'grant-spent'])(
    'is refused at %s, by name',
    async (kind) => {
      const at = whole.events.findIndex((event) => event.kind === kind);
      const journalled = whole.events.map((event, i) => {
        if (i !== at) return event;
        const payload = event.payload as { decision: object };
        return { ...event, payload: { ...payload, decision: { ...payload.decision, planted: 1 } } };
      });
      await expect(wholeRun({ ...options, journalled })).rejects.toMatchObject({
        code: 'CONTRACT_MISMATCH',
        details: { runId: 'run-1', kind },
      });
    },
  );

  it('is refused where a decision is missing from its middle', async () => {
    const at = whole.events.findIndex((event) => event.kind === 'leaders-raced');
    const journalled = whole.events.filter((_, i) => i !== at);
    await expect(wholeRun({ ...options, journalled })).rejects.toMatchObject({
      code: 'CONTRACT_MISMATCH',
      details: { recorded: journalled[at].kind, expected: 'leaders-raced', position: at },
    });
  });

  it('is refused where other trainings come out', async () => {
    const better = { quality: (request: TrialRequest) => quality(request) + 0.5, fault };
    await expect(wholeRun({ ...options, script: better, journalled: whole.events })).rejects.toMatchObject({
      code: 'CONTRACT_MISMATCH',
      details: { kind: 'baseline-tuned' },
    });
  });
});

describe('the projection', () => {
  it('is made of the journal alone, and so are result and report', async () => {
    const decisions = (await RunJournal.open(whole.run.journal)).decisions('run-1');
    const projection = projectRun('run-1', decisions);
    const read: typeof decisions = JSON.parse(JSON.stringify(decisions));
    expect(projectRun('run-1', read)).toEqual(projection);
    const paths = projectPaths('/data/shop');
    const about = { resumed: false, openingsBefore: 0, report: null };
    const result = evolveResult(projection, paths, about);
    expect(result.trials.proposed).toBe(8);
    expect(result.gate.map(({ trial }) => trial)).toHaveLength(count('gate-looked'));
    expect(reportModel(projection, paths, 0).trials).toHaveLength(8);
    expect(result.best.metrics.validation?.['auc'].mean).toBeGreaterThan(
      result.baseline.metrics.validation?.['auc'].mean ?? 1,
    );
  });

  it('sends no trial to the gate twice, and counts looks through both grants', () => {
    const looks = projectRun(
      'run-1',
      whole.events.map(({ kind, payload, at }) => ({
        kind,
        at,
        payload: (payload as { decision: unknown }).decision,
      })),
    ).looks;
    expect(new Set(looks.map(({ trial }) => trial)).size).toBe(looks.length);
    expect(looks.map(({ look }) => look)).toEqual(looks.map((_, i) => i + 1));
  });
});
