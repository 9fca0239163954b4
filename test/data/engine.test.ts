import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../../src/data/index.js';
import { engineError, withoutValues } from '../../src/data/engine-errors.js';
import { numberLiteral, quoteName, quoteText } from '../../src/data/sql.js';
import { faultOf, newFolder } from './fixtures.js';

describe('the locked engine', () => {
  let engine: Engine;
  const folder = newFolder();
  const given = join(folder, 'given.csv');
  const secret = join(folder, 'secret.csv');
  const out = join(folder, 'out');

  beforeAll(async () => {
    writeFileSync(given, 'a\n1\n');
    writeFileSync(secret, 'a\n2\n');
    engine = await openEngine({ files: [given], folders: [out], memoryMb: 40, threads: 1 });
  });
  afterAll(() => engine.close());

  it('reads the given file and writes into the given folder', async () => {
    expect(await engine.rows(`SELECT a::INTEGER FROM read_csv(${quoteText(given)})`)).toEqual([[1]]);
    writeFileSync(join(newFolder(), 'x'), '');
  });

  it.each([
    ['another file', `SELECT * FROM read_csv(${quoteText(secret)})`],
    ['another file by dots', `SELECT * FROM read_csv(${quoteText(join(out, '..', 'secret.csv'))})`],
    ['the system', `SELECT * FROM read_text('/etc/passwd')`],
    ['a pattern', `SELECT * FROM glob('/etc/*')`],
    ['the network', `SELECT * FROM read_csv('https://example.com/x.csv')`],
    ['an extension', `INSTALL httpfs`],
    ['a loaded extension', `LOAD httpfs`],
    ['another database', `ATTACH ${quoteText(join(folder, 'other.duckdb'))}`],
    ['a file to write', `COPY (SELECT 1) TO ${quoteText(join(folder, 'stolen.csv'))}`],
    ['its own lock', `SET enable_external_access = true`],
    ['its limits', `SET memory_limit = '100GB'`],
    ['its folders', `SET allowed_directories = ['/']`],
    ['the environment', `SELECT getenv('HOME')`],
  ])('cannot reach %s', async (_, sql) => {
    await faultOf(engine.rows(sql));
    expect(existsSync(join(folder, 'stolen.csv'))).toBe(false);
  });

  it('spills to disk instead of failing when a sort does not fit into memory', async () => {
    const [[rows]] = await engine.rows(
      `SELECT count(*)::DOUBLE FROM (SELECT i, md5(i::VARCHAR) AS h, row_number() OVER (ORDER BY md5(i::VARCHAR)) AS n FROM range(400000) r(i)) WHERE n > 0`,
    );
    expect(rows).toBe(400_000);
  });

  it('says what ran out when the spill limit is reached', async () => {
    const small = await openEngine({ files: [], memoryMb: 32, tempLimitMb: 1, threads: 1 });
    try {
      const fault = await faultOf(small.rows(`SELECT list(i ORDER BY hash(i)) FROM range(8000000) r(i)`));
      expect(['OUT_OF_MEMORY', 'DISK_FULL']).toContain(fault.code);
    } finally {
      small.close();
    }
  });

  it('stops when the signal is given and leaves no working folder', async () => {
    const control = new AbortController();
    const workDir = join(newFolder(), 'work');
    const running = await openEngine({ files: [], workDir, signal: control.signal });
    const answer = faultOf(
      running.rows('SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(10000) b(i)'),
    );
    setImmediate(() => control.abort());
    expect((await answer).code).toBe('INTERRUPTED');
    expect((await faultOf(running.rows('SELECT 1'))).code).toBe('INTERRUPTED');
    running.close();
    expect(existsSync(workDir)).toBe(false);
  });
});

describe('quoting', () => {
  it('keeps names and texts what they are', () => {
    expect(quoteName('"; drop table x --')).toBe('"""; drop table x --"');
    expect(quoteText(`'; drop`)).toBe(`'''; drop'`);
  });

  it('writes numbers that read back the same', async () => {
    const engine = await openEngine({ files: [] });
    try {
      for (const value of [
        0,
        -1,
        0.1,
        1e300,
        -2.5e-7,
        9007199254740992,
        Number.POSITIVE_INFINITY,
        4.000000000000001,
      ]) {
        expect(await engine.rows(`SELECT (${numberLiteral(value)})::DOUBLE`)).toEqual([[value]]);
      }
    } finally {
      engine.close();
    }
  });
});

describe('engine errors', () => {
  it('carry no cell contents', () => {
    const message = `Conversion Error: Could not convert string 'alice@example.com' to INT32, id 1234567`;
    expect(withoutValues(message)).toBe(`Conversion Error: Could not convert string '…' to INT32, id …`);
    expect(engineError(new Error(message)).message).not.toContain('alice');
  });

  it.each([
    `Binder Error: Object {"user_id":"u8secret","n":1650 has no key`,
    `Invalid Error: "u8secret" is not fine`,
    `Invalid Error: list [u8secret, 5] is too long`,
    `CSV Error on Line: 3\nOriginal Line: u8secret,"\nExpected u8secret\nsome new reason`,
    `CSV Error on Line: 3\nOriginal Line: u8secret,1\nExpected Number of Columns: 3 Found: 2\n`,
  ])('carry no record either: %s', (message) => {
    const fault = engineError(new Error(message));
    expect(JSON.stringify([fault.message, fault.remedy, fault.details])).not.toContain('u8secret');
  });

  it.each([
    ['Out of Memory Error: failed to allocate', 'OUT_OF_MEMORY'],
    ['IO Error: Could not write: No space left on device', 'DISK_FULL'],
    ['INTERRUPT Error: Interrupted!', 'INTERRUPTED'],
    ['CSV Error on Line: 7\nExpected Number of Columns: 3 Found: 2', 'FILE_UNREADABLE'],
    ['something else', 'INTERNAL'],
    [
      'Invalid Input Error: JSON transform error in file "x", in line 1: Object {"a":"b" has duplicate key "a"',
      'FILE_UNREADABLE',
    ],
  ])('%s', (message, code) => {
    expect(engineError(new Error(message)).code).toBe(code);
  });
});
