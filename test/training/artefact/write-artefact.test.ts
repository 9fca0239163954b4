import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeArtefact, type ArtefactContent } from '../../../src/training/artefact/write-artefact.js';
import { cycleData } from '../support/tiny-artefacts.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'write-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function content(
  extra: Partial<ArtefactContent['extra']> = {},
  files: Record<string, string> = {},
): ArtefactContent {
  return {
    record: {
      formatVersion: 1,
      task: 'next-item',
      model: 'm',
      hyperParameters: {},
      recipe: {},
      seed: 1,
      parameters: 0,
      inputs: [],
      itemCount: 20,
      maxLength: 5,
    },
    contract: cycleData.contract,
    files: new Map(Object.entries(files).map(([name, text]) => [name, [Buffer.from(text)]])),
    extra: { metrics: { auc: 0.5 }, lineage: undefined, ...extra },
  };
}

/** Every file below a folder, with its text. */
function textsOf(dir: string, prefix = ''): Map<string, string> {
  const texts = new Map<string, string>();
  for (const entry of readdirSync(join(dir, prefix), { withFileTypes: true })) {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (!entry.isDirectory()) texts.set(name, readFileSync(join(dir, name), 'utf8'));
    else for (const [inner, text] of textsOf(dir, name)) texts.set(inner, text);
  }
  return texts;
}

describe('writeArtefact', () => {
  it('writes all files and a manifest with the SHA-256 of each', () => {
    const dir = join(folder, 'deep', 'er', 'artefact');
    writeArtefact(dir, content({ files: { 'notes/a.txt': 'hello' } }, { 'tables/0.npy': 'numbers' }));
    const texts = textsOf(dir);
    expect([...texts.keys()].toSorted()).toEqual([
      'contract.json',
      'lineage.json',
      'manifest.json',
      'metrics.json',
      'model.json',
      'notes/a.txt',
      'tables/0.npy',
    ]);
    const manifest = JSON.parse(texts.get('manifest.json')!);
    texts.delete('manifest.json');
    expect(Object.keys(manifest).toSorted()).toEqual([...texts.keys()].toSorted());
    for (const [name, text] of texts)
      expect(manifest[name]).toBe(createHash('sha256').update(text).digest('hex'));
    // SHA-256 of "hello", from elsewhere
    expect(manifest['notes/a.txt']).toBe('2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');
    expect(JSON.parse(texts.get('lineage.json')!)).toBeNull();
    expect(readdirSync(join(folder, 'deep', 'er'))).toEqual(['artefact']);
  });

  it('hashes a file in parts as the file in one', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }), (parts) => {
        const dir = join(folder, 'parts');
        writeArtefact(dir, { ...content(), files: new Map([['big.bin', parts]]) });
        const written = readFileSync(join(dir, 'big.bin'));
        expect(written).toEqual(Buffer.concat(parts));
        const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
        expect(manifest['big.bin']).toBe(createHash('sha256').update(written).digest('hex'));
        rmSync(dir, { recursive: true });
      }),
      { numRuns: 20 },
    );
  });

  it('prefers a contract of the caller to that of the dataset', () => {
    writeArtefact(join(folder, 'a'), content({ files: { 'contract.json': '"mine"' } }));
    writeArtefact(join(folder, 'b'), content());
    expect(readFileSync(join(folder, 'a', 'contract.json'), 'utf8')).toBe('"mine"');
    expect(JSON.parse(readFileSync(join(folder, 'b', 'contract.json'), 'utf8'))).toEqual(cycleData.contract);
  });

  it.each([
    '',
    '..',
    '../evil',
    'a/../../evil',
    '/etc/evil',
    'a//b',
    'a/',
    'C:\\evil',
    'a\\..\\..\\evil',
    'a\0b',
    'naïve.txt',
  ])('takes no name that leads out of the folder: %j', (name) => {
    const dir = join(folder, 'artefact');
    expect(() => writeArtefact(dir, content({ files: { [name]: 'x' } }))).toThrow(
      expect.objectContaining({ code: 'USAGE', details: { name } }),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes names with dots that stay inside', () => {
    writeArtefact(join(folder, 'a'), content({ files: { '..hidden': 'x', 'v1.2/...x': 'y' } }));
    expect(textsOf(join(folder, 'a')).get('..hidden')).toBe('x');
    expect(existsSync(join(folder, 'hidden'))).toBe(false);
  });

  it('leaves what is there already as it is', () => {
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine', 'diary'), 'dear');
    writeFileSync(join(folder, 'file'), 'text');
    for (const name of ['mine', 'file']) {
      expect(() => writeArtefact(join(folder, name), content())).toThrow(
        expect.objectContaining({ code: 'USAGE' }),
      );
    }
    expect([...textsOf(folder)]).toEqual([
      ['file', 'text'],
      ['mine/diary', 'dear'],
    ]);
  });

  it('clears away what an earlier attempt of this process left half-written', () => {
    const part = `${join(folder, 'artefact')}.${process.pid}.part`;
    mkdirSync(part);
    writeFileSync(join(part, 'stale'), 'x');
    writeArtefact(join(folder, 'artefact'), content());
    expect(readdirSync(folder)).toEqual(['artefact']);
    expect(textsOf(join(folder, 'artefact')).has('stale')).toBe(false);
  });
});
