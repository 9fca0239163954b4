import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mendJournal, openJournal, readAll } from '../../src/journal/index.js';
import { useTemporaryFolders } from './temporary-folder.js';

const folder = useTemporaryFolders();

async function journalOf(count: number): Promise<string> {
  const path = join(folder(), 'journal.sqlite');
  const journal = await openJournal({ path });
  for (let i = 1; i <= count; i += 1) await journal.append('a', { i, text: `marker-${i}-`.repeat(30) });
  await journal.close();
  return path;
}

function damage(path: string, marker: string): Buffer {
  const bytes = readFileSync(path);
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 1)) bytes[at] = 0xff;
  writeFileSync(path, bytes);
  return bytes;
}

describe('mendJournal', () => {
  it('leaves a whole journal as it is (control)', async () => {
    const path = await journalOf(20);
    const bytes = readFileSync(path);
    expect(await mendJournal(path)).toEqual({
      whole: 20,
      later: 0,
      damage: undefined,
      damagedPath: undefined,
    });
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('puts the whole events in the place of a damaged journal, keeps the damaged file, and the engine goes on', async () => {
    const path = await journalOf(20);
    for (const [round, marker, kept] of [
      [1, 'marker-12-', 11],
      [2, 'marker-7-', 6],
    ] as const) {
      const bytes = damage(path, marker);
      await expect(openJournal({ path })).rejects.toMatchObject({
        code: 'JOURNAL_CORRUPT',
        remedy: expect.stringContaining('automodel salvage'),
      });
      const mended = await mendJournal(path);
      expect(mended).toMatchObject({ whole: kept, later: 0, damage: { code: 'JOURNAL_CORRUPT' } });
      expect(mended.damagedPath).toBe(`${path}.damaged${round === 1 ? '' : '-2'}`);
      expect(readFileSync(mended.damagedPath ?? '').equals(bytes)).toBe(true);
      const journal = await openJournal({ path });
      expect((await readAll(journal)).map(({ seq }) => seq)).toEqual(
        Array.from({ length: kept }, (_, i) => i + 1),
      );
      expect((await journal.append('run-resumed', {})).seq).toBe(kept + 1);
      await journal.close();
    }
  });

  it('keeps every event before a page that cannot be read, and the facts after it', async () => {
    const path = await journalOf(100);
    const page = Math.floor(readFileSync(path).lastIndexOf('marker-57-') / 4096);
    const bytes = readFileSync(path).fill(0xa5, page * 4096, (page + 1) * 4096);
    writeFileSync(path, bytes);
    const failure = await openJournal({ path }).catch(
      (error: unknown) => error as { details: { seq: number } },
    );
    const { seq } = (failure as { details: { seq: number } }).details;
    const mended = await mendJournal(path, ({ kind, payload }) => {
      const { i } = payload as { i: number };
      return i % 2 === 0 ? { kind, payload: { i } } : undefined;
    });
    expect(mended.whole).toBe(seq - 1);
    expect(mended.whole).toBeGreaterThan(40);
    expect(mended.later).toBeGreaterThan(10);
    const journal = await openJournal({ path });
    const numbers = (await readAll(journal)).map(({ payload }) => (payload as { i: number }).i);
    const later = numbers.slice(mended.whole);
    expect(numbers.slice(0, mended.whole)).toEqual(Array.from({ length: mended.whole }, (_, i) => i + 1));
    expect(later).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1).filter((i) => i % 2 === 0 && i >= later[0]),
    );
    expect(later.at(-1)).toBe(100);
    await journal.close();
  });

  it('takes no fact that does not fit its hash, and all that do', async () => {
    const path = await journalOf(30);
    damage(path, 'marker-12-');
    damage(path, 'marker-20-');
    const mended = await mendJournal(path, ({ kind, payload }) => ({ kind, payload }));
    expect(mended).toMatchObject({ whole: 11, later: 17 });
    const journal = await openJournal({ path });
    const numbers = (await readAll(journal)).map(({ payload }) => (payload as { i: number }).i);
    expect(numbers).toEqual(Array.from({ length: 30 }, (_, i) => i + 1).filter((i) => i !== 12 && i !== 20));
    await journal.close();
  });

  it('does nothing while an engine runs, and changes nothing where no event can be read', async () => {
    const path = await journalOf(3);
    const engine = await openJournal({ path });
    await expect(mendJournal(path)).rejects.toMatchObject({ code: 'PROJECT_LOCKED' });
    await engine.close();
    const garbage = 'garbage'.repeat(1000);
    writeFileSync(path, garbage);
    await expect(mendJournal(path)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
    expect(readFileSync(path, 'utf8')).toBe(garbage);
    expect(existsSync(`${path}.damaged`)).toBe(false);
    await expect(mendJournal(join(folder(), 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
