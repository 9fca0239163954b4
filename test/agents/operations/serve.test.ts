import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { ExperimentStore } from '../../../src/experiments/index.js';
import { readEventLog } from '../../../src/serving/index.js';
import {
  ExperimentRecord,
  ExposureNote,
  projectPaths,
  RecommendRequest,
  type HostedService,
  type OperationIo,
  type ServedEvent,
} from '../../../src/schema/index.js';
import { listeningIo, removeFolder, temporaryFolder, tinyProject } from '../tiny-project.js';

const folder = temporaryFolder();
let projectDir: string;

const composition = (channel: string) => ({
  schemaVersion: 1,
  recall: [{ channel, quota: 0 }],
  candidates: 50,
  rank: false,
});

beforeAll(async () => {
  projectDir = await tinyProject(folder);
  mkdirSync(join(projectDir, 'pipelines'));
  writeFileSync(join(projectDir, 'pipeline.json'), JSON.stringify(composition('popular')));
  writeFileSync(join(projectDir, 'pipelines', 'new.json'), JSON.stringify(composition('newest')));
}, 60_000);

afterAll(() => removeFolder(folder));

const serve = (io: OperationIo = listeningIo().io): Promise<HostedService> =>
  operations.serve(
    {
      projectDir,
      artefact: undefined,
      pipeline: undefined,
      modelThreads: undefined,
      modelInstances: undefined,
      snapshotEvents: undefined,
    },
    io,
  );

function exposures(): ServedEvent[] {
  const found: ServedEvent[] = [];
  readEventLog(projectPaths(projectDir).events, (event) => {
    if (event.kind === 'exposure') found.push(event);
  });
  return found.sort((a, b) => (a.user < b.user ? -1 : 1));
}

const asked = (user: string) => RecommendRequest.parse({ user, limit: 5 });

describe('serve with a running experiment', () => {
  it('splits users, answers by their arms, notes exposures, and the experiment can be analysed', async () => {
    const { io } = listeningIo();
    await operations.startExperiment(
      {
        projectDir,
        members: {
          id: 'newest-first',
          hypothesis: 'people want what is new',
          holds: { parameters: ['recall'] },
          treatments: [{ name: 'newest', change: { kind: 'pipeline', pipeline: 'pipelines/new.json' } }],
          metrics: [{ name: 'click', role: 'success' }],
          ramp: { steps: [{ share: 0.5, hours: 1, units: 10 }], riskBudget: 1 },
        },
      },
      io,
    );
    const service = await serve();
    const users = Array.from({ length: 80 }, (_, n) => `new-user-${n}`);
    const answers = await service.recommend(users.map(asked));
    const byArm = groups(answers);
    expect([...byArm.keys()].sort()).toEqual(['control', 'newest']);
    for (const [, same] of byArm) {
      expect(same.length).toBeGreaterThan(20);
      expect(new Set(same.map(({ version }) => version)).size).toBe(1);
      // Nobody has a history, so an arm gives everybody the same.
      expect(new Set(same.map(({ items }) => JSON.stringify(items.map(({ item }) => item)))).size).toBe(1);
    }
    const again = await service.recommend(users.map(asked));
    expect(again.map(({ variants }) => variants)).toEqual(answers.map(({ variants }) => variants));
    const clicks = answers.map(({ user, requestId, items, variants }, n): ServedEvent => ({
      id: `c${n}`,
      atMs: Date.now() + 1,
      user,
      item: items[0].item,
      kind: 'click',
      requestId,
      value: variants['newest-first'] === 'newest' ? 1 : 0,
    }));
    await service.append(clicks.filter(({ value }) => value === 1));
    await service.close();

    expect(exposures().map(({ user }) => user)).toEqual([...users].sort());
    expect(new Set(exposures().map(({ more }) => ExposureNote.parse(more).epoch))).toEqual(new Set([0]));
    const analysed = await operations.analyzeRunningExperiment(
      { projectDir, id: 'newest-first' } as never,
      io,
    );
    const text = JSON.stringify(analysed);
    expect(text).toContain('newest');

    // Another allocation: who is moved is exposed again, and the log says by which.
    await operations.rampExperiment({ projectDir, id: 'newest-first', share: 0.9 }, io);
    const later = await serve();
    await later.recommend(users.map(asked));
    await later.close();
    const notes = exposures().map(({ more }) => ExposureNote.parse(more));
    const moved = notes.filter(({ epoch }) => epoch === 1);
    expect(moved.length).toBeGreaterThan(10);
    expect(new Set(moved.map(({ variant }) => variant))).toEqual(new Set(['newest']));
    expect(notes.filter(({ epoch }) => epoch === 0)).toHaveLength(users.length);
  }, 60_000);

  it('gives an arm other resources of what answers by default', async () => {
    const { io } = listeningIo();
    await operations.stopExperiment(
      { projectDir, id: 'newest-first', outcome: 'killed', reason: 'enough' },
      io,
    );
    await operations.startExperiment(
      {
        projectDir,
        members: {
          id: 'cheaper',
          hypothesis: 'fewer candidates do',
          holds: { parameters: ['resources'] },
          treatments: [{ name: 'cheap', change: { kind: 'resources', candidates: 3, threads: 2 } }],
          metrics: [{ name: 'click', role: 'guardrail', margin: 0.1 }],
          ramp: { steps: [{ share: 0.5, hours: 1, units: 10 }], riskBudget: 1 },
        },
      },
      io,
    );
    const service = await serve();
    const answers = await service.recommend(Array.from({ length: 40 }, (_, n) => asked(`u${n}`)));
    const lengths = (variant: string): Set<number> =>
      new Set(
        answers.filter(({ variants }) => variants['cheaper'] === variant).map(({ items }) => items.length),
      );
    expect(lengths('control')).toEqual(new Set([5]));
    expect(lengths('cheap')).toEqual(new Set([3]));
    await service.close();
  }, 60_000);

  it('loads nothing from outside the project, whoever wrote the record, and holds nobody', async () => {
    const { io } = listeningIo();
    await operations.stopExperiment({ projectDir, id: 'cheaper', outcome: 'killed', reason: 'enough' }, io);
    writeFileSync(join(folder, 'outside.json'), JSON.stringify(composition('newest')));
    const record = ExperimentRecord.parse({
      id: 'outsider',
      hypothesis: 'files can be read that nobody meant',
      holds: { parameters: ['recall'] },
      treatments: [{ name: 'new', change: { kind: 'pipeline', pipeline: '../outside.json' } }],
      metrics: [{ name: 'click', role: 'success' }],
    });
    const store = new ExperimentStore({ path: projectPaths(projectDir).experiments });
    await store.write(() => [{ kind: 'experiment-started', payload: { record } }]);
    const heard = listeningIo();
    const service = await serve(heard.io);
    const [answer] = await service.recommend([asked('somebody')]);
    expect(answer.variants).toEqual({});
    expect(heard.warnings).toMatchObject([
      { code: 'PATH_OUTSIDE_PROJECT', message: expect.stringContaining('../outside.json') },
    ]);
    await service.close();
  }, 60_000);

  it('goes back to the default for everybody when the experiment is stopped', async () => {
    const { io } = listeningIo();
    await operations.stopExperiment({ projectDir, id: 'outsider', outcome: 'killed', reason: 'enough' }, io);
    const service = await serve();
    const answers = await service.recommend(['a', 'b', 'c', 'd', 'e'].map(asked));
    expect(answers.every(({ variants }) => Object.keys(variants).length === 0)).toBe(true);
    expect(new Set(answers.map(({ version }) => version)).size).toBe(1);
    await service.close();
  }, 60_000);
});

function groups<T extends { readonly variants: Readonly<Record<string, string>> }>(answers: readonly T[]) {
  const found = new Map<string, T[]>();
  for (const answer of answers) {
    const variant = answer.variants['newest-first'];
    found.set(variant, [...(found.get(variant) ?? []), answer]);
  }
  return found;
}
