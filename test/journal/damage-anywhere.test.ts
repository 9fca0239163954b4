import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJournal, readAll, salvageJournal, type JournalEvent } from '../../src/journal/index.js';

const root = mkdtempSync(join(tmpdir(), 'automodel-damage-'));
const path = join(root, 'damaged.sqlite');
let good: Buffer;
let written: readonly JournalEvent[];
let liveMain: Buffer;
let liveLog: Buffer;

beforeAll(async () => {
  const sound = join(root, 'sound.sqlite');
  const journal = await openJournal({ path: sound });
  for (let i = 0; i < 60; i += 1)
    await journal.append('trial-result', { i, text: `trial ${i} ü `.repeat(30) });
  written = await readAll(journal);
  liveMain = readFileSync(sound);
  liveLog = readFileSync(`${sound}-wal`);
  await journal.close();
  good = readFileSync(sound);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Lays the bytes down as the journal of a project that no engine uses. */
function lay(bytes: Uint8Array, log?: Uint8Array): void {
  for (const suffix of ['-wal', '-shm', '-lock', '-head']) rmSync(path + suffix, { force: true });
  writeFileSync(path, bytes);
  if (log !== undefined) writeFileSync(`${path}-wal`, log);
}

/** What an engine makes of the file: all events and one more, or the code of its refusal. */
async function openAndGoOn(): Promise<string> {
  try {
    const journal = await openJournal({ path });
    try {
      const events = await readAll(journal);
      if (JSON.stringify(events) !== JSON.stringify(written)) return `${events.length} other events`;
      await journal.append('run-resumed', {});
      return (await journal.verify()).seq === written.length + 1 ? 'whole' : 'lost the new event';
    } finally {
      await journal.close();
    }
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

/** A copy with one byte set to another value. */
function changed(bytes: Uint8Array, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at] === value ? value ^ 1 : value;
  return copy;
}

const byte = fc.oneof(fc.constantFrom(0x00, 0x01, 0x80, 0xff), fc.integer({ min: 0, max: 255 }));
const acceptable = ['whole', 'JOURNAL_CORRUPT'];

describe('one changed byte', () => {
  it('anywhere in the header is harmless or named, and never begins an empty journal', async () => {
    const named: number[] = [];
    for (let at = 0; at < 100; at += 1) {
      for (const value of [0x00, 0xff, good[at] ^ 1]) {
        lay(changed(good, at, value));
        const found = await openAndGoOn();
        expect(acceptable, `byte ${at} as ${value}: ${found}`).toContain(found);
        if (found === 'JOURNAL_CORRUPT') named.push(at);
      }
    }
    // The format string, the page size, the encoding and our own format number are among what is named.
    expect(named).toEqual(expect.arrayContaining([0, 15, 17, 18, 47, 60, 63]));
  });

  it('anywhere else too, with the events before it still to be salvaged', async () => {
    let damaged = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 100, max: good.length - 1 }), byte, async (at, value) => {
        lay(changed(good, at, value));
        const found = await openAndGoOn();
        expect(acceptable, `byte ${at} as ${value}: ${found}`).toContain(found);
        if (found === 'whole') return;
        damaged += 1;
        const to = join(root, 'salvaged.sqlite');
        for (const suffix of ['', '-wal', '-shm']) rmSync(to + suffix, { force: true });
        // A damaged schema leaves nothing that can be read as events; that is said as such.
        const salvage = await salvageJournal(path, to).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'JOURNAL_CORRUPT' });
          return undefined;
        });
        if (salvage === undefined) return;
        const copy = await openJournal({ path: to });
        expect(await readAll(copy)).toEqual(written.slice(0, salvage.head.seq));
        await copy.close();
      }),
      { numRuns: 150 },
    );
    expect(damaged).toBeGreaterThan(50);
  });

  it('in a text, so that it is no UTF-8, is named and does not end the process', async () => {
    const at = good.lastIndexOf('trial 57 ');
    lay(changed(good, at, 0xff));
    await expect(openJournal({ path })).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT',
      details: { seq: 58 },
    });
  });

  it('in the write-ahead log leaves a whole prefix of the events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: liveLog.length - 1 }), byte, async (at, value) => {
        lay(liveMain, changed(liveLog, at, value));
        const journal = await openJournal({ path });
        const events = await readAll(journal);
        expect(events).toEqual(written.slice(0, events.length));
        await journal.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe('a journal that was cut or overwritten by pages', () => {
  it('is named wherever it ends, also when nothing or next to nothing is left', async () => {
    const sizes = [0, 1, 50, 99, 100, 1000, 4096, 8192, good.length - 4096, good.length - 1];
    for (const size of sizes) {
      lay(good);
      truncateSync(path, size);
      expect(await openAndGoOn(), `${size} bytes`).toBe('JOURNAL_CORRUPT');
      expect(readFileSync(path).length).toBe(size);
    }
  });

  it('is named whichever page is zeroed or scribbled over', async () => {
    for (let page = 0; page * 4096 < good.length; page += 1) {
      for (const value of [0x00, 0xa5]) {
        lay(Buffer.from(good).fill(value, page * 4096, (page + 1) * 4096));
        expect(await openAndGoOn(), `page ${page + 1} filled with ${value}`).toBe('JOURNAL_CORRUPT');
      }
    }
  });

  it('is whole where nothing was changed (control)', async () => {
    lay(good);
    expect(await openAndGoOn()).toBe('whole');
  });
});

describe('a new journal', () => {
  it('appears whole or not at all: what an engine left that died while making one is begun again', async () => {
    const fresh = join(root, 'fresh.sqlite');
    writeFileSync(`${fresh}.new`, good.subarray(0, 50));
    writeFileSync(`${fresh}.new-journal`, 'half a log');
    const journal = await openJournal({ path: fresh });
    expect((await journal.append('run-started', {})).seq).toBe(1);
    await journal.close();
    expect(existsSync(`${fresh}.new`) || existsSync(`${fresh}.new-journal`)).toBe(false);
    copyFileSync(fresh, path);
    expect(readFileSync(fresh).length).toBeGreaterThan(4096);
  });
});

describe('a damaged lock file', () => {
  it('is named with what to do, and nothing of the journal is touched', async () => {
    lay(good);
    const lock = `${path}-lock`;
    const journal = await openJournal({ path });
    await journal.close();
    const sound = readFileSync(lock);
    for (const bytes of [
      Buffer.alloc(sound.length, 0xa5),
      sound.subarray(0, 4096),
      changed(sound, 110, 0xff),
    ]) {
      writeFileSync(lock, bytes);
      const found = await openJournal({ path }).then(
        async (opened) => {
          await opened.close();
          return undefined;
        },
        (error: unknown) => error,
      );
      if (found !== undefined)
        expect(found).toMatchObject({ code: 'PROJECT_LOCKED', remedy: expect.stringContaining(lock) });
    }
    rmSync(lock);
    expect(await openAndGoOn()).toBe('whole');
  });
});
