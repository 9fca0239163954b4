import { describe, expect, it } from 'vitest';
import { describeError } from '../../src/execution/messages.js';
import { faultOf } from '../../src/execution/outcomes.js';
import { AutoModelError } from '../../src/platform/index.js';
import { TrialOutcome } from '../../src/schema/index.js';

const system = (code: string): Error => Object.assign(new Error(`${code}: write`), { code });

describe('an error on its way out of a worker', () => {
  it.each([
    [system('ENOSPC'), 'DISK_FULL', true, /Free some space/],
    [system('EACCES'), 'PATH_NOT_WRITABLE', true, /owns the path/],
    [system('ERR_DLOPEN_FAILED'), 'NATIVE_MODULE', true, /doctor/],
    [system('toString'), 'INTERNAL', false, /AUTOMODEL_LOG=debug/],
    [
      new AutoModelError('BATCH_EMPTY', 'none', { remedy: 'More rows.' }),
      'BATCH_EMPTY',
      false,
      /^More rows\.$/,
    ],
  ])('%s is the fault %s with its remedy', (error, code, infrastructure, remedy) => {
    const fault = TrialOutcome.parse(faultOf(describeError(error)));
    expect(fault).toMatchObject({
      kind: 'fault',
      code,
      infrastructure,
      remedy: expect.stringMatching(remedy),
    });
  });

  it('has no remedy when nobody knew one', () => {
    expect(faultOf(describeError(new AutoModelError('BATCH_EMPTY', 'none')))).toEqual({
      kind: 'fault',
      code: 'BATCH_EMPTY',
      message: 'none',
      infrastructure: false,
    });
  });
});
