import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { AutoModelError, removeQuietly, writeFileAtomic } from '../../platform/index.js';
import type { DatasetContract } from '../../schema/index.js';
import type { ArtefactExtra } from '../loop/fitted-model.js';

/** A file of the folder, in parts. */
export type ArtefactFiles = ReadonlyMap<string, readonly Uint8Array[]>;

export interface ArtefactContent {
  /** model.json: what the other files need to be fed */
  readonly record: object;
  readonly contract: DatasetContract;
  /** model.onnx, tables/, golden/ */
  readonly files: ArtefactFiles;
  readonly extra: ArtefactExtra;
}

/**
 * Writes the folder under another name and renames it when it is whole. manifest.json holds the SHA-256 of every file. A
 * contract.json among the caller's files takes the place of the dataset's own.
 * @throws DISK_FULL; USAGE when the folder exists or a name leads out of it
 */
export function writeArtefact(dir: string, { record, contract, files, extra }: ArtefactContent): void {
  if (existsSync(dir)) {
    throw new AutoModelError('USAGE', `The artefact folder ${dir} exists already`, {
      remedy: 'Name a new folder.',
      details: { dir },
    });
  }
  const all = new Map<string, readonly Uint8Array[]>([
    ['model.json', [json(record)]],
    ['contract.json', [json(contract)]],
    ['metrics.json', [json(extra.metrics)]],
    ['lineage.json', [json(extra.lineage)]],
    ...files,
    ...Object.entries(extra.files ?? {}).map(([name, content]) => [name, [bytes(content)]] as const),
  ]);
  const part = `${dir}.${process.pid}.part`;
  removeQuietly(part);
  try {
    const manifest: Record<string, string> = {};
    for (const [name, pieces] of all) {
      if (!/^[\w.-]+(\/[\w.-]+)*$/.test(name) || name.split('/').includes('..')) {
        throw new AutoModelError('USAGE', `"${name}" is no name for a file of an artefact`, {
          details: { name },
        });
      }
      const digest = createHash('sha256');
      for (const piece of pieces) digest.update(piece);
      manifest[name] = digest.digest('hex');
      writeFileAtomic(join(part, name), pieces);
    }
    writeFileAtomic(join(part, 'manifest.json'), [json(manifest)]);
    mkdirSync(join(dir, '..'), { recursive: true });
    renameSync(part, dir);
  } catch (error) {
    removeQuietly(part);
    throw error;
  }
}

function json(value: unknown): Uint8Array {
  return bytes(`${JSON.stringify(value ?? null, null, 2)}\n`);
}

function bytes(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content;
}
