import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset, readTable, writeTable, type TableColumn } from '../../src/data/index.js';
import { openJournal } from '../../src/journal/index.js';
import { packageRoot } from '../../src/platform/index.js';
import {
  CommandEnvelope,
  commandResults,
  projectPaths,
  type CommandName,
  type ProjectConfig,
} from '../../src/schema/index.js';

const entry = join(packageRoot, 'dist', 'cli', 'index.js');
const minutes = 180_000;

/** Spaces and quotes of both kinds: what a shell, SQL and JSON each would stumble over. */
const name = `my "odd" shop's log`;
const outer = mkdtempSync(join(tmpdir(), 'automodel-contract-'));
const folder = join(outer, name);
const projectDir = join(folder, `it's a "project"`);
const events = join(folder, 'world', 'events.parquet');

interface Spoken {
  readonly code: number | null;
  readonly envelope: CommandEnvelope;
}

/** Runs the built program with --json; stdout must be one object and nothing else. */
function automodel(...words: string[]): Spoken {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...words, '--json'], {
    encoding: 'utf8',
    cwd: existsSync(projectDir) ? projectDir : folder,
    input: '',
    timeout: minutes,
  });
  expect(stdout.endsWith('}\n'), `${words.join(' ')}: ${stdout}${stderr}`).toBe(true);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return { code: status, envelope: CommandEnvelope.parse(JSON.parse(stdout)) };
}

function succeeds(command: CommandName, ...words: string[]): CommandEnvelope {
  const { code, envelope } = automodel(...words);
  expect(envelope, JSON.stringify(envelope.error)).toMatchObject({ command, ok: true });
  expect(envelope.error).toBeUndefined();
  expect(commandResults[command].safeParse(envelope.result).error).toBeUndefined();
  expect(code).toBe(0);
  return envelope;
}

function fails(
  command: CommandName,
  exitCode: number,
  errorCode: string,
  ...words: string[]
): CommandEnvelope {
  const { code, envelope } = automodel(...words);
  expect(envelope).toMatchObject({ command, ok: false, result: null, error: { code: errorCode } });
  expect(envelope.error?.message).not.toBe('');
  expect(code).toBe(exitCode);
  return envelope;
}

/** Of predictions for the whole log, those of the validation rows. */
async function validationRows(predictions: string): Promise<TableColumn[]> {
  const datasets = join(projectPaths(projectDir).cache, 'datasets');
  const [encoded] = readdirSync(datasets).filter((folderName) => !folderName.startsWith('rows-'));
  const dataset = openDataset(join(datasets, encoded));
  if (dataset.task === 'next-item') throw new Error('expected ctr');
  const rows = dataset.validation.block(0).rowIds;
  const scores = (await readTable(predictions, ['score'])).get('score') ?? new Float64Array();
  return [
    { name: 'row', values: rows },
    { name: 'score', values: rows.map((row) => scores[row]) },
  ];
}

beforeAll(() => {
  mkdirSync(folder);
  const out = join(folder, 'world');
  succeeds(
    'world generate',
    'world',
    'generate',
    '--seed',
    '3',
    '--users',
    '250',
    '--items',
    '120',
    '--days',
    '5',
    '--out',
    out,
  );
  mkdirSync(projectDir);
}, minutes);

afterAll(() => rmSync(outer, { recursive: true, force: true }));

describe('the built program on a real log', () => {
  it('wants a project before anything else: 2', () => {
    for (const command of ['profile', 'report'] as const) fails(command, 2, 'PROJECT_MISSING', command);
    fails('train', 2, 'PROJECT_MISSING', 'train', '--model', 'lr');
  });

  it('inits, and turns what it is unsure of into warnings', () => {
    const { result, warnings } = succeeds(
      'init',
      'init',
      ...['events', 'users', 'items'].map((table) => join(folder, 'world', `${table}.parquet`)),
      '--task',
      'ctr',
      '--split',
      'time',
    );
    const init = commandResults.init.parse(result);
    expect(init).toMatchObject({ task: 'ctr', label: 'click' });
    expect(warnings.filter(({ code }) => code === 'OPEN_QUESTION')).toHaveLength(init.questions.length);
    expect(existsSync(join(projectDir, 'automodel.json'))).toBe(true);
  });

  it(
    'profiles, trains, predicts and evaluates',
    async () => {
      const profiled = commandResults.profile.parse(succeeds('profile', 'profile').result);
      expect(profiled.refused.map(({ column }) => column)).toContain('engagement_score');
      expect(profiled.labelMean.test).toBeNull();

      const train = ['train', '--model', 'lr', '--seeds', '2', '--no-test'];
      const trained = commandResults.train.parse(succeeds('train', ...train).result);
      expect(trained.metrics.test).toBeUndefined();
      expect(trained.metrics.validation?.['auc']).toMatchObject({ n: 2 });
      expect(trained.seeds).toEqual([1, 2]);
      expect(trained.testOpenings).toBe(0);

      const out = join(projectDir, 'scores of "today".parquet');
      const predict = ['predict', '--input', events, '--out', out];
      const predicted = commandResults.predict.parse(succeeds('predict', ...predict).result);
      expect(predicted).toMatchObject({ model: 'lr', artefact: trained.artefact, out });

      const few = join(folder, 'one row.csv');
      writeFileSync(few, 'row,score\n0,0.5\n');
      const lacking = fails('evaluate', 3, 'PREDICTIONS_INVALID', 'evaluate', '--predictions', few);
      expect(lacking.error?.remedy).not.toBeNull();
      const all = succeeds('evaluate', 'evaluate', '--split', 'validation', '--predictions', out);
      expect(all.warnings.map(({ code }) => code)).toContain('ROWS_IGNORED');

      const own = join(folder, 'validation "rows".csv');
      await writeTable(own, await validationRows(out));
      const evaluate = ['evaluate', '--split', 'validation', '--predictions', own];
      const { result, warnings } = succeeds('evaluate', ...evaluate);
      const evaluated = commandResults.evaluate.parse(result);
      expect(evaluated.metrics.validation?.['auc'].mean).toBeGreaterThan(0.5);
      expect(evaluated.testOpenings).toBe(0);
      expect(warnings.map(({ code }) => code)).toContain('SCORE_KIND');
    },
    minutes,
  );

  it(
    'simulates the gate where there is no project',
    () => {
      const simulate = ['calibrate', '--simulate', '--runs', '5', '--candidates', '20'];
      const { result } = succeeds('calibrate', ...simulate, '--project', outer);
      expect(commandResults.calibrate.parse(result)).toMatchObject({ kind: 'simulated', runs: 5 });
      fails('calibrate', 2, 'PROJECT_MISSING', 'calibrate', '--project', outer);
    },
    minutes,
  );

  it('ends wrong usage with 2, naming what is wrong', () => {
    const model = fails('train', 2, 'UNKNOWN_MODEL', 'train', '--model', 'deepfn', '--no-test');
    expect(model.error?.message).toContain('deepfn');
    const hyper = ['train', '--model', 'fm', '--hp', 'dimm=4', '--no-test'];
    const parameter = fails('train', 2, 'UNKNOWN_HYPERPARAMETER', ...hyper);
    expect(parameter.error?.message).toContain('dimm');
    fails('evolve', 2, 'USAGE', 'evolve', '--trials', 'many');
    fails('evolve', 2, 'USAGE', 'evolve', '--resume');
    fails('report', 2, 'USAGE', 'report');
    const artefact = ['predict', '--input', events, '--out', 'x.parquet', '--artefact', 'zz'];
    fails('predict', 2, 'USAGE', ...artefact);
    fails('predict', 2, 'USAGE', 'predict', '--input', events, '--out', 'x.pdf');
  });

  it('ends bad data with 3', () => {
    fails('evaluate', 3, 'FILE_NOT_FOUND', 'evaluate', '--predictions', 'nowhere.csv');
    fails('init', 3, 'FILE_NOT_FOUND', 'init', 'nowhere.parquet');
    const broken = join(folder, 'broken.parquet');
    writeFileSync(broken, 'PAR1 not really');
    fails('init', 3, 'FILE_UNREADABLE', 'init', broken);
    writeFileSync(join(folder, 'few.csv'), 'row,score\n0,0.5\n');
    const few = ['evaluate', '--split', 'validation', '--predictions', join(folder, 'few.csv')];
    fails('evaluate', 3, 'PREDICTIONS_INVALID', ...few);
  });

  it(
    'ends what a rule refuses with 4',
    () => {
      const config = JSON.parse(readFileSync(join(projectDir, 'automodel.json'), 'utf8')) as ProjectConfig;
      const column = { role: 'context', type: 'integer', confidence: 1, reason: 'test' } as const;
      for (let i = 0; i < 2001; i += 1) config.columns[`events.wide ${i}`] = column;
      const other = join(folder, 'wide project');
      mkdirSync(other);
      writeFileSync(join(other, 'automodel.json'), JSON.stringify(config));
      fails('profile', 4, 'LIMIT_EXCEEDED', 'profile', '--project', other);
    },
    minutes,
  );

  it('ends what the environment refuses with 5', async () => {
    const journal = await openJournal({ path: projectPaths(projectDir).journal });
    try {
      fails('train', 5, 'PROJECT_LOCKED', 'train', '--model', 'lr', '--seeds', '1', '--no-test');
    } finally {
      await journal.close();
    }
  });
});
