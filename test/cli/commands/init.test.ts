import { describe, expect, it } from 'vitest';
import { readRoles } from '../../../src/cli/commands/init.js';

describe('--role', () => {
  it('takes a column, whatever its name, and a role', () => {
    expect(readRoles(['events.column0=user_id', 'events.a=b=meta'])).toEqual({
      'events.column0': 'user_id',
      'events.a=b': 'meta',
    });
    expect(readRoles([])).toBeUndefined();
  });

  it.each(['events.x', 'events.x=', '=user_id', 'events.x=user'])(
    'refuses %s and names the roles',
    (text) => {
      expect(() => readRoles([text])).toThrow(
        expect.objectContaining({
          code: 'USAGE',
          remedy: expect.stringContaining('user_id, item_id') as string,
        }),
      );
    },
  );
});
