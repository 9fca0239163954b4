import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { listeningIo, removeFolder, temporaryFolder, tinyProject } from '../tiny-project.js';

let folder: string;
let projectDir: string;
let events: string;
let input: string;

beforeAll(async () => {
  folder = temporaryFolder();
  projectDir = await tinyProject(folder);
  events = join(folder, 'log', 'events.parquet');
  input = join(folder, 'tomorrow.parquet');
  copyFileSync(events, input);
});
afterAll(() => removeFolder(folder));

/** The project has no artefact: what is refused later than the output is refused for that. */
function refusalOf(out: string): Promise<unknown> {
  return operations.predict({ projectDir, input, out, artefact: undefined }, listeningIo().io).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const refused = { code: 'USAGE', remedy: 'Name a new file that ends in .parquet or .csv with --out.' };

describe('the output of predict', () => {
  it('is never the input, by whatever name', async () => {
    const before = readFileSync(input);
    const link = join(folder, 'link.parquet');
    symlinkSync(input, link);
    symlinkSync(folder, join(folder, 'again'));
    for (const out of [
      input,
      link,
      join(folder, 'log', '..', 'tomorrow.parquet'),
      join(folder, 'again', 'tomorrow.parquet'),
    ])
      expect(await refusalOf(out)).toMatchObject({
        ...refused,
        message: expect.stringContaining('input itself'),
      });
    expect(readFileSync(input)).toEqual(before);
  });

  it.each(['events', 'users', 'items'])('is never the table %s', async (table) => {
    const out = join(folder, 'log', `${table}.parquet`);
    expect(await refusalOf(out)).toMatchObject({
      ...refused,
      message: expect.stringContaining(`the table ${table}`),
    });
  });

  it('is no folder, and no format that nobody asked for', async () => {
    mkdirSync(join(folder, 'scores.parquet'));
    expect(await refusalOf(join(folder, 'scores.parquet'))).toMatchObject({
      ...refused,
      message: expect.stringContaining('is a folder'),
    });
    expect(await refusalOf(join(folder, 'scores.json'))).toMatchObject({
      ...refused,
      message: expect.stringContaining('neither .parquet nor .csv'),
    });
  });

  it('may be any other file, there or not', async () => {
    const there = join(folder, 'old-scores.csv');
    copyFileSync(input, there);
    for (const out of [there, join(folder, 'new', 'scores.PARQUET'), join(folder, 'log', 'scores.csv')])
      expect(await refusalOf(out)).toMatchObject({ message: 'The project has no artefact' });
  });
});
