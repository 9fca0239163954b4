import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  AutoModelError,
  exitCodeOf,
  isAutoModelError,
  isErrorCode,
  packageRoot,
  type ErrorCode,
} from '../../src/platform/index.js';

/** The table of README: what a script may rely on. */
const promised: Readonly<Record<number, readonly ErrorCode[]>> = {
  1: ['INTERNAL', 'SHAPE_MISMATCH', 'GRAPH_INVALID'],
  2: [
    'USAGE',
    'CONFIG_INVALID',
    'UNKNOWN_MODEL',
    'UNKNOWN_HYPERPARAMETER',
    'UNKNOWN_COLUMN',
    'PROJECT_MISSING',
  ],
  3: ['FILE_NOT_FOUND', 'FILE_UNREADABLE', 'SPLIT_EMPTY', 'PREDICTIONS_INVALID', 'JOURNAL_CORRUPT'],
  4: ['TEST_SEALED', 'GAIN_UNRESOLVABLE', 'LEAK_REFUSED', 'LIMIT_EXCEEDED'],
  5: ['DISK_FULL', 'PATH_NOT_WRITABLE', 'NATIVE_MODULE', 'PROJECT_LOCKED', 'OUT_OF_MEMORY', 'WORKER_LOST'],
  130: ['INTERRUPTED'],
};

/** Every code that any source file constructs an error with. */
function codesInUse(): Set<string> {
  const files = readdirSync(join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' });
  const found = new Set<string>();
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(join(packageRoot, 'src', file), 'utf8');
    for (const [, code] of text.matchAll(/new AutoModelError\(\s*'([A-Z_]+)'/g)) found.add(code);
  }
  return found;
}

describe('exit codes', () => {
  it.each(Object.entries(promised))('%s belongs to its kind of fault', (exit, codes) => {
    for (const code of codes) expect(exitCodeOf(new AutoModelError(code, 'x'))).toBe(Number(exit));
  });

  it('are one of the promised six for every code in use, and never 0', () => {
    const codes = [...codesInUse()];
    expect(codes.length).toBeGreaterThan(20);
    for (const code of codes) {
      expect(isErrorCode(code), code).toBe(true);
      if (isErrorCode(code))
        expect([1, 2, 3, 4, 5, 130]).toContain(exitCodeOf(new AutoModelError(code, 'x')));
    }
  });

  it.each([
    ['a plain error', new Error('x')],
    ['a text', 'x'],
    ['nothing', undefined],
    ['null', null],
    ['a look-alike without the marker', { code: 'USAGE', message: 'x' }],
  ])('of %s is that of an internal fault', (_, thrown) => {
    expect(exitCodeOf(thrown)).toBe(1);
  });

  it('of an error whose code is of a newer version is 1 and not "all went well"', () => {
    const foreign = { [Symbol.for('automodel.error')]: true, code: 'INVENTED_LATER', message: 'x' };
    expect(isAutoModelError(foreign)).toBe(true);
    expect(exitCodeOf(foreign)).toBe(1);
    expect(exitCodeOf({ ...foreign, code: 'toString' })).toBe(1);
  });
});

describe('isErrorCode', () => {
  it.each(['', 'usage', 'USAGE ', 'toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'refuses %j',
    (text) => expect(isErrorCode(text)).toBe(false),
  );

  it('knows a real one', () => expect(isErrorCode('TEST_SEALED')).toBe(true));
});

describe('AutoModelError', () => {
  it('keeps what it was given, and the whole chain of causes', () => {
    const root = new RangeError('root');
    const middle = new Error('middle', { cause: root });
    const error = new AutoModelError('FILE_UNREADABLE', 'Cannot read events.parquet', {
      remedy: 'Write it again.',
      retryable: true,
      details: { path: 'events.parquet', row: 7 },
      cause: middle,
    });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('AutoModelError');
    expect(error.cause).toBe(middle);
    expect((error.cause as Error).cause).toBe(root);
    expect(error.details).toEqual({ path: 'events.parquet', row: 7 });
    expect([error.remedy, error.retryable]).toEqual(['Write it again.', true]);
    expect(error.stack).toContain('Cannot read events.parquet');
  });

  it('is not retryable and has no cause member unless it was told so', () => {
    const error = new AutoModelError('USAGE', 'x');
    expect(error.retryable).toBe(false);
    expect(error.details).toEqual({});
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });

  it('is known across copies of the package by its marker, and nothing else is', () => {
    const foreign = Object.assign(new Error('x'), { code: 'USAGE', [Symbol.for('automodel.error')]: true });
    expect(foreign).not.toBeInstanceOf(AutoModelError);
    expect(isAutoModelError(foreign)).toBe(true);
    expect(exitCodeOf(foreign)).toBe(2);
    for (const other of [new Error('x'), {}, null, undefined, 'USAGE', 2, () => 1])
      expect(isAutoModelError(other)).toBe(false);
  });
});
