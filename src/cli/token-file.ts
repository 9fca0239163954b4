import { readFileSync } from 'node:fs';
import { AutoModelError } from '../platform/index.js';

/**
 * Tokens of a file: one a line; empty lines and those that begin with # are left out.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE; CONFIG_INVALID when there is none in it
 */
export function readTokens(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new AutoModelError(
      code === 'ENOENT' ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE',
      `Cannot read the tokens in ${path}: ${message}`,
      { remedy: 'Name a file with one token a line.', details: { path }, cause },
    );
  }
  const tokens = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (tokens.length > 0) return tokens;
  // An empty file must not mean that nobody is asked for a token.
  throw new AutoModelError('CONFIG_INVALID', `${path} holds no token`, {
    remedy: 'Write one token a line, as from: openssl rand -hex 24',
    details: { path },
  });
}
