import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/**
 * Whether a gzip file ends before its stream does. The table engine reads such a file as far as it goes and then blames the
 * row that was cut, so this is asked when it blames one.
 */
export async function isCutGzip(path: string): Promise<boolean> {
  if (!/\.gz$/i.test(path)) return false;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return pipeline(createReadStream(path), createGunzip(), nowhere).then(
    () => false,
    (error: unknown) => error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR',
  );
}
