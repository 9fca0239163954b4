import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openJournal, readAll } from '../../src/journal/index.js';
import { useTemporaryFolders } from './temporary-folder.js';

const folder = useTemporaryFolders();
const isRoot = process.geteuid?.() === 0;
const nobody = 65534;
let closed: string[] = [];
afterEach(() => {
  if (isRoot) process.seteuid?.(0);
  for (const root of closed) chmodSync(root, 0o755);
  closed = [];
});

/** A closed journal of one event in a folder that this process may only read from then on. */
async function readOnly(withoutLog: boolean): Promise<string> {
  const root = folder();
  const path = join(root, 'journal.sqlite');
  const journal = await openJournal({ path });
  await journal.append('a', { x: 1 });
  await journal.close();
  if (withoutLog) for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  for (const name of readdirSync(root)) chmodSync(join(root, name), 0o444);
  chmodSync(root, 0o555);
  closed.push(root);
  // The superuser may write everywhere.
  if (isRoot) process.seteuid?.(nobody);
  return path;
}

it.each([true, false])(
  'a journal in a read-only folder can be read (copied without its log: %s)',
  async (bare) => {
    const journal = await openJournal({ path: await readOnly(bare), mode: 'read' });
    expect((await readAll(journal)).map(({ payload }) => payload)).toEqual([{ x: 1 }]);
    await journal.close();
  },
);

it('but not be written, which is said as what it is', async () => {
  const path = await readOnly(false);
  await expect(openJournal({ path })).rejects.toMatchObject({ code: 'PATH_NOT_WRITABLE' });
  await expect(openJournal({ path: `${path}-new` })).rejects.toMatchObject({ code: 'PATH_NOT_WRITABLE' });
});
