import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeFile } from '../../src/data/dataset-json.js';
import { newFolder } from './fixtures.js';

/** Roles of log.csv beside a dataset.json of the given content. */
function roles(content: string | undefined, file = 'log.csv'): Record<string, string> | undefined {
  const dir = newFolder();
  if (content !== undefined) writeFileSync(join(dir, 'dataset.json'), content);
  const columns = new Set(['a', 'b', 'c', '__proto__', 'constructor']);
  const found = describeFile(join(dir, file), columns)?.roles;
  return found && Object.fromEntries(found);
}

const described = (columns: object): string => JSON.stringify({ tables: { 'log.csv': { columns } } });

describe('describeFile', () => {
  it('gives the roles that are known, by column', () => {
    const columns = { a: { role: 'leak' }, b: { role: 'context', type: 'int8' }, c: { role: 'wizard' } };
    expect(roles(described(columns))).toEqual({ a: 'leak', b: 'context' });
  });

  it('is of the file of that name alone', () => {
    const content = described({ a: { role: 'leak' } });
    expect(roles(content, 'other.csv')).toBeUndefined();
    expect(roles(content, 'LOG.CSV')).toBeUndefined();
  });

  it('is nothing where there is no such file, or one of another kind', () => {
    expect(roles(undefined)).toBeUndefined();
    for (const content of ['{}', '[]', 'null', '"text"', '{"tables": []}', '{"tables": {"log.csv": {}}}'])
      expect([content, roles(content)]).toEqual([content, undefined]);
    expect(roles(described({}))).toEqual({});
  });

  it('refuses one that is not JSON, by its path', () => {
    expect(() => roles('{"tables": ')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('dataset.json') }),
    );
  });

  it('takes hostile names for names', () => {
    const content = `{"tables": {"log.csv": {"columns": {"__proto__": {"role": "leak"}, "constructor": {"role": "meta"}}}}}`;
    const found = roles(content);
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
    expect(found?.['constructor']).toBe('meta');
    expect(({} as Record<string, unknown>)['role']).toBeUndefined();
  });
});
