import { AutoModelError, isAutoModelError } from '../platform/index.js';

/** Takes quoted values, records and long numbers out of an engine message: they may be user ids or other cell contents. */
export function withoutValues(message: string): string {
  return message
    .split('\n')[0]
    .replaceAll(/'(?:[^']|'')*'/g, "'…'")
    .replaceAll(/[{[].*/g, '…')
    .replaceAll(/"(?:[^"]|"")*"?/g, '"…"')
    .replaceAll(/\d{4,}/g, '…')
    .slice(0, 300);
}

interface Reason {
  readonly pattern: RegExp;
  /** our own words, with `$1`, `$2` from the pattern, which may catch counts only */
  readonly says: string;
  readonly remedy: string;
}

const encoding = 'Convert the file to UTF-8, for instance: iconv -f LATIN1 -t UTF-8.';

/** What the engine finds wrong with a file, in our own words: its own messages quote the row. */
const reasons: readonly Reason[] = [
  { pattern: /invalid unicode|not utf-8|invalid UTF-8/i, says: 'bytes that are not UTF-8', remedy: encoding },
  {
    pattern: /^Value with unterminated quote found/im,
    says: 'a quote opens here and never closes',
    remedy: 'Close the quote, or write a quote inside a quoted cell twice.',
  },
  {
    pattern: /^Expected Number of Columns: (\d+) Found: (\d+)$/im,
    says: 'the row has $2 cells instead of $1',
    remedy: 'Give every row as many cells as the header; quote cells that hold the delimiter.',
  },
  {
    pattern: /Maximum line size/i,
    says: 'a row that is longer than 16 MiB',
    remedy: 'Look for a quote that never closes.',
  },
  {
    pattern: /has duplicate key/,
    says: 'a record that has one key twice',
    remedy: 'Write every key of a record once.',
  },
  {
    pattern: /maximum_object_size/,
    says: 'a record that is longer than 64 MiB',
    remedy: 'Write one object a line.',
  },
  {
    pattern: /unexpected end of data/,
    says: 'a record that ends too early',
    remedy: 'Write one whole object a line; the file may be cut off.',
  },
  { pattern: /Malformed JSON/, says: 'not valid JSON', remedy: 'Write one object a line.' },
  {
    pattern: /JSON transform error/,
    says: 'a record unlike the others',
    remedy: 'Give a key values of one kind in all records.',
  },
  {
    pattern: /GZIP/i,
    says: 'not a gzip file, though its name says so',
    remedy: 'Pack it again, or drop .gz from the name.',
  },
  {
    pattern: /too small to be a Parquet file|No magic bytes found/i,
    says: 'not a whole Parquet file',
    remedy: 'Write it again; it may be cut off, or another format.',
  },
];

const place = /CSV Error on Line: (\d+)|(?:Malformed JSON|JSON transform error) in file .*?,? in line (\d+)/;

/** What a message says of a file, or undefined when it speaks of something else. */
function fileFault(message: string): AutoModelError | undefined {
  const line = place.exec(message);
  const reason = reasons.find(({ pattern }) => pattern.test(message));
  if (line === null && reason === undefined) return undefined;
  const found = reason === undefined ? [] : (reason.pattern.exec(message) ?? []);
  const says = (reason?.says ?? 'a row that cannot be read').replaceAll(
    /\$(\d)/g,
    (_, n) => found[Number(n)],
  );
  const at = line?.[1] ?? line?.[2];
  return new AutoModelError('FILE_UNREADABLE', says, {
    remedy: reason?.remedy ?? 'Mend or replace the file.',
    details: at === undefined ? {} : { line: Number(at) },
  });
}

/** Turns what DuckDB throws into a typed error without cell contents. */
export function engineError(cause: unknown): AutoModelError {
  if (isAutoModelError(cause)) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/^INTERRUPT/i.test(message)) return new AutoModelError('INTERRUPTED', 'Interrupted while reading data');
  if (/No space left|max_temp_directory_size|failed to offload/i.test(message)) {
    return new AutoModelError('DISK_FULL', 'The table engine ran out of disk space for temporary data', {
      remedy: 'Free disk space, or put the temp folder on a larger disk.',
    });
  }
  if (/^Out of Memory/i.test(message)) {
    return new AutoModelError('OUT_OF_MEMORY', 'The table engine ran out of memory', {
      remedy: 'Raise AUTOMODEL_MEMORY_MB.',
    });
  }
  return fileFault(message) ?? new AutoModelError('INTERNAL', `Table engine: ${withoutValues(message)}`);
}
