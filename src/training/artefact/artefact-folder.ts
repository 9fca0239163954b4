import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AutoModelError, isAutoModelError } from '../../platform/index.js';
import { FORMAT_VERSION } from './format-version.js';
import { parseNpy, type NpyContent } from './npy.js';

/** Of the same arithmetic on another machine. */
export const EXACT_TOLERANCE = 1e-5;
/** Of weights or activations that were rounded: what only a mistake exceeds. */
export const ROUNDED_TOLERANCE = 0.25;

/** The files of an artefact, each checked against the manifest when it is read. */
export class ArtefactFolder {
  private readonly manifest: Readonly<Record<string, string>>;

  constructor(private readonly dir: string) {
    let text: Buffer;
    try {
      text = readFileSync(join(dir, 'manifest.json'));
    } catch (cause) {
      throw new AutoModelError('FILE_NOT_FOUND', `${dir} holds no artefact (no manifest.json)`, {
        details: { dir },
        cause,
      });
    }
    this.manifest = this.parse('manifest.json', text, z.record(z.string(), z.string()));
  }

  bytes(file: string): Uint8Array {
    let content: Buffer;
    try {
      content = readFileSync(join(this.dir, file));
    } catch (cause) {
      throw this.corrupt(`${file} is missing`, cause);
    }
    if (createHash('sha256').update(content).digest('hex') !== this.manifest[file]) {
      throw this.corrupt(`${file} does not match the manifest`);
    }
    return content;
  }

  npy(file: string): NpyContent {
    return parseNpy(this.bytes(file), file);
  }

  /** model.json. @throws ARTEFACT_CORRUPT, naming the version when it is one that is not known here */
  record<T>(schema: z.ZodType<T>): T {
    const { formatVersion } = this.json('model.json', z.object({ formatVersion: z.unknown() }));
    if (typeof formatVersion === 'number' && formatVersion !== FORMAT_VERSION) {
      throw this.corrupt(`it has format version ${formatVersion}, and only ${FORMAT_VERSION} is known`);
    }
    return this.json('model.json', schema);
  }

  json<T>(file: string, schema: z.ZodType<T>): T {
    return this.parse(file, this.bytes(file), schema);
  }

  /** @throws ARTEFACT_CORRUPT when there are no scores, or one is off by more than the tolerance */
  compare(scores: Float32Array, expected: ArrayLike<number>, tolerance = EXACT_TOLERANCE): void {
    if (expected.length === 0) throw this.corrupt('it has no golden rows');
    if (scores.length !== expected.length) throw this.corrupt('its golden rows are incomplete');
    for (let i = 0; i < scores.length; i += 1) {
      const difference = Math.abs(scores[i] - expected[i]);
      if (!(difference <= tolerance * Math.max(1, Math.abs(expected[i])))) {
        throw this.corrupt(`golden score ${i} is ${scores[i]}, expected ${expected[i]}`);
      }
    }
  }

  corrupt(reason: string, cause?: unknown): AutoModelError {
    return new AutoModelError('ARTEFACT_CORRUPT', `The artefact ${this.dir} is refused: ${reason}`, {
      remedy: 'Copy the folder again from where it was made, or train the model again.',
      details: { dir: this.dir },
      cause,
    });
  }

  /** A failure that the content of the folder caused, as such; one of the environment as it is. */
  blamed(reason: string, cause: unknown): unknown {
    if (isAutoModelError(cause) && (cause.code === 'ARTEFACT_CORRUPT' || cause.retryable)) return cause;
    return this.corrupt(`${reason}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }

  private parse<T>(file: string, content: Uint8Array, schema: z.ZodType<T>): T {
    try {
      return schema.parse(JSON.parse(Buffer.from(content).toString('utf8')));
    } catch (cause) {
      throw this.corrupt(`${file} is not what it should be`, cause);
    }
  }
}
