import { closeSync, openSync, readSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { AutoModelError, isAutoModelError } from '../platform/index.js';
import { saysKey } from './column-names.js';

export interface CsvDialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly header: boolean;
}

export interface CsvShape {
  readonly dialect: CsvDialect;
  /** empty lines before the first record */
  readonly blankLines: number;
  /** names from the header, made unique and non-empty; column0, column1, ... without a header */
  readonly columns: readonly string[];
  /** names of the header that are empty or there twice, with what they became */
  readonly renamed: readonly (readonly [string, string])[];
}

const headBytes = 1 << 20;

/** The beginning of a file as text, unpacked when it is gzip. */
export function fileHead(path: string): string {
  const descriptor = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(headBytes);
    const packed = bytes.subarray(0, readSync(descriptor, bytes, 0, headBytes, 0));
    const gzip = packed[0] === 0x1f && packed[1] === 0x8b;
    // A cut-off gzip stream is read as far as it goes.
    const plain = gzip
      ? gunzipSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 64 << 20 })
      : packed;
    checkEncoding(path, plain);
    return plain.toString('utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    if (isAutoModelError(cause)) throw cause;
    throw new AutoModelError('FILE_UNREADABLE', `${path} cannot be read`, {
      remedy: 'Mend or replace the file.',
      details: { file: path },
      cause,
    });
  } finally {
    closeSync(descriptor);
  }
}

/** UTF-16 has a mark of its own, or a zero byte beside every letter. */
function checkEncoding(path: string, bytes: Buffer): void {
  const marked = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const start = bytes.subarray(0, 1000);
  const zeros = start.filter((byte) => byte === 0).length;
  if (!marked && zeros <= 0.3 * start.length) return;
  throw new AutoModelError('FILE_UNREADABLE', `${path} is UTF-16, not UTF-8`, {
    remedy: 'Convert the file to UTF-8, for instance: iconv -f UTF-16 -t UTF-8.',
    details: { file: path },
  });
}

/** Splits up to `limit` records; quotes may hold delimiters and line breaks, a doubled quote is a quote. */
export function splitRecords(text: string, delimiter: string, quote: string, limit: number): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length && records.length < limit; i += 1) {
    const character = text[i];
    if (quoted) {
      if (character !== quote) cell += character;
      else if (text[i + 1] === quote) {
        cell += quote;
        i += 1;
      } else quoted = false;
    } else if (quote !== '' && character === quote && cell === '') quoted = true;
    else if (text.startsWith(delimiter, i)) {
      record.push(cell);
      cell = '';
      i += delimiter.length - 1;
    } else if (character === '\n' || character === '\r') {
      if (character === '\r' && text[i + 1] === '\n') i += 1;
      if (record.length > 0 || cell !== '') records.push([...record, cell]);
      record = [];
      cell = '';
    } else cell += character;
  }
  if (records.length < limit && (record.length > 0 || cell !== '')) records.push([...record, cell]);
  return records;
}

const delimiters = [',', '\t', ';', '|', '::'];

/** The delimiter that cuts the first lines into the same, largest number of cells. */
function findDelimiter(text: string): string {
  let best = ',';
  let bestWidth = 1;
  for (const delimiter of delimiters) {
    const widths = splitRecords(text, delimiter, '"', 20).map((record) => record.length);
    const width = widths[0] ?? 1;
    const regular = widths.filter((w) => w === width).length >= Math.ceil(widths.length * 0.8);
    if (regular && width > bestWidth) {
      best = delimiter;
      bestWidth = width;
    }
  }
  return best;
}

const isNumber = (cell: string): boolean => cell.trim() !== '' && Number.isFinite(Number(cell));

/** Names made unique without regard to case, since SQL has none; an empty one is called by its position. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((raw, index) => {
    const base = raw.trim() === '' ? `column${index}` : raw;
    let name = base;
    for (let n = 1; taken.has(name.toLowerCase()); n += 1) name = `${base}_${n}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

const missing = /^(\\n|null|n\/?a|nan|none|nil|inf|-|\?)?$/i;

/**
 * A record of words is a header. One with numbers in it is one too when it has words that never come again, over columns of
 * numbers, and these are as many as its numbers or one of them ends in "id": a column may be called 2021.
 */
function looksLikeHeader(first: readonly string[], later: readonly (readonly string[])[]): boolean {
  const numbers = first.filter(isNumber).length;
  if (numbers === 0) return true;
  const words = first.flatMap((cell, index) =>
    isNumber(cell) ? [] : [{ cell, below: later.map((record) => record[index] ?? '') }],
  );
  if (words.some(({ cell, below }) => missing.test(cell.trim()) || below.includes(cell))) return false;
  const overNumbers = words.filter(({ below }) => below.length > 0 && below.every(isNumber)).length;
  return overNumbers > 0 && (overNumbers >= numbers || words.some(({ cell }) => saysKey(cell)));
}

/** Reads the dialect off the first mebibyte. */
export function sniffCsv(path: string, given?: CsvDialect): CsvShape {
  const text = fileHead(path);
  const delimiter = given?.delimiter ?? findDelimiter(text);
  const quote = given?.quote ?? '"';
  const [first, ...later] = splitRecords(text, delimiter, quote, 200);
  if (first === undefined) {
    throw new AutoModelError('FILE_UNREADABLE', `${path} is empty`, {
      remedy: 'Write a header and rows into it, or leave the file out.',
      details: { file: path },
    });
  }
  const header = given?.header ?? looksLikeHeader(first, later);
  const columns = uniqueNames(header ? first : first.map((_, index) => `column${index}`));
  return {
    dialect: { delimiter, quote, header },
    blankLines: /^(?:[ \t]*\r?\n)*/.exec(text)?.[0].match(/\n/g)?.length ?? 0,
    columns,
    renamed: header
      ? columns.flatMap((name, index) => (name === first[index] ? [] : [[first[index], name] as const]))
      : [],
  };
}
