import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AutoModelError } from './errors.js';

const here = dirname(fileURLToPath(import.meta.url));
/** Root of the installed package: two floors above dist/platform (or src/platform under a test runner). */
export const packageRoot = join(here, '..', '..');

/** Version of this package, as package.json says. */
export const packageVersion: string = (
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
).version;

/**
 * Path of a worker entry, always built JavaScript: Node 20 cannot start a TypeScript worker, so tests build first.
 * @param name path below dist without extension, e.g. "training/compute-thread"
 */
export function workerEntry(name: string): string {
  const path = join(packageRoot, 'dist', ...name.split('/')) + '.js';
  if (!existsSync(path)) {
    throw new AutoModelError(
      'INTERNAL',
      `Worker entry ${name} is not built (${path.split(sep).slice(-3).join('/')})`,
      {
        remedy: 'Run npm run build first.',
        details: { name },
      },
    );
  }
  return path;
}
