import { expect, it } from 'vitest';
import { doctorFailure } from '../../src/cli/commands/doctor.js';

const check = (name: string, ok: boolean) => ({ name, ok, message: '', remedy: null });

it('a folder that cannot be written is not called a native module', () => {
  const failing = (...names: string[]) =>
    doctorFailure({
      healthy: false,
      checks: [check('node', true), ...names.map((name) => check(name, false))],
    });
  expect(failing('project folder')?.code).toBe('PATH_NOT_WRITABLE');
  expect(failing('project folder', 'temp folder')?.code).toBe('PATH_NOT_WRITABLE');
  expect(failing('libsql', 'project folder')?.code).toBe('NATIVE_MODULE');
  expect(failing('libsql')?.code).toBe('NATIVE_MODULE');
  expect(doctorFailure({ healthy: true, checks: [check('project folder', true)] })).toBeUndefined();
});
