import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/**
 * Number of the first line that is no JSON, from 1. The table engine counts lines by buffers and is at times one too high,
 * so a file that it has refused is looked through again.
 */
export async function badJsonLine(path: string): Promise<number | undefined> {
  const file = createReadStream(path);
  const input = /\.gz$/i.test(path) ? file.pipe(createGunzip()) : file;
  let number = 0;
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (line.trim() !== '' && !isJson(line.replace(/^\uFEFF/, ''))) return number;
    }
  } catch {
    return undefined;
  } finally {
    file.destroy();
  }
  return undefined;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
