import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AutoModelError,
  isAutoModelError,
  readJson,
  removeQuietly,
  writeFileAtomic,
} from '../../src/platform/index.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'automodel-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Pieces of a file whose source breaks before the end. */
function* breakingAfter(...pieces: readonly string[]): Generator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
  throw new Error('the source broke');
}

describe('writeFileAtomic', () => {
  it('writes text as UTF-8, bytes as they are, and pieces one after another', () => {
    const path = join(folder, 'new', 'deep', 'file');
    writeFileAtomic(path, 'Ünï 🎬');
    expect(readFileSync(path, 'utf8')).toBe('Ünï 🎬');
    writeFileAtomic(path, Uint8Array.of(0, 255, 10));
    expect([...readFileSync(path)]).toEqual([0, 255, 10]);
    writeFileAtomic(path, [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)]);
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    writeFileAtomic(path, []);
    expect(readFileSync(path).length).toBe(0);
  });

  it('gives back any pieces in one, whatever their sizes and windows', () => {
    const path = join(folder, 'pieces');
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), (pieces) => {
        const windows = pieces.map((piece) => Uint8Array.of(9, ...piece, 9).subarray(1, piece.length + 1));
        writeFileAtomic(path, windows);
        expect([...readFileSync(path)]).toEqual(pieces.flatMap((piece) => [...piece]));
      }),
      { numRuns: 50 },
    );
  });

  it('leaves the old content, and nothing else, when writing breaks half way', () => {
    const path = join(folder, 'kept.json');
    writeFileAtomic(path, 'old');
    expect(errorOf(() => writeFileAtomic(path, breakingAfter('half of the n')))).toMatchObject({
      message: 'the source broke',
    });
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['kept.json']);
  });

  it('makes no file at all when the first write breaks', () => {
    errorOf(() => writeFileAtomic(join(folder, 'fresh'), breakingAfter('half')));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes over the leftover of a process that died between writing and renaming', () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    writeFileSync(`${path}.${process.pid}.part`, 'a much longer leftover');
    expect(readFileSync(path, 'utf8')).toBe('old');
    writeFileAtomic(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('shows a reader the old or the new, never a mixture: the old descriptor keeps the old content', () => {
    const path = join(folder, 'file');
    writeFileAtomic(path, 'old and long content');
    const before = lstatSync(path).ino;
    writeFileAtomic(path, 'new');
    // another inode: the old file was not written into
    expect(lstatSync(path).ino).not.toBe(before);
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('replaces a link and does not write through it to a place outside', () => {
    const outside = join(folder, 'outside');
    const link = join(folder, 'link');
    writeFileSync(outside, 'mine');
    symlinkSync(outside, link);
    writeFileAtomic(link, 'new');
    expect(readFileSync(outside, 'utf8')).toBe('mine');
    expect(lstatSync(link).isSymbolicLink()).toBe(false);
  });

  it('names the path when a parent is a file or the target is a folder, and keeps both', () => {
    const file = join(folder, 'file');
    writeFileSync(file, 'content');
    const below = errorOf(() => writeFileAtomic(join(file, 'below'), 'x')) as NodeJS.ErrnoException;
    expect(['ENOTDIR', 'EEXIST']).toContain(below.code);
    expect(below.message).toContain(file);
    expect(readFileSync(file, 'utf8')).toBe('content');

    const target = join(folder, 'target');
    mkdirSync(target);
    expect((errorOf(() => writeFileAtomic(target, 'x')) as Error).message).toContain(target);
    expect(readdirSync(folder).sort()).toEqual(['file', 'target']);
  });

  it.each(['ENOSPC', 'EDQUOT'])('says DISK_FULL with the path and the cause on %s', (code) => {
    const path = join(folder, 'big');
    const cause = Object.assign(new Error('no space'), { code });
    const full = function* (): Generator<Uint8Array> {
      yield Uint8Array.of(1);
      throw cause;
    };
    const error = errorOf(() => writeFileAtomic(path, full()));
    expect(isAutoModelError(error) && error.code).toBe('DISK_FULL');
    expect((error as AutoModelError).message).toContain(path);
    expect((error as AutoModelError).cause).toBe(cause);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('removeQuietly', () => {
  it('removes a file, a folder with content, and a missing path; of a link only the link', () => {
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    writeFileSync(join(folder, 'a', 'b', 'c'), 'x');
    writeFileSync(join(folder, 'stays'), 'x');
    symlinkSync(join(folder, 'stays'), join(folder, 'link'));
    for (const name of ['a', 'link', 'never-was']) removeQuietly(join(folder, name));
    expect(readdirSync(folder)).toEqual(['stays']);
    expect(existsSync(folder)).toBe(true);
  });
});

describe('readJson', () => {
  const write = (text: string | Uint8Array): string => {
    const path = join(folder, 'value.json');
    writeFileSync(path, text);
    return path;
  };

  it('reads what was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(readJson(write(text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 50 },
    );
  });

  it('reads a file that an editor began with a byte order mark', () => {
    expect(readJson(write('\ufeff{"task": "ctr"}'))).toEqual({ task: 'ctr' });
  });

  it.each(['', '{', '{"a": 1,}', '{"a": NaN}', "{'a': 1}", '{} {}', '\ufeff\ufeff{}'])(
    'refuses %j, naming the file and the reason',
    (text) => {
      const path = write(text);
      const error = errorOf(() => readJson(path));
      expect(isAutoModelError(error) && error.code).toBe('CONFIG_INVALID');
      expect((error as Error).message).toContain(path);
      expect((error as AutoModelError).cause).toBeInstanceOf(SyntaxError);
    },
  );

  it('tells a missing file from one that is there and cannot be read', () => {
    const missing = errorOf(() => readJson(join(folder, 'missing.json'))) as AutoModelError;
    expect(missing.code).toBe('FILE_NOT_FOUND');
    expect(missing.message).toContain('missing.json');
    const directory = errorOf(() => readJson(dirname(write('{}')))) as AutoModelError;
    expect(directory.code).toBe('FILE_UNREADABLE');
    expect(directory.message).toContain(folder);
  });
});
