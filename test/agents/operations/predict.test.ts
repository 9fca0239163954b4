import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { chosenArtefact } from '../../../src/agents/operations/predict.js';
import { clickLines, tinyLog, type TinyLog } from '../support/tiny-logs.js';
import { listeningIo, removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
let log: TinyLog;
beforeAll(async () => {
  log = await tinyLog(folder, clickLines(), 'ctr', 'time');
});
afterAll(() => removeFolder(folder));

/** An artefact folder with this lineage and nothing else. */
function artefact(name: string, lineage: string): string {
  const dir = join(log.project.paths.artefacts, name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'lineage.json'), lineage);
  return dir;
}
const out = () => join(folder, 'scores.csv');
const predicted = (name: string) =>
  operations.predict(
    { projectDir: log.projectDir, input: join(log.projectDir, 'log.csv'), out: out(), artefact: name },
    listeningIo().io,
  );

describe('predict', () => {
  it('refuses an artefact that was fitted under another contract, naming both', async () => {
    artefact('aa01', JSON.stringify({ contractHash: 'other', model: 'lr' }));
    await expect(predicted('aa01')).rejects.toMatchObject({
      code: 'CONTRACT_MISMATCH',
      details: { artefact: 'other', project: log.place.contractHash },
    });
    expect(existsSync(out())).toBe(false);
  });

  it.each([
    ['is no JSON', '{"contractHash":'],
    ['lacks the contract', '{"model":"lr"}'],
    ['is of another type', '[]'],
  ])('says that an artefact is damaged whose lineage %s', async (name, lineage) => {
    const id = `bb${name.length}`;
    artefact(id, lineage);
    await expect(predicted(id)).rejects.toMatchObject({ code: 'ARTEFACT_CORRUPT' });
  });

  it('says that there is no artefact where there is a lineage and no model', async () => {
    artefact('cc01', JSON.stringify({ contractHash: log.place.contractHash, model: 'lr' }));
    await expect(predicted('cc01')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(existsSync(out())).toBe(false);
  });
});

describe('chosenArtefact', () => {
  it('is the newest, and of two that are as new always the same', () => {
    const artefacts = join(folder, 'artefacts');
    const make = (name: string, seconds: number) => {
      mkdirSync(join(artefacts, name), { recursive: true });
      writeFileSync(join(artefacts, name, 'lineage.json'), '{}');
      utimesSync(join(artefacts, name), seconds, seconds);
    };
    make('older', 1000);
    make('newest', 3000);
    make('middle', 2000);
    expect(chosenArtefact(artefacts, undefined)).toBe(join(artefacts, 'newest'));
    make('also', 3000);
    expect(chosenArtefact(artefacts, undefined)).toBe(join(artefacts, 'also'));
    expect(chosenArtefact(artefacts, 'old')).toBe(join(artefacts, 'older'));
  });
});
