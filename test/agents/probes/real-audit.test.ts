import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import type { AuditResult } from '../../../src/schema/index.js';
import { listeningIo, removeFolder, temporaryFolder } from '../tiny-project.js';

/** Optional development data beside the repository; the tests below skip where it is missing. */
const shared = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..', 'shared', 'data');
const folder = temporaryFolder();
afterAll(() => removeFolder(folder));

async function audited(name: string, probes: readonly string[], split?: string): Promise<AuditResult> {
  const files = readdirSync(join(shared, name))
    .filter((file) => file.endsWith('.parquet'))
    .map((file) => join(shared, name, file));
  const projectDir = join(folder, `${name}-${split ?? 'inferred'}`);
  const { io } = listeningIo();
  const guessed = { task: undefined, positive: undefined, label: undefined, useDatasetJson: false };
  await operations.init({ projectDir, files, split, ...guessed }, io);
  return operations.audit({ projectDir, probes }, io);
}

describe.skipIf(!existsSync(join(shared, 'kuairand-pure')))('kuairand-pure', () => {
  it('shows its month-wide statistics, its signals and its repeated rows', async () => {
    const { findings } = await audited('kuairand-pure', [
      'post-impression',
      'later-aggregate',
      'duplicate-rows',
    ]);
    const of = (probe: string) => findings.filter((finding) => finding.probe === probe);
    expect(of('duplicate-rows')).toMatchObject([
      { severity: 'medium', evidence: expect.stringContaining('5460 of 228329 rows') },
    ]);
    const statistics = of('later-aggregate').flatMap(({ columns }) => columns);
    expect(statistics).toHaveLength(51);
    expect(statistics.every((key) => key.startsWith('item_stats.'))).toBe(true);
    const signals = of('post-impression').flatMap(({ columns }) => columns);
    expect(signals).toHaveLength(11);
    expect(signals).toEqual(expect.arrayContaining(['interactions.long_view', 'interactions.play_time_ms']));
  });
});

describe.skipIf(!existsSync(join(shared, 'amazon-beauty')))('amazon-beauty', () => {
  it('shows what its order inside a day gives, and nothing where that was shuffled', async () => {
    const filed = await audited('amazon-beauty', ['tie-order']);
    expect(filed.findings).toMatchObject([{ severity: 'medium', probe: 'tie-order' }]);
    const shuffled = await audited('amazon-beauty', ['tie-order'], 'leave-one-out:order=seq_pos_shuf');
    expect(shuffled.findings).toEqual([]);
  });
});
