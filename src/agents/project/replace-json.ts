import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { writeFileAtomic } from '../../platform/index.js';
import type { OperationIo } from '../../schema/index.js';

/** Writes a file that belongs to the person: another one that is there is kept beside it. */
export function replaceJson(path: string, content: unknown, warn: OperationIo['warn']): void {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  if (before === text) return;
  if (before !== undefined) {
    writeFileAtomic(`${path}.bak`, before);
    const name = basename(path);
    warn({ code: 'CONFIG_REPLACED', message: `${name} is replaced; the one before is kept as ${name}.bak.` });
  }
  writeFileAtomic(path, text);
}
