import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { describeError } from '../../src/execution/messages.js';
import { asAutoModelError, AutoModelError, systemFaultIn } from '../../src/platform/index.js';

/** What Node really prints when a program of one line ends it. */
function lastWords(program: string): string {
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).stderr;
}

describe('faults of the system', () => {
  it('are recognised in the last words of a process', () => {
    expect(systemFaultIn(lastWords(`import 'automodel-no-such-package';`))).toMatchObject({
      code: 'NATIVE_MODULE',
      systemCode: 'ERR_MODULE_NOT_FOUND',
    });
    expect(
      systemFaultIn(lastWords(`throw Object.assign(new Error('x'), { code: 'ERR_DLOPEN_FAILED' });`)),
    ).toMatchObject({ code: 'NATIVE_MODULE', remedy: 'Run automodel doctor.' });
  });

  it('and nothing else is', () => {
    expect(
      systemFaultIn(lastWords(`throw Object.assign(new Error('x'), { code: 'ERR_OTHER' });`)),
    ).toBeUndefined();
    expect(systemFaultIn(lastWords(`throw new Error('ENOSPC');`))).toBeUndefined();
    expect(systemFaultIn('')).toBeUndefined();
  });

  it('are of memory where V8, a thread or native code was refused some, in whatever words', () => {
    let refused: unknown;
    try {
      refused = new ArrayBuffer(2 ** 45);
    } catch (error) {
      refused = error;
    }
    const coded = (code: string) => Object.assign(new Error('x'), { code });
    const thrown = [
      refused,
      coded('ENOMEM'),
      coded('ERR_WORKER_OUT_OF_MEMORY'),
      new Error('ONNX Runtime: Exception during initialization: std::bad_alloc'),
      new Error('ONNX Runtime: Failed to allocate memory for requested buffer of size 4294967296'),
    ];
    for (const error of thrown)
      expect(asAutoModelError(error)).toMatchObject({
        code: 'OUT_OF_MEMORY',
        remedy: expect.stringContaining('--workers'),
      });
    expect(asAutoModelError(new RangeError('Invalid array length'))).toMatchObject({ code: 'INTERNAL' });
  });

  it('are no faults of a candidate where the disk or the system refuses its work', () => {
    const coded = (code: string) => describeError(Object.assign(new Error(`${code}: refused`), { code }));
    for (const code of ['EIO', 'ESTALE', 'ENOSPC', 'EDQUOT'])
      expect(coded(code)).toMatchObject({ code: 'DISK_FULL', infrastructure: true });
    for (const code of ['EMFILE', 'ENFILE', 'EAGAIN'])
      expect(coded(code)).toMatchObject({ code: 'OUT_OF_MEMORY', infrastructure: true });
    expect(coded('EMFILE').remedy).toContain('ulimit');
    // Negative control: what is no fault of the system is the program's own.
    expect(coded('EOTHER')).toMatchObject({ code: 'INTERNAL', infrastructure: false });
  });

  it('keep what was thrown as the cause, and leave our own errors alone', () => {
    const thrown = Object.assign(new Error('EROFS: read-only'), { code: 'EROFS' });
    expect(asAutoModelError(thrown)).toMatchObject({ code: 'PATH_NOT_WRITABLE', cause: thrown });
    for (const code of ['EEXIST', 'ENOTDIR', 'EISDIR'])
      expect(asAutoModelError(Object.assign(new Error(code), { code }))).toMatchObject({
        code: 'PATH_NOT_WRITABLE',
        remedy: expect.stringContaining('move it away'),
      });
    const own = new AutoModelError('USAGE', 'x');
    expect(asAutoModelError(own)).toBe(own);
    expect(asAutoModelError('oops')).toMatchObject({ code: 'INTERNAL', message: 'oops' });
  });
});
