import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../src/data/index.js';
import { inspectFile, loadTable } from '../../src/data/load-table.js';
import type { AutoModelError } from '../../src/platform/index.js';
import { faultOf, project } from './fixtures.js';

async function read(name: string, content: string | Uint8Array): Promise<number> {
  const [path] = project({ [name]: content }).paths;
  const engine = await openEngine({ files: [path], threads: 1 });
  try {
    return (await loadTable(engine, 't', 'raw_0', [await inspectFile(engine, path)])).rows;
  } finally {
    engine.close();
  }
}

/** Everything of a fault that a person, a log or a journal may get to see. */
const shown = (fault: AutoModelError): string =>
  JSON.stringify([
    fault.message,
    fault.remedy,
    fault.details,
    fault.cause === undefined ? '' : String(fault.cause),
  ]);

const head = 'user_id,item_id,city\n';
const row = 'alice,thing,Köln\n';
const json = (city: string): string => `{"user_id":"alice","item_id":"thing","city":${city}}\n`;
const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const many = Array.from({ length: 900 }, (_, i) => `alice${(i * i) % 997},thing${i},Bern\n`).join('');

describe('a file that cannot be read', () => {
  it.each<[string, string, string | Uint8Array, number | undefined, string, string]>([
    ['an open quote', 'x.csv', `${head}${row}alice,thing,"Zug\n${row}`, 3, 'quote', 'Close the quote'],
    ['a short row', 'x.csv', `${head}${row}alice,thing\n${row}`, 3, '2 cells instead of 3', 'as many cells'],
    [
      'a long row',
      'x.csv',
      `${head}${row}alice,thing,Zug,Bern\n`,
      3,
      '4 cells instead of 3',
      'as many cells',
    ],
    ['Latin-1', 'x.csv', latin(head + row), 2, 'not UTF-8', 'Convert'],
    ['UTF-16', 'x.csv', Buffer.from(`\uFEFF${head}${row}`, 'utf16le'), undefined, 'UTF-16', 'Convert'],
    ['UTF-16 without a mark', 'x.csv', Buffer.from(head + row, 'utf16le'), undefined, 'UTF-16', 'Convert'],
    ['cut gzip', 'x.csv.gz', gzipSync(head + many).subarray(0, 1500), undefined, 'cut off', 'again'],
    ['no gzip', 'x.csv.gz', head + row, undefined, 'not a gzip', 'drop .gz'],
    ['a repeated key', 'x.jsonl', json('1,"city":2'), 1, 'one key twice', 'once'],
    ['broken JSON', 'x.jsonl', json('"Bern"') + json('}'), 2, 'not valid JSON', 'one object a line'],
    [
      'cut JSON',
      'x.jsonl',
      `${json('"Bern"')}{"user_id":"alice","ci`,
      undefined,
      'too early',
      'whole object',
    ],
    ['Latin-1 in JSON', 'x.jsonl', latin(json('"Köln"')), undefined, 'not UTF-8', 'Convert'],
    ['no Parquet', 'x.parquet', head + row.repeat(9), undefined, 'not a whole Parquet', 'Write it again'],
  ])('names file, line and reason and no cell: %s', async (_, name, content, line, reason, remedy) => {
    const fault = await faultOf(read(name, content));
    expect(fault.code).toBe('FILE_UNREADABLE');
    expect(fault.message).toContain(name);
    expect(fault.message).toContain(reason);
    expect(fault.remedy).toContain(remedy);
    if (line !== undefined) expect(fault.details['line']).toBe(line);
    expect(shown(fault)).not.toMatch(/alice|thing|Zug|Bern|K.{0,3}ln/);
  });

  it('is none of these: quotes, many bytes and whole gzip', async () => {
    expect(await read('x.csv', `${head}"ali""ce",thing,"Zug\n(See)"\n${row}`)).toBe(2);
    expect(await read('x.csv.gz', gzipSync(head + many))).toBe(900);
    expect(await read('x.jsonl', json('"Köln"'))).toBe(1);
  });
});
