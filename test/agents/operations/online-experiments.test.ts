import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { assignUnit, ExperimentStore } from '../../../src/experiments/index.js';
import { quietIo } from '../../../src/index.js';
import { Rng } from '../../../src/platform/index.js';
import {
  projectPaths,
  type ExperimentRecord,
  type OperationIo,
  type ServedEvent,
  type Warning,
} from '../../../src/schema/index.js';
import { EventLog } from '../../../src/serving/index.js';

let projectDir: string;
let warnings: Warning[];
let io: OperationIo;
beforeEach(() => {
  projectDir = mkdtempSync(join(tmpdir(), 'automodel-online-'));
  writeFileSync(join(projectDir, 'automodel.json'), '{}');
  warnings = [];
  io = { ...quietIo(), warn: (warning) => warnings.push(warning) };
});
afterEach(() => rmSync(projectDir, { recursive: true, force: true }));

const members = {
  id: 'new-model',
  hypothesis: 'it loses nothing',
  holds: { parameters: ['model'] },
  treatments: [{ name: 'new', change: { kind: 'version', version: 'v2' } }],
  metrics: [
    { name: 'clicks', of: 'click', role: 'success' },
    { name: 'likes', of: 'like', role: 'guardrail', margin: 0.05 },
  ],
  plannedUnits: 8000,
  ramp: { steps: [{ share: 0.2, hours: 0 }, { share: 0.5, hours: 0 }, { share: 1 }] },
};
const start = (more: object = {}) =>
  operations.startExperiment({ projectDir, members: { ...members, ...more } }, io);
const paths = () => projectPaths(projectDir);
const recordNow = async (): Promise<ExperimentRecord> =>
  (await new ExperimentStore({ path: paths().experiments }).read()).need('new-model').record;

const users = 4000;

/** What a server would log of its users under a share, in its own log. */
async function serve(share: number, { like = 1, seed = 1, epoch = 0, lift = 1 } = {}): Promise<void> {
  const record = await recordNow();
  const rng = new Rng([seed, 'serve']);
  const now = Date.now();
  const events: ServedEvent[] = [];
  for (let user = 0; user < users; user += 1) {
    const unit = `user-${user}`;
    const variant = assignUnit(record, share, unit)?.variant ?? '';
    const treated = variant === 'new';
    const name = `${seed}-${user}`;
    events.push({
      id: `x${name}`,
      user: unit,
      atMs: now,
      kind: 'exposure',
      more: { experiment: record.id, variant, epoch },
    });
    const count = (kind: string, mean: number): void => {
      for (let k = Math.max(0, Math.round(mean + rng.normal())); k > 0; k -= 1)
        events.push({ id: `${kind}${name}-${k}`, user: unit, atMs: now + k, kind });
    };
    count('click', 3 * (treated ? lift : 1));
    count('like', 5 * (treated ? like : 1));
  }
  const log = await EventLog.open(paths().events);
  await log.append(events);
  await log.close();
}

describe('an experiment of a project', () => {
  it('starts, is looked at step by step, and is kept', async () => {
    const begun = await start();
    expect(begun.experiment).toMatchObject({ id: 'new-model', status: 'running', share: 0.2, looks: 0 });
    expect(warnings.map(({ code }) => code)).toEqual(['PLAN_UNKNOWN']);
    await expect(operations.rampExperiment({ projectDir, id: 'new-model' }, io)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });

    await serve(0.2, { lift: 1.1 });
    const dry = await operations.rampExperiment({ projectDir, id: 'new-model', dryRun: true }, io);
    expect(dry.look?.decision).toMatchObject({ kind: 'advance', step: 1 });
    expect(dry.experiment.looks).toBe(0);
    const first = await operations.rampExperiment({ projectDir, id: 'new-model' }, io);
    expect(first.experiment).toMatchObject({ share: 0.5, step: 1, looks: 1 });
    expect(first.look?.arms.map(({ units }) => units).reduce((a, b) => a + b)).toBe(users);

    await serve(0.5, { lift: 1.1, seed: 2, epoch: 1 });
    const analysis = await operations.analyzeRunningExperiment({ projectDir, id: 'new-model' }, io);
    expect(analysis).toMatchObject({ form: 'event-log', inference: 'always-valid', control: 'control' });
    expect(analysis.checks.filter(({ name }) => name === 'sample-ratio')).toHaveLength(2);
    expect(analysis.metrics[0].comparisons[0].relative?.estimate).toBeCloseTo(0.1, 1);
    expect(analysis.verdicts).toMatchObject([{ variant: 'new', verdict: 'KEEP' }]);
    const last = await operations.rampExperiment({ projectDir, id: 'new-model' }, io);
    expect(last.look?.decision.kind).toBe('keep');
    expect(last.experiment).toMatchObject({ status: 'stopped', outcome: 'KEEP', share: 0 });
    const { experiments, holds } = await operations.experimentStatus({ projectDir, holds: true }, io);
    expect([experiments.length, holds]).toEqual([1, []]);
  });

  it('that loses likes is rolled back by itself', async () => {
    await start();
    await serve(0.2, { like: 0.6, lift: 1.5 });
    const watch = { projectDir, id: 'new-model', watchEveryMs: 60_000 };
    const { look, experiment } = await operations.rampExperiment(watch, io);
    expect(look?.decision.kind).toBe('roll-back');
    expect(experiment).toMatchObject({ status: 'stopped', outcome: 'rolled-back' });
    expect(experiment.reason).toContain('likes of new is lost beyond its margin');
    await expect(operations.rampExperiment({ projectDir, id: 'new-model' }, io)).rejects.toThrow(/has ended/);
    // Watched again, it has ended, and what ended it is said again.
    const again = await operations.rampExperiment(watch, io);
    expect(again).toMatchObject({ look, experiment, metrics: [] });
    for (const more of [{ share: 0.5 }, { dryRun: true }, { watchEveryMs: 0 }])
      await expect(operations.rampExperiment({ ...watch, ...more }, io)).rejects.toMatchObject({
        code: 'USAGE',
      });
  });

  it('waits for a log that is not there yet, and not for a file that was named', async () => {
    await start();
    const one = { projectDir, id: 'new-model' };
    await expect(operations.rampExperiment(one, io)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      retryable: true,
    });
    const named = { ...one, events: join(projectDir, 'nothing.jsonl'), watchEveryMs: 60_000 };
    await expect(operations.rampExperiment(named, io)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      retryable: false,
    });
    // A server that has just been started: a log without an event.
    await (await EventLog.open(paths().events)).close();
    const { look } = await operations.rampExperiment({ ...one, dryRun: true }, io);
    expect(look?.decision.kind).toBe('hold');
    rmSync(paths().events, { recursive: true });
    await serve(0.2, { like: 0.6, lift: 1.5 });
    // All at once there: looks at the same events again say nothing new.
    renameSync(paths().events, join(projectDir, 'aside'));
    warnings.length = 0;
    const watched = operations.rampExperiment({ ...one, watchEveryMs: 50 }, io);
    while (warnings.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    renameSync(join(projectDir, 'aside'), paths().events);
    expect((await watched).experiment).toMatchObject({ status: 'stopped', outcome: 'rolled-back' });
    expect(new Set(warnings.map(({ code }) => code))).toEqual(new Set(['FILE_NOT_FOUND']));
  }, 60_000);

  it('holds without traffic: the same events say nothing new', async () => {
    await start({ ramp: { steps: [{ share: 0.2, hours: 100 }, { share: 0.5 }] } });
    await serve(0.2);
    await operations.rampExperiment({ projectDir, id: 'new-model' }, io);
    // the look was after the last event
    await new Promise((resolve) => setTimeout(resolve, 20));
    const again = await operations.rampExperiment({ projectDir, id: 'new-model' }, io);
    expect(again.look?.decision).toMatchObject({ kind: 'hold' });
  });

  it('is stopped by hand, and set by hand', async () => {
    await start();
    const by = await operations.rampExperiment({ projectDir, id: 'new-model', share: 0.35 }, io);
    expect(by).toMatchObject({ look: null, experiment: { share: 0.35, step: null } });
    const stopped = await operations.stopExperiment(
      { projectDir, id: 'new-model', outcome: 'killed', reason: 'errors' },
      io,
    );
    expect(stopped.experiment).toMatchObject({
      status: 'stopped',
      outcome: 'killed',
      reason: 'errors',
      share: 0,
    });
    await expect(
      operations.stopExperiment({ projectDir, id: 'new-model', outcome: 'KEEP', reason: '' }, io),
    ).rejects.toMatchObject({ code: 'EXPERIMENT_INVALID' });
    await expect(start()).rejects.toThrow(/There is an experiment new-model already/);
    // Its users carry on what it did to them.
    await expect(start({ id: 'again', seed: 'new-model' })).rejects.toThrow(/as new-model had/);
    await start({ id: 'again' });
  });

  it('is refused where its place is taken, or its record is none', async () => {
    await start();
    await expect(start({ id: 'second' })).rejects.toThrow(/new-model has buckets 0 to 10000/);
    await expect(start({ id: 'third', layer: { name: 'other' } })).rejects.toThrow(
      /new-model holds model on recommend/,
    );
    warnings.length = 0;
    await start({ id: 'fourth', layer: { name: 'other' }, holds: { parameters: ['mmr'] } });
    expect(warnings.map(({ code }) => code)).not.toContain('NO_GUARDRAIL');
    const { holds } = await operations.experimentStatus({ projectDir, holds: true }, io);
    expect(holds.map(({ parameter, holders }) => [parameter, holders[0].experiment])).toEqual([
      ['mmr', 'fourth'],
      ['model', 'new-model'],
    ]);
    await expect(start({ id: 'fifth', holdout: 2 })).rejects.toThrow(/holdout/);
    const loose = { name: 'likes', role: 'guardrail' };
    await expect(start({ id: 'sixth', metrics: [loose] })).rejects.toThrow(/guardrail without a margin/);
    expect((await operations.experimentStatus({ projectDir }, io)).experiments).toHaveLength(2);
    const file = join(projectDir, 'record.json');
    writeFileSync(file, '[]');
    await expect(operations.startExperiment({ projectDir, file, members: {} }, io)).rejects.toThrow(
      /no record/,
    );
  });

  it('is refused where an arm is made of a file outside the project, of none, or of one that is no pipeline', async () => {
    const composition = { schemaVersion: 1, recall: [{ channel: 'popular', quota: 0 }], candidates: 9 };
    const outside = `${projectDir}-outside.json`;
    writeFileSync(outside, JSON.stringify(composition));
    writeFileSync(join(projectDir, 'inside.json'), JSON.stringify(composition));
    writeFileSync(join(projectDir, 'broken.json'), JSON.stringify({ ...composition, candidates: 0 }));
    symlinkSync(outside, join(projectDir, 'link.json'));
    const arm = (pipeline: string) => ({ name: 'new', change: { kind: 'pipeline', pipeline } });
    for (const file of [outside, `../${basename(outside)}`, 'link.json']) {
      const refusal = { code: 'PATH_OUTSIDE_PROJECT', details: { file } };
      await expect(start({ treatments: [arm(file)] })).rejects.toMatchObject(refusal);
      await expect(start({ control: { ...arm(file), name: 'control' } })).rejects.toMatchObject(refusal);
    }
    await expect(start({ treatments: [arm('none.json')] })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(start({ treatments: [arm('broken.json')] })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('broken.json: candidates'),
    });
    expect((await operations.experimentStatus({ projectDir }, io)).experiments).toEqual([]);
    expect((await start({ treatments: [arm('inside.json')] })).experiment.status).toBe('running');
    rmSync(outside);
  });

  it('is not changed by a look at an allocation that has passed', async () => {
    await start();
    await serve(0.2);
    const store = new ExperimentStore({ path: paths().experiments });
    const payload = { id: 'new-model', share: 0.3, step: null, reason: 'meanwhile' };
    // The look has read the state by then, and is about to read the events.
    let changed: ReturnType<ExperimentStore['write']> | undefined;
    const onProgress = (): void => {
      changed ??= store.write(() => [{ kind: 'experiment-allocated', payload }]);
    };
    await expect(
      operations.rampExperiment({ projectDir, id: 'new-model' }, { ...io, onProgress }),
    ).rejects.toMatchObject({ code: 'JOURNAL_CONFLICT' });
    expect((await changed)?.need('new-model').looks).toEqual([]);
  });

  it('needs a project, so that none is started in a wrong folder', async () => {
    rmSync(join(projectDir, 'automodel.json'));
    await expect(start()).rejects.toMatchObject({ code: 'PROJECT_MISSING' });
    await expect(operations.experimentStatus({ projectDir }, io)).rejects.toMatchObject({
      code: 'PROJECT_MISSING',
    });
  });

  it('says what its sample can show, once the log knows the metric', async () => {
    await start({ id: 'new-model' });
    await serve(0.2);
    warnings.length = 0;
    const { plan } = await start({ id: 'later', layer: { name: 'other' }, holds: { parameters: ['mmr'] } });
    expect(warnings).toEqual([]);
    expect(plan).toMatchObject({ metric: 'clicks', units: 8000 });
    expect(plan?.detectableLift).toBeGreaterThan(0.01);
    expect(plan?.detectableLift).toBeLessThan(0.06);
    const guardrail = { name: 'click', role: 'guardrail', margin: 0.02 };
    const cheaper = {
      id: 'cheaper',
      layer: { name: 'third' },
      holds: { parameters: ['resources'] },
      aim: 'non-inferiority',
      metrics: [guardrail],
    };
    const { plan: margin } = await start(cheaper);
    expect(margin).toMatchObject({ metric: 'click', units: 8000, purpose: 'margin' });
    // One-sided: a smaller loss than the lift that is told from nothing.
    expect(-(margin?.detectableLift ?? 0)).toBeLessThan(plan?.detectableLift ?? 0);
    expect(-(margin?.detectableLift ?? 0)).toBeGreaterThan(0.01);
  });
});

describe('estimates from a log in a file', () => {
  it('are read by the names of their columns', async () => {
    const file = join(projectDir, 'log.csv');
    const rng = new Rng([1, 'log']);
    const rows = Array.from({ length: 2000 }, (_, row) => {
      const good = rng.next() < 0.5;
      return `u${row % 700},${Number(rng.next() < (good ? 0.6 : 0.2))},0.5,${good ? 0.8 : 0.2}`;
    });
    writeFileSync(file, `who,won,p,q\n${rows.join('\n')}\n`);
    const options = { log: file, reward: 'won', propensity: 'p', target: 'q', unit: 'who' };
    const result = await operations.estimatePolicyValue(options, io);
    expect(result).toMatchObject({ identifiable: true, rows: 2000, units: 700 });
    const snips = result.estimates.find(({ method }) => method === 'snips');
    expect(Math.abs((snips?.value ?? 0) - 0.52)).toBeLessThan(4 * (snips?.se ?? 0));
    expect(warnings.map(({ code }) => code)).toEqual(['SUPPORT_BY_WEIGHTS']);
    await expect(operations.estimatePolicyValue({ ...options, target: 'none' }, io)).rejects.toMatchObject({
      code: 'UNKNOWN_COLUMN',
    });
    writeFileSync(file, 'who,won,p,q\na,1,0.5,\nb,1,0.5,0.5\n');
    await expect(operations.estimatePolicyValue(options, io)).rejects.toThrow(/column q has empty cells/);
    writeFileSync(file, 'who,won,p,q\na,1,0.5,0.1\nb,1,much,0.5\n');
    await expect(operations.estimatePolicyValue(options, io)).rejects.toThrow(/row 2: column p/);
  });
});
