import { fork, type ChildProcess } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { afterEach, describe, expect, it } from 'vitest';
import { openJournal, readAll } from '../../src/journal/index.js';
import { Rng } from '../../src/platform/index.js';
import { useTemporaryFolders } from './temporary-folder.js';

const folder = useTemporaryFolders();
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Word {
  readonly kind: 'open' | 'refused' | 'appended';
  readonly pid?: number;
  readonly seq?: number;
  readonly code?: string;
}

/** Another engine process; `word` resolves with the first thing it says. */
function startEngine(path: string, mode = 'hold'): { child: ChildProcess; word: Promise<Word> } {
  const script = fileURLToPath(new URL('./fixtures/hold-journal.mjs', import.meta.url));
  const child = fork(script, [path, mode], { execArgv: [] });
  children.push(child);
  const word = new Promise<Word>((resolve) => {
    child.once('message', (message) => resolve(message as Word));
    child.once('exit', () => resolve({ kind: 'refused', code: 'ended without a word' }));
  });
  return { child, word };
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

describe('one writer per project', () => {
  it('refuses a second engine and names the first: process, host and start', async () => {
    const path = join(folder(), 'journal.sqlite');
    const { child, word } = startEngine(path);
    expect((await word).kind).toBe('open');
    const refusal = await openJournal({ path }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'PROJECT_LOCKED',
      retryable: true,
      message: expect.stringContaining(`process ${child.pid} on ${hostname()}`),
      details: { pid: child.pid, host: hostname(), startedAt: expect.any(Number) },
    });
    const reader = await openJournal({ path, mode: 'read' });
    expect((await reader.head()).seq).toBe(0);
    await reader.close();
  });

  it('is taken over after kill -9 of the holder, as often as that happens', async () => {
    const path = join(folder(), 'journal.sqlite');
    for (let round = 1; round <= 3; round += 1) {
      const { child, word } = startEngine(path);
      expect((await word).kind).toBe('open');
      await expect(openJournal({ path })).rejects.toMatchObject({ code: 'PROJECT_LOCKED' });
      await killed(child);
      const journal = await openJournal({ path });
      expect((await journal.append('run-resumed', { round })).seq).toBe(round);
      await journal.close();
    }
  });

  it('goes by the lock of the system and not by a process id: that of a dead holder may belong to another by now', async () => {
    const path = join(folder(), 'journal.sqlite');
    const { child, word } = startEngine(path);
    expect((await word).kind).toBe('open');
    await killed(child);
    const lock = new Database(`${path}-lock`);
    // This process lives, and holds nothing; and the clock of whoever wrote this was years ahead.
    lock.prepare('UPDATE holder SET pid = ?, started_at = ?').run(process.pid, 4e12);
    lock.close();
    const journal = await openJournal({ path });
    expect((await journal.append('run-resumed', {})).seq).toBe(1);
    await journal.close();
  });

  it('lets the first engine go on when a second was refused: both lose nothing', async () => {
    const path = join(folder(), 'journal.sqlite');
    const first = await openJournal({ path });
    await first.append('a', 1);
    const { word } = startEngine(path);
    expect(await word).toMatchObject({ kind: 'refused', code: 'PROJECT_LOCKED' });
    await first.append('a', 2);
    expect((await first.verify()).seq).toBe(2);
    await first.close();
  });

  it('refuses a second writer in the same process, and is free after close', async () => {
    const path = join(folder(), 'journal.sqlite');
    const first = await openJournal({ path });
    await expect(openJournal({ path })).rejects.toMatchObject({
      code: 'PROJECT_LOCKED',
      details: { pid: process.pid },
    });
    await first.append('a', 1);
    await first.close();
    const second = await openJournal({ path });
    await expect(openJournal({ path })).rejects.toMatchObject({ code: 'PROJECT_LOCKED' });
    await second.close();
  });

  it('lets exactly one of several engines in that start together', async () => {
    const path = join(folder(), 'journal.sqlite');
    const words = await Promise.all([1, 2, 3, 4].map(() => startEngine(path).word));
    expect(words.filter((word) => word.kind === 'open')).toHaveLength(1);
    for (const word of words.filter((w) => w.kind !== 'open')) expect(word.code).toBe('PROJECT_LOCKED');
  });
});

describe('a project that is pulled from under a running engine', () => {
  it('stops the first engine when its lock file was deleted and another one has written', async () => {
    const path = join(folder(), 'journal.sqlite');
    const first = await openJournal({ path });
    await first.append('a', 1);
    rmSync(`${path}-lock`);
    const second = await openJournal({ path });
    await second.append('a', 2);
    await expect(first.append('a', 3)).rejects.toMatchObject({ code: 'PROJECT_LOCKED', details: { seq: 2 } });
    await second.append('a', 4);
    expect((await second.verify()).seq).toBe(3);
    await first.close();
    await second.close();
  });

  it('refuses to append to a journal that was deleted or replaced', async () => {
    const path = join(folder(), 'journal.sqlite');
    const journal = await openJournal({ path });
    await journal.append('a', 1);
    for (const file of [path, `${path}-wal`, `${path}-shm`]) renameSync(file, `${file}.moved`);
    await expect(journal.append('a', 2)).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT',
      details: { path },
    });
    for (const file of [path, `${path}-wal`, `${path}-shm`]) renameSync(`${file}.moved`, file);
    expect((await journal.append('a', 2)).seq).toBe(2);
    await journal.close();
  });
});

describe('kill -9 while appending', () => {
  it('keeps every event whose append had returned, and a whole chain', async () => {
    const path = join(folder(), 'journal.sqlite');
    const rng = new Rng(5);
    let acknowledged = 0;
    for (let round = 0; round < 4; round += 1) {
      const { child, word } = startEngine(path, 'append');
      const until = acknowledged + 1 + rng.integer(40);
      const reached = new Promise<void>((resolve) => {
        child.on('message', (message: Word) => {
          if (message.seq !== undefined) acknowledged = message.seq;
          if (acknowledged >= until) resolve();
        });
      });
      expect((await word).kind).toBe('open');
      await reached;
      await killed(child);
      const reader = await openJournal({ path, mode: 'read' });
      expect((await reader.verify()).seq).toBeGreaterThanOrEqual(acknowledged);
      expect((await readAll(reader)).map((e) => e.seq).at(-1)).toBeGreaterThanOrEqual(acknowledged);
      await reader.close();
    }
  });
});
