import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether every file that an artefact's manifest names is in its folder. What they hold is checked when it is loaded; a
 * file that was deleted is found here, so that the trial that made it is repeated.
 */
export function artefactIsThere(dir: string): boolean {
  try {
    const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as object;
    return Object.keys(manifest).every((file) => existsSync(join(dir, file)));
  } catch {
    return false; // no folder, no manifest, or half of one
  }
}
