import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npyParts, parseNpy, type NpyArray } from '../../../src/training/artefact/npy.js';

/** A copy of an artefact folder that can be damaged, as an accident would or as somebody who then fits the manifest. */
export class DamagedArtefact {
  constructor(
    whole: string,
    readonly dir: string,
  ) {
    cpSync(whole, dir, { recursive: true });
  }

  read(file: string): Buffer {
    return readFileSync(join(this.dir, file));
  }

  json(file: string) {
    return JSON.parse(this.read(file).toString('utf8'));
  }

  remove(file: string): void {
    rmSync(join(this.dir, file));
  }

  /** Replaces a file and leaves the manifest as it was. */
  write(file: string, content: string | Uint8Array): void {
    writeFileSync(join(this.dir, file), content);
  }

  /** Replaces a file and makes the manifest agree. */
  forge(file: string, content: string | Uint8Array): void {
    this.write(file, content);
    const digest = createHash('sha256').update(content).digest('hex');
    this.write('manifest.json', JSON.stringify({ ...this.json('manifest.json'), [file]: digest }));
  }

  forgeJson(file: string, change: (value: ReturnType<DamagedArtefact['json']>) => unknown): void {
    const value = this.json(file);
    this.forge(file, JSON.stringify(change(value) ?? value));
  }

  forgeArray(
    file: string,
    change: (data: NpyArray, shape: readonly number[]) => readonly [NpyArray, number[]],
  ): void {
    const { data, shape } = parseNpy(this.read(file), file);
    const [changed, dims] = change(data, shape);
    this.forge(file, Buffer.concat(npyParts(changed, dims)));
  }

  /** Flips one bit of a file. */
  flip(file: string, at: number): void {
    const content = this.read(file);
    content[at < 0 ? content.length + at : at] ^= 0x40;
    this.write(file, content);
  }
}
