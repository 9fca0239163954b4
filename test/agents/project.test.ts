import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { operations } from '../../src/agents/index.js';
import { withSetting } from '../../src/agents/operations/init.js';
import { chosenArtefact } from '../../src/agents/operations/predict.js';
import { columnFindings, idColumns, refusedColumns } from '../../src/agents/project/columns.js';
import { openProject, saveProjectConfig } from '../../src/agents/project/open-project.js';
import { ProjectConfig, projectPaths, type Question } from '../../src/schema/index.js';
import { listeningIo } from './tiny-project.js';

const folder = mkdtempSync(join(tmpdir(), 'automodel-project-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const column = (role: string, reason = 'test') => ({ role, type: 'integer', confidence: 0.5, reason });
const hostile = 'a "b".c\\d';
const config = ProjectConfig.parse({
  schemaVersion: 1,
  task: 'ctr',
  split: 'time',
  tables: {
    users: { kind: 'entity', format: 'csv', files: [{ path: 'u.csv' }], join: [] },
    log: { kind: 'events', format: 'csv', files: [{ path: 'e.csv' }], join: [] },
  },
  columns: {
    'users.id': column('user_id'),
    'log.user': column('user_id'),
    'log.item.id': column('item_id'),
    'log.future': column('leak', 'it tells the label'),
    'log.dwell': column('signal', 'measured later'),
    [`log.${hostile}`]: column('context'),
  },
});

function projectIn(name: string, content: string): string {
  const dir = join(folder, name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'automodel.json'), content);
  return dir;
}

describe('openProject', () => {
  it('reads what was saved', () => {
    const dir = projectIn('whole', '{}');
    saveProjectConfig(projectPaths(dir), config);
    expect(openProject(dir).config).toEqual(config);
  });

  it('names a missing project, broken JSON and the member that is wrong', () => {
    const failure = (dir: string) => {
      try {
        openProject(dir);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(failure(join(folder, 'none'))).toMatchObject({ code: 'PROJECT_MISSING' });
    expect(failure(projectIn('broken', '{"task":'))).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(failure(projectIn('empty', '{}'))).toMatchObject({
      code: 'CONFIG_INVALID',
      details: { member: 'schemaVersion' },
    });
    const wrong = JSON.stringify({ ...config, history: { enabled: true, maxLength: -1, of: 'clicked' } });
    expect(failure(projectIn('wrong', wrong))).toMatchObject({
      code: 'CONFIG_INVALID',
      details: { member: 'history.maxLength' },
    });
  });

  it.each(['profile', 'train', 'evolve', 'predict', 'evaluate'] as const)(
    '%s wants a project',
    async (name) => {
      const projectDir = join(folder, 'none');
      const every = {
        projectDir,
        model: 'lr',
        seeds: 1,
        seed: 1,
        hyperParameters: {},
        tune: 0,
        test: false,
        trials: 1,
        minutes: undefined,
        workers: 1,
        resume: false,
        nullRun: false,
        control: 'share' as const,
        refit: 'all' as const,
        minimumGain: undefined,
        trialMinutes: undefined,
        trialMemoryMb: undefined,
        input: 'a.csv',
        out: 'b.csv',
        artefact: undefined,
        predictions: 'a.csv',
        split: 'test' as const,
      };
      await expect(operations[name](every, listeningIo().io)).rejects.toMatchObject({
        code: 'PROJECT_MISSING',
      });
    },
  );
});

describe('columns', () => {
  it('are split at the first dot', () => {
    expect(columnFindings(config).map(({ table, column: name }) => [table, name])).toEqual([
      ['users', 'id'],
      ['log', 'user'],
      ['log', 'item.id'],
      ['log', 'future'],
      ['log', 'dwell'],
      ['log', hostile],
    ]);
  });

  it('that are refused are leaks and signals, with their reason', () => {
    expect(refusedColumns(config)).toEqual([
      { table: 'log', column: 'future', role: 'leak', reason: 'it tells the label' },
      { table: 'log', column: 'dwell', role: 'signal', reason: 'measured later' },
    ]);
  });

  it('of ids are those of the event table', () => {
    expect(idColumns(config)).toEqual({ user: 'user', item: 'item.id' });
    const { 'log.item.id': _item, ...rest } = config.columns;
    expect(() => idColumns({ ...config, columns: rest })).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', details: { role: 'item_id' } }),
    );
  });
});

describe('withSetting', () => {
  it.each(Object.keys(config.columns))('changes the role of %s alone', (key) => {
    const changed = withSetting(config, `columns[${JSON.stringify(key)}].role`, 'meta');
    expect(changed.columns[key]).toMatchObject({ role: 'meta', confidence: 1, type: 'integer' });
    const others = Object.keys(config.columns).filter((other) => other !== key);
    for (const other of others) expect(changed.columns[other]).toBe(config.columns[other]);
    expect({ ...changed, columns: config.columns }).toEqual(config);
    expect(config.columns[key].role).not.toBe('meta');
  });

  it.each([
    ['columns["log.nothing"].role', 'meta'],
    ['columns["log.user"].role', 'king'],
    ['columns["log.user"].type', 'integer'],
    ['columns[log.user].role', 'meta'],
    ['__proto__', 'x'],
    ['tables', 'x'],
  ])('refuses %s = %s', (setting, answer) => {
    expect(() => withSetting(config, setting, answer)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});

describe('init with a person', () => {
  const ratings = join(folder, 'ratings.csv');
  const lines = Array.from(
    { length: 240 },
    (_, i) => `${i % 12},${(i * 7) % 17},${1 + ((i * i) % 5)},${1_600_000_000 + i * 3600}`,
  );
  writeFileSync(ratings, `user_id,item_id,rating,timestamp\n${lines.join('\n')}\n`);

  async function initWith(name: string, answers: Readonly<Record<string, string>>) {
    const projectDir = join(folder, name);
    const asked: Question[] = [];
    const { io } = listeningIo();
    const ask = async (question: Question) => {
      asked.push(question);
      return answers[question.setting] ?? question.guess;
    };
    const result = await operations.init(
      {
        projectDir,
        files: [ratings],
        task: undefined,
        split: undefined,
        positive: undefined,
        label: undefined,
        useDatasetJson: false,
      },
      { ...io, ask },
    );
    const written = JSON.parse(readFileSync(join(projectDir, 'automodel.json'), 'utf8')) as ProjectConfig;
    return { result, written, asked: asked.map(({ setting }) => setting) };
  }

  it('infers anew with an answer that the rest hangs on, and asks nothing twice', async () => {
    const guessed = await initWith('guessed', {});
    expect(guessed.result.questions).toEqual([]);
    const clicks = await initWith('clicks', { task: 'ctr', split: 'random', 'label.positive': 'rating>=5' });
    expect(clicks.written).toMatchObject({ task: 'ctr', split: 'random', label: { positive: 'rating>=5' } });
    expect(clicks.result).toMatchObject({ task: 'ctr', split: 'random', label: 'rating>=5' });
    expect(new Set(clicks.asked).size).toBe(clicks.asked.length);
    const rated = await initWith('rated', { task: 'rating' });
    expect(rated.written).toMatchObject({ task: 'rating', label: { column: 'rating', range: [1, 5] } });
    expect(ProjectConfig.safeParse(rated.written).error).toBeUndefined();
  });

  it('refuses an answer that is no task', async () => {
    await expect(initWith('odd', { task: 'regression' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('chosenArtefact', () => {
  const artefacts = join(folder, 'artefacts');
  const make = (name: string) => {
    mkdirSync(join(artefacts, name), { recursive: true });
    writeFileSync(join(artefacts, name, 'lineage.json'), '{}');
  };

  it('needs one', () => {
    expect(() => chosenArtefact(artefacts, undefined)).toThrowError(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });

  it('is found by a prefix that only it has', () => {
    make('ab12');
    make('ab34');
    mkdirSync(join(artefacts, 'ab34.99.part'));
    expect(chosenArtefact(artefacts, 'ab3')).toBe(join(artefacts, 'ab34'));
    for (const wanted of ['ab', 'zz'])
      expect(() => chosenArtefact(artefacts, wanted)).toThrowError(
        expect.objectContaining({ code: 'USAGE' }),
      );
  });
});
