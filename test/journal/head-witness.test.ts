import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { mendJournal, openJournal, readAll, type JournalEvent } from '../../src/journal/index.js';
import { HeadWitness, witnessPath } from '../../src/journal/head-witness.js';
import { useTemporaryFolders } from './temporary-folder.js';

const folder = useTemporaryFolders();
const count = 20;
let path: string;
let written: readonly JournalEvent[];

/** A journal as a killed engine leaves it: events in the log, the witness beside it. */
beforeEach(async () => {
  const live = join(folder(), 'journal.sqlite');
  path = join(folder(), 'journal.sqlite');
  const journal = await openJournal({ path: live });
  for (let i = 1; i <= count; i += 1) await journal.append('trial-finished', { i });
  written = await readAll(journal);
  for (const suffix of ['', '-wal', '-head']) copyFileSync(live + suffix, path + suffix);
  await journal.close();
});

function changeByte(file: string, at: number, value: number): void {
  const bytes = readFileSync(file);
  bytes[at] = bytes[at] === value ? value ^ 1 : value;
  writeFileSync(file, bytes);
}

const refusal = () =>
  openJournal({ path }).then(
    async (journal) => {
      await journal.close();
      return undefined;
    },
    (error: unknown) => error as { code: string; message: string; remedy: string; details: object },
  );

describe('a write-ahead log that was lost', () => {
  it('is replayed where it is whole (control)', async () => {
    const journal = await openJournal({ path });
    expect(await readAll(journal)).toEqual(written);
    await journal.close();
    expect(HeadWitness.read(witnessPath(path))).toBe(count);
  });

  it.each([
    ['cut in its last transaction', () => truncateSync(`${path}-wal`, statSync(`${path}-wal`).size - 1000)],
    ['cut to a third', () => truncateSync(`${path}-wal`, Math.floor(statSync(`${path}-wal`).size / 3))],
    ['changed in the middle', () => changeByte(`${path}-wal`, 60_000, 0xff)],
    ['changed in its header', () => changeByte(`${path}-wal`, 9, 0xff)],
    ['emptied', () => truncateSync(`${path}-wal`, 0)],
    ['taken away', () => rmSync(`${path}-wal`)],
  ])('by being %s is named, with the events that are gone', async (_, damage) => {
    damage();
    const log = existsSync(`${path}-wal`) ? readFileSync(`${path}-wal`) : undefined;
    for (const attempt of [1, 2]) {
      const failure = await refusal();
      expect(failure, `attempt ${attempt}`).toMatchObject({ code: 'JOURNAL_CORRUPT' });
      expect(failure?.message).toMatch(/events? \d+( to 20)? had been written and cannot be read/);
      expect(failure?.details).toMatchObject({ lostUntilSeq: count });
      expect(failure?.remedy).toContain('automodel salvage');
    }
    // What is left of the log is evidence, and stays as it was.
    if (log !== undefined) expect(readFileSync(`${path}-wal`).equals(log)).toBe(true);
  });

  it('is seen by verify and by salvage, which goes on with the whole events and keeps the log', async () => {
    changeByte(`${path}-wal`, 60_000, 0xff);
    const log = readFileSync(`${path}-wal`);
    const reader = await openJournal({ path, mode: 'read' });
    await expect(reader.verify()).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
    await reader.close();
    const { whole, damage, damagedPath } = await mendJournal(path);
    expect(whole).toBeGreaterThan(0);
    expect(whole).toBeLessThan(count);
    expect(damage).toMatchObject({
      code: 'JOURNAL_CORRUPT',
      details: { seq: whole + 1, lostUntilSeq: count },
    });
    expect(readFileSync(`${damagedPath}-wal`).equals(log)).toBe(true);
    const journal = await openJournal({ path });
    expect(await readAll(journal)).toEqual(written.slice(0, whole));
    expect((await journal.append('run-resumed', {})).seq).toBe(whole + 1);
    await journal.close();
    expect(await refusal()).toBeUndefined();
  });

  it('never passes unseen, whatever byte of it changed', async () => {
    const [main, log, head] = ['', '-wal', '-head'].map((suffix) => readFileSync(path + suffix));
    let named = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(log.length - 1), fc.integer({ min: 0, max: 255 }), async (at, value) => {
        for (const suffix of ['-wal', '-shm', '-lock']) rmSync(path + suffix, { force: true });
        writeFileSync(path, main);
        writeFileSync(`${path}-head`, head);
        writeFileSync(`${path}-wal`, log);
        changeByte(`${path}-wal`, at, value);
        const failure = await refusal();
        if (failure !== undefined) {
          expect(failure).toMatchObject({ code: 'JOURNAL_CORRUPT' });
          named += 1;
          return;
        }
        const journal = await openJournal({ path, mode: 'read' });
        expect(await readAll(journal)).toEqual(written);
        await journal.close();
      }),
      { numRuns: 40 },
    );
    expect(named).toBeGreaterThan(20);
  });

  it('of a journal that is gone itself is not written into a new one', async () => {
    rmSync(path);
    expect(await refusal()).toMatchObject({ code: 'JOURNAL_CORRUPT' });
    expect(existsSync(path)).toBe(false);
    // Who deletes all of it begins anew.
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
    const journal = await openJournal({ path });
    expect((await journal.head()).seq).toBe(0);
    await journal.close();
  });
});

function witness(seq: number, file = `${path}-head`): void {
  const open = HeadWitness.open(file);
  open.write(seq);
  open.close();
}

describe('the witness', () => {
  it('names an older copy that was put in the place of the journal, until it is salvaged', async () => {
    const old = `${path}.old`;
    let journal = await openJournal({ path });
    await journal.close();
    copyFileSync(path, old);
    journal = await openJournal({ path });
    await journal.append('run-concluded', {});
    await journal.close();
    copyFileSync(old, path);
    expect(await refusal()).toMatchObject({
      code: 'JOURNAL_CORRUPT',
      message: expect.stringContaining('event 21 had been written'),
    });
    expect(await mendJournal(path)).toMatchObject({ whole: count });
    expect(await refusal()).toBeUndefined();
  });

  it.each([
    ['missing', () => rmSync(`${path}-head`)],
    ['behind, as after a power cut', () => witness(7)],
    ['no witness at all', () => writeFileSync(`${path}-head`, 'garbage')],
    ['torn', () => truncateSync(`${path}-head`, 9)],
    ['empty', () => truncateSync(`${path}-head`, 0)],
  ])('that is %s raises no false alarm, and is mended', async (_, damage) => {
    damage();
    expect(await refusal()).toBeUndefined();
    expect(HeadWitness.read(`${path}-head`)).toBe(count);
  });

  it('of another number is told from a damaged one by its check', () => {
    const file = join(folder(), 'head');
    for (const seq of [0, 7, 123_456, 2 ** 52]) {
      witness(seq, file);
      expect(HeadWitness.read(file)).toBe(seq);
      const line = readFileSync(file, 'latin1');
      for (let at = 0; at < line.length; at += 1) {
        writeFileSync(file, `${line.slice(0, at)}${line[at] === '5' ? '6' : '5'}${line.slice(at + 1)}`);
        expect(HeadWitness.read(file), `digit ${at}`).toBeUndefined();
      }
      writeFileSync(file, line);
    }
    expect(HeadWitness.read(join(folder(), 'none'))).toBeUndefined();
  });

  it('that cannot be written stops nobody', async () => {
    const journal = await openJournal({ path });
    await journal.close();
    rmSync(`${path}-head`);
    mkdirSync(`${path}-head`);
    const again = await openJournal({ path });
    expect((await again.append('run-resumed', {})).seq).toBe(count + 1);
    await again.close();
    expect(await refusal()).toBeUndefined();
  });
});
