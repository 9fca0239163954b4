import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { mendJournal, openJournal, readAll } from '../../src/journal/index.js';
import { useTemporaryFolders } from './temporary-folder.js';

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return { ...fs, renameSync: vi.fn(fs.renameSync), copyFileSync: vi.fn(fs.copyFileSync) };
});

const folder = useTemporaryFolders();

async function damagedJournal(): Promise<string> {
  const path = join(folder(), 'journal.sqlite');
  const journal = await openJournal({ path });
  for (let i = 1; i <= 20; i += 1) await journal.append('a', { i, text: `marker-${i}-`.repeat(30) });
  await journal.close();
  const bytes = readFileSync(path);
  for (let at = bytes.indexOf('marker-12-'); at >= 0; at = bytes.indexOf('marker-12-', at + 1))
    bytes[at] = 0xff;
  writeFileSync(path, bytes);
  return path;
}

describe('salvage that ends in the middle', () => {
  it.each([
    ['before the mended journal is in its place', renameSync],
    ['before the damaged one is kept', copyFileSync],
  ])('%s leaves the damaged one there, so that no empty one is begun', async (_, step) => {
    const path = await damagedJournal();
    const bytes = readFileSync(path);
    vi.mocked(step).mockImplementationOnce(() => {
      throw new Error('the machine stopped');
    });
    await expect(mendJournal(path)).rejects.toThrow('the machine stopped');
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    await expect(openJournal({ path })).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
    // The next one comes to the end.
    expect(await mendJournal(path)).toMatchObject({ whole: 11 });
    const journal = await openJournal({ path });
    expect(await readAll(journal)).toHaveLength(11);
    await journal.close();
  });
});
