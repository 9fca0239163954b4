import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sniffCsv, splitRecords, uniqueNames } from '../../src/data/csv-dialect.js';
import { project } from './fixtures.js';

function sniff(name: string, content: string | Uint8Array): ReturnType<typeof sniffCsv> {
  return sniffCsv(join(project({ [name]: content }).dir, name));
}

describe('sniffCsv', () => {
  it.each([
    ['commas', 'user,item,ts\na,b,1\n', ',', true, ['user', 'item', 'ts']],
    [
      'tabs without a header',
      '196\t242\t3\t881250949\n186\t302\t3\t891717742\n',
      '\t',
      false,
      ['column0', 'column1', 'column2', 'column3'],
    ],
    [
      'double colons',
      '1::1193::5::978300760\n1::661::3::978302109\n',
      '::',
      false,
      ['column0', 'column1', 'column2', 'column3'],
    ],
    ['quoted delimiters', 'title;year\n"a;b";2000\n"c ""d""";2001\n', ';', true, ['title', 'year']],
    ['a byte order mark', '\uFEFFuser,item\na,b\n', ',', true, ['user', 'item']],
    [
      'years for names',
      'user_id,ts,label,2021,2022\nu,5,1,3,4\nv,6,0,4,3\n',
      ',',
      true,
      ['user_id', 'ts', 'label', '2021', '2022'],
    ],
    [
      'words of a first event',
      'u8,i18,1650000000,0\nu9,i3,1650000060,1\n',
      ',',
      false,
      ['column0', 'column1', 'column2', 'column3'],
    ],
    [
      'missing cells of a first event',
      'u8,NULL,1650000000\nu9,3,1650000060\n',
      ',',
      false,
      ['column0', 'column1', 'column2'],
    ],
    ['words that come again', 'view,1,5\nview,2,6\n3,4,7\n', ',', false, ['column0', 'column1', 'column2']],
    ['one bad cell', 'u8,later,4,1\nu9,7,5,0\n', ',', false, ['column0', 'column1', 'column2', 'column3']],
    ['a lone column', 'user\na\nb\n', ',', true, ['user']],
  ] as const)('%s', (_, text, delimiter, header, columns) => {
    const shape = sniff('x.csv', text);
    expect([shape.dialect.delimiter, shape.dialect.header, shape.columns]).toEqual([
      delimiter,
      header,
      columns,
    ]);
  });

  it('looks into gzip, also when only the beginning is read', () => {
    const text = `user,item\n${'a,b\n'.repeat(200_000)}`;
    expect(sniff('x.csv.gz', gzipSync(text)).columns).toEqual(['user', 'item']);
  });

  it('counts empty lines before the header', () => {
    expect(sniff('x.csv', '\n\r\nuser,item\na,b\n')).toMatchObject({
      blankLines: 2,
      columns: ['user', 'item'],
    });
    expect(sniff('x.csv', 'user,item\n\na,b\n').blankLines).toBe(0);
  });

  it('refuses an empty file', () => {
    expect(() => sniff('x.csv', '')).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }));
  });
});

describe('splitRecords', () => {
  it('reads back what quoting writes', () => {
    const text = fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 4 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(text, (records) => {
        const written = records.map((r) => r.map((c) => `"${c.replaceAll('"', '""')}"`).join(',')).join('\n');
        expect(splitRecords(written, ',', '"', 100)).toEqual(records);
      }),
    );
  });
});

describe('uniqueNames', () => {
  it('makes names unique without regard to case and gives the nameless a name', () => {
    expect(uniqueNames(['a', 'A', '', 'a', '__proto__', ' '])).toEqual([
      'a',
      'A_1',
      'column2',
      'a_2',
      '__proto__',
      'column5',
    ]);
  });

  it('always yields as many distinct names', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'A', 'a_1', 'A_1', '', 'column2')), (names) => {
        const unique = uniqueNames(names);
        expect(unique).toHaveLength(names.length);
        expect(new Set(unique.map((name) => name.toLowerCase())).size).toBe(names.length);
      }),
    );
  });
});
