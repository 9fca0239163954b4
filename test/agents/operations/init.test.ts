import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { InitResult, ProjectConfig, projectPaths, type InitOptions } from '../../../src/schema/index.js';
import { clickLines, walkLines } from '../support/tiny-logs.js';
import { listeningIo, removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
afterAll(() => removeFolder(folder));

async function initialised(name: string, lines: readonly string[], over: Partial<InitOptions> = {}) {
  const projectDir = join(folder, name);
  mkdirSync(projectDir, { recursive: true });
  const file = join(projectDir, 'log.csv');
  writeFileSync(file, lines.join('\n'));
  const heard = listeningIo();
  const result = await operations.init(
    {
      projectDir,
      files: [file],
      task: undefined,
      split: undefined,
      positive: undefined,
      label: undefined,
      useDatasetJson: false,
      ...over,
    },
    heard.io,
  );
  expect(InitResult.safeParse(result).error).toBeUndefined();
  const config = ProjectConfig.parse(JSON.parse(readFileSync(result.configPath, 'utf8')));
  return { result, config, warnings: heard.warnings, projectDir };
}

/** Ratings, of which task, split and label are all guesses. */
const ratingLines = [
  'user_id,item_id,rating,timestamp',
  ...Array.from(
    { length: 240 },
    (_, i) => `${i % 12},${(i * 7) % 17},${1 + ((i * i) % 5)},${1_600_000_000 + i * 3600}`,
  ),
];

describe('init where nobody can answer', () => {
  it('takes every guess, says so for each, and writes what it says', async () => {
    const { result, config, warnings } = await initialised('guessed', ratingLines);
    expect(result.questions.length).toBeGreaterThan(0);
    const open = warnings.filter(({ code }) => code === 'OPEN_QUESTION');
    expect(open).toHaveLength(result.questions.length);
    result.questions.forEach(({ setting, guess }, i) => {
      expect(open[i].message).toContain(setting);
      expect(open[i].message).toContain(`Taken: ${guess}`);
    });
    expect([config.task, config.split]).toEqual([result.task, result.split]);
    for (const { table, column, role, reason } of result.columns)
      expect(config.columns[`${table}.${column}`]).toMatchObject({ role, reason });
    expect(result.columns.map(({ column }) => column)).toEqual(['user_id', 'item_id', 'rating', 'timestamp']);
  });

  it('keeps to what is said: task, split and label', async () => {
    const { result, config } = await initialised('said', clickLines(), {
      task: 'ctr',
      split: 'random',
      label: 'click',
    });
    expect(result).toMatchObject({ task: 'ctr', split: 'random', label: 'click' });
    expect(config.label).toMatchObject({ column: 'click' });
    const walks = await initialised('walks', walkLines(), { task: 'next-item' });
    expect(walks.result).toMatchObject({ task: 'next-item', label: 'next item' });
    expect(walks.config.label).toBeUndefined();
  });

  it('looks anew every time: a second init is of the new log, not of the old', async () => {
    const first = await initialised('again', clickLines());
    const second = await initialised('again', walkLines());
    expect(second.projectDir).toBe(first.projectDir);
    expect(Object.keys(second.config.columns)).toEqual(['log.user_id', 'log.item_id', 'log.timestamp']);
  });

  it('writes nothing when it cannot read the log or the task does not fit', async () => {
    const failed = async (name: string, lines: readonly string[], over: Partial<InitOptions>) => {
      await expect(initialised(name, lines, over)).rejects.toMatchObject({ code: expect.any(String) });
      expect(existsSync(projectPaths(join(folder, name)).config)).toBe(false);
    };
    await failed('missing', clickLines(), { files: [join(folder, 'nowhere.csv')] });
    await failed('unlabelled', walkLines(), { task: 'rating' });
    await failed('odd-label', clickLines(), { label: 'no such column' });
  });
});
