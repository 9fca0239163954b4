import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJournal, readAll, salvageJournal } from '../../src/journal/index.js';
import { useTemporaryFolders } from './temporary-folder.js';

const folder = useTemporaryFolders();

async function journalOf(count: number): Promise<string> {
  const path = join(folder(), 'journal.sqlite');
  const journal = await openJournal({ path });
  for (let i = 1; i <= count; i += 1)
    await journal.append('trial-finished', { i, text: `marker-${i}-`.repeat(30) });
  await journal.close();
  return path;
}

describe('salvageJournal', () => {
  it('copies a whole journal event for event', async () => {
    const path = await journalOf(30);
    const to = join(folder(), 'copy.sqlite');
    expect(await salvageJournal(path, to)).toMatchObject({ head: { seq: 30 }, damage: undefined });
    const [source, copy] = await Promise.all(
      [path, to].map((file) => openJournal({ path: file, mode: 'read' })),
    );
    expect(await readAll(copy)).toEqual(await readAll(source));
    await Promise.all([source.close(), copy.close()]);
  });

  it('keeps everything before the damage, names it, leaves the damaged file as it is, and the copy goes on', async () => {
    const path = await journalOf(30);
    const bytes = readFileSync(path);
    for (let at = bytes.indexOf('marker-12-'); at >= 0; at = bytes.indexOf('marker-12-', at + 1))
      bytes[at] = 0x4d;
    writeFileSync(path, bytes);
    const to = join(folder(), 'deep', 'copy.sqlite');
    const salvage = await salvageJournal(path, to);
    expect(salvage).toMatchObject({
      head: { seq: 11 },
      damage: { code: 'JOURNAL_CORRUPT', details: { seq: 12 } },
    });
    expect(readFileSync(path).equals(bytes)).toBe(true);
    const journal = await openJournal({ path: to });
    expect((await journal.append('run-resumed', {})).seq).toBe(12);
    await journal.close();
  });

  it('refuses to write over a file, and a file in which nothing can be read', async () => {
    const path = await journalOf(3);
    await expect(salvageJournal(path, path)).rejects.toMatchObject({ code: 'USAGE' });
    const garbage = join(folder(), 'garbage.sqlite');
    writeFileSync(garbage, 'garbage'.repeat(1000));
    const to = join(folder(), 'copy.sqlite');
    await expect(salvageJournal(garbage, to)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
    await expect(salvageJournal(join(folder(), 'none'), to)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });
});
