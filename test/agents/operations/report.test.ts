import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { saveProjectConfig } from '../../../src/agents/project/open-project.js';
import { openJournal, type JournalEvent } from '../../../src/journal/index.js';
import { ProjectConfig, projectPaths, ReportResult, type ReportModel } from '../../../src/schema/index.js';
import { simulatedWorld } from '../support/simulated-world.js';
import { wholeRun } from '../support/whole-run.js';
import { listeningIo, removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
const contractHash = simulatedWorld(12, 40).dataset.contract.hash;
let events: readonly JournalEvent[];

beforeAll(async () => {
  const run = await wholeRun({
    world: simulatedWorld(12, 40),
    script: { quality: ({ model }) => (model === 'lr' ? 0.2 : 2) },
    grants: [{ trials: 3, minutes: null }],
  });
  events = run.events;
});
afterAll(() => removeFolder(folder));

type Told = Pick<JournalEvent, 'kind' | 'payload'>;
const opening = (runId: string): Told => ({
  kind: 'test-opened',
  payload: { runId, decision: { contractHash, keys: [runId] } },
});
const renamed = (runId: string): Told[] =>
  events.map(({ kind, payload }) => ({ kind, payload: { ...(payload as object), runId } }));

/** A project folder whose journal holds these events. */
async function projectOf(name: string, ...told: readonly Told[]): Promise<string> {
  const dir = join(folder, name);
  mkdirSync(projectPaths(dir).state, { recursive: true });
  const journal = await openJournal({ path: projectPaths(dir).journal });
  for (const { kind, payload } of told) await journal.append(kind, payload);
  await journal.close();
  return dir;
}

async function reported(projectDir: string, runId?: string) {
  const models: ReportModel[] = [];
  const io = {
    ...listeningIo().io,
    renderReport: async (model: ReportModel) => {
      models.push(model);
      return `<p>${model.runId}</p>`;
    },
  };
  const result = await operations.report({ projectDir, runId }, io);
  expect(ReportResult.safeParse(result).error).toBeUndefined();
  return { result, model: models[0], html: readFileSync(result.html, 'utf8') };
}

describe('report', () => {
  it('is made anew from the journal, equal every time, also when the old one is gone', async () => {
    const dir = await projectOf('again', ...events);
    const first = await reported(dir);
    rmSync(first.result.html);
    const second = await reported(dir);
    expect(second.model).toEqual(first.model);
    expect(second.html).toBe('<p>run-1</p>');
    expect(first.model.trials).toHaveLength(3);
    expect(first.model.outcome).not.toBe('unfinished');
  });

  it.skipIf(!existsSync('/dev/full'))(
    'on a full disk leaves the old one, and is made when there is room',
    async () => {
      const dir = await projectOf('full', ...events);
      const { result } = await reported(dir);
      writeFileSync(result.html, 'the old report');
      // Whatever is written through this name meets a full disk.
      symlinkSync('/dev/full', `${result.html}.${process.pid}.part`);
      await expect(reported(dir)).rejects.toMatchObject({
        code: 'DISK_FULL',
        details: { path: result.html },
      });
      expect(readFileSync(result.html, 'utf8')).toBe('the old report');
      expect((await reported(dir)).html).toBe('<p>run-1</p>');
    },
  );

  it('is of the latest run, or of the one that is named', async () => {
    const dir = await projectOf('several', ...renamed('run-1'), ...renamed('run-2').slice(0, 4));
    const latest = await reported(dir);
    expect([latest.result.runId, latest.model.outcome]).toEqual(['run-2', 'unfinished']);
    const named = await reported(dir, 'run-1');
    expect(named.model.trials).toHaveLength(3);
    expect(existsSync(latest.result.html)).toBe(true);
  });

  it('tells how often the split was opened before the run, and not what came after it', async () => {
    const before = [opening('train'), opening('evaluate'), opening('run-0')];
    const other = {
      kind: 'test-opened',
      payload: { runId: 'train', decision: { contractHash: 'other', keys: ['x'] } },
    };
    const run = [...events.slice(0, -1), opening('run-1'), ...events.slice(-1)];
    const dir = await projectOf('openings', ...before, other, ...run);
    const { model } = await reported(dir);
    expect(model.testOpenings).toEqual({ before: 3, thisRun: 1 });
    const later = await projectOf('later', ...before, other, ...run, opening('train'), opening('run-2'));
    expect((await reported(later, 'run-1')).model.testOpenings).toEqual({ before: 3, thisRun: 1 });
  });

  it('names a run that is not there, and what there is', async () => {
    const dir = await projectOf('named', ...events);
    await expect(reported(dir, 'run-9')).rejects.toMatchObject({
      code: 'USAGE',
      details: { runId: 'run-9', known: ['run-1'] },
    });
    const empty = await projectOf('empty');
    await expect(reported(empty)).rejects.toMatchObject({ code: 'USAGE', details: { known: [] } });
  });

  it('tells a project without a run from a folder without a project', async () => {
    const bare = join(folder, 'bare');
    mkdirSync(bare);
    await expect(reported(bare)).rejects.toMatchObject({ code: 'PROJECT_MISSING' });
    saveProjectConfig(
      projectPaths(bare),
      ProjectConfig.parse({
        schemaVersion: 1,
        task: 'ctr',
        split: 'time',
        tables: { log: { kind: 'events', format: 'csv', files: [{ path: 'e.csv' }], join: [] } },
        columns: {},
      }),
    );
    await expect(reported(bare)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('refuses a journal that somebody wrote into', async () => {
    const dir = await projectOf('corrupt', ...events);
    const path = projectPaths(dir).journal;
    const bytes = readFileSync(path);
    // The last digit of a number that was measured, in every copy that the database keeps.
    const text = '"degreesOfFreedom":20';
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1))
      bytes[at + text.length - 1] += 1;
    writeFileSync(path, bytes);
    await expect(reported(dir)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
  });
});
