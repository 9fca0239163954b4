import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { auditTables, inferProject, tableProbes } from '../../../src/data/index.js';
import { generateWorld, writeWorld } from '../../../src/world/index.js';
import { removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
afterAll(() => removeFolder(folder));

describe('the audit of a simulated world', () => {
  it('finds what was planted and nothing else, when all that init refused is an input again', async () => {
    const log = generateWorld({ seed: 3, users: 700, items: 300, days: 8, itemLeak: true });
    const { files } = await writeWorld(log, join(folder, 'data'));
    const { config } = await inferProject({
      files: files.map(({ path }) => path),
      projectDir: folder,
      task: 'ctr',
      split: 'time',
      useDatasetJson: false,
    });
    const columns = Object.fromEntries(
      Object.entries(config.columns).map(([key, column]) => [
        key,
        column.role === 'leak' || column.role === 'signal' ? { ...column, role: 'context' as const } : column,
      ]),
    );
    const { findings } = await auditTables({
      projectDir: folder,
      config: { ...config, columns },
      probes: tableProbes,
    });
    const found = new Set(
      findings
        .filter(({ severity }) => severity !== 'low')
        .flatMap((finding) => finding.columns.map((key) => key.split('.')[1])),
    );
    const { signals, leaking } = log.planted;
    expect([...found].toSorted()).toEqual([...signals, ...leaking].toSorted());
  });
});
