import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { listeningIo, removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
afterAll(() => removeFolder(folder));

const file = join(folder, 'events.csv');
const rows = Array.from(
  { length: 90 },
  (_, i) => `u${i % 9},i${i % 7},${1_700_000_000 + i * 60},${+(i % 3 > 0)}`,
);
writeFileSync(file, `user_id,item_id,timestamp,click\n${rows.join('\n')}\n`);
const config = join(folder, 'automodel.json');

async function init() {
  const heard = listeningIo();
  await operations.init(
    {
      projectDir: folder,
      files: [file],
      task: 'ctr',
      split: 'time',
      positive: undefined,
      label: undefined,
      useDatasetJson: false,
    },
    heard.io,
  );
  return heard.warnings.map(({ code }) => code);
}

describe('init over a project that is there', () => {
  it('keeps what the person wrote beside what it writes, and says so; the same again is no news', async () => {
    expect(await init()).not.toContain('CONFIG_REPLACED');
    const inferred = readFileSync(config, 'utf8');
    expect(await init()).not.toContain('CONFIG_REPLACED');
    expect(existsSync(`${config}.bak`)).toBe(false);

    const edited = inferred.replace('"reason": "', '"reason": "MY EDIT: ');
    expect(edited).not.toBe(inferred);
    writeFileSync(config, edited);
    expect(await init()).toContain('CONFIG_REPLACED');
    expect(readFileSync(config, 'utf8')).toBe(inferred);
    expect(readFileSync(`${config}.bak`, 'utf8')).toBe(edited);
  });
});
