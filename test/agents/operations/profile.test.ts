import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { saveProjectConfig } from '../../../src/agents/project/open-project.js';
import { ProfileResult, type ProjectConfig } from '../../../src/schema/index.js';
import { clickLines, tinyLog, type TinyLog } from '../support/tiny-logs.js';
import { listeningIo, removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
let log: TinyLog;
let clicks: readonly number[];

beforeAll(async () => {
  // A copy of the label and a measurement after the impression, both planted.
  const [head, ...rows] = clickLines();
  clicks = rows.map((row) => Number(row.split(',')[4]));
  const planted = rows.map((row, i) => `${row},${clicks[i] * 2 + 1},${(i * i) % 97}`);
  log = await tinyLog(folder, [`${head},copy,noise`, ...planted, planted[0]], 'ctr', 'time');
});
afterAll(() => removeFolder(folder));

const profiled = (over: Partial<ProjectConfig> = {}) => {
  saveProjectConfig(log.project.paths, { ...log.project.config, ...over });
  return operations.profile({ projectDir: log.projectDir }, listeningIo().io);
};

describe('profile', () => {
  it('counts what is in the log: rows, users, items, duplicates, clicks', async () => {
    const result = await profiled();
    expect(ProfileResult.safeParse(result).error).toBeUndefined();
    expect([result.users, result.items, result.duplicateRows]).toEqual([30, 23, 1]);
    expect(result.columns.find(({ column }) => column === 'place')).toMatchObject({
      distinct: 3,
      missing: 0,
    });
    const { rows } = result.contract;
    expect(rows.train + rows.validation + rows.test).toBe(601);
  });

  it('tells the share of clicks of train and validation, and nothing of the sealed test labels', async () => {
    const { labelMean, contract } = await profiled();
    // Lines are in the order of time, but for the repeated first one.
    const early = [clicks[0], ...clicks];
    const mean = (from: number, count: number) =>
      early.slice(from, from + count).reduce((sum, click) => sum + click, 0) / count;
    const { train, validation } = contract.rows;
    expect(labelMean.train).toBeCloseTo(mean(0, train), 12);
    expect(labelMean.validation).toBeCloseTo(mean(train, validation), 12);
    expect(labelMean.test).toBeNull();
  });

  it('names the planted copy of the label as a leak, and not its innocent neighbour', async () => {
    const result = await profiled();
    expect(result.refused.map(({ column, role }) => [column, role])).toEqual([['copy', 'leak']]);
    expect(result.probes.map(({ column, verdict, message }) => [column, verdict, message])).toEqual([
      ['copy', 'leak', result.refused[0].reason],
    ]);
  });

  it('goes by what the person says of a column', async () => {
    const { columns } = log.project.config;
    const said = {
      ...columns,
      'log.copy': { ...columns['log.copy'], role: 'meta' as const },
      'log.noise': { ...columns['log.noise'], role: 'signal' as const, reason: 'measured later' },
    };
    const result = await profiled({ columns: said });
    expect(result.probes).toMatchObject([{ column: 'noise', verdict: 'suspect', message: 'measured later' }]);
  });
});
