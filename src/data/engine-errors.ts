import { AutoModelError, isAutoModelError } from '../platform/index.js';

/** Takes quoted values and long numbers out of an engine message: they may be user ids or other cell contents. */
export function withoutValues(message: string): string {
  return message
    .split('\n')[0]
    .replaceAll(/'(?:[^']|'')*'/g, "'…'")
    .replaceAll(/\d{4,}/g, '…')
    .slice(0, 300);
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
  const badLine =
    /CSV Error on Line: (\d+)/.exec(message) ?? /Malformed JSON in file .* in line (\d+)/.exec(message);
  if (badLine !== null) {
    const reason = /Malformed JSON/.test(message)
      ? 'not valid JSON'
      : (message.split('\n')[1] ?? 'malformed');
    return new AutoModelError('FILE_UNREADABLE', withoutValues(reason), {
      details: { line: Number(badLine[1]) },
    });
  }
  return new AutoModelError('INTERNAL', `Table engine: ${withoutValues(message)}`);
}
