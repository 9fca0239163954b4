import { readFileSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset, openSealed } from '../../src/data/index.js';
import { handCtr, handNextItem, handRow } from './hand-dataset.js';

const room = new URL('../../src/data/', import.meta.url);
const sources = readdirSync(room).filter((name) => name.endsWith('.ts'));

describe('openSealed', () => {
  it('gives labels, further labels, users and rows of the test split', () => {
    const { dir, record } = handCtr();
    const sealed = openSealed(dir);
    expect([...sealed.rowIds]).toEqual([6, 7, 8]);
    expect([...(sealed.labels ?? [])]).toEqual([6, 7, 8].map((n) => handRow(n).label));
    expect([...(sealed.extraLabels.get('like') ?? [])]).toEqual([6, 7, 8].map((n) => handRow(n).like));
    expect([...sealed.users]).toEqual([6, 7, 8].map((n) => handRow(n).user));
    expect(sealed.targets).toBeUndefined();
    expect([sealed.rows, sealed.contract]).toEqual([3, record.contract]);
  });

  it('gives targets of next-item cases, with their rows', () => {
    const sealed = openSealed(handNextItem().dir);
    expect([...(sealed.targets ?? [])]).toEqual([6, 1]);
    expect([...sealed.rowIds]).toEqual([6, 7]);
    expect([...sealed.users]).toEqual([0, 1]);
    expect([sealed.rows, sealed.labels]).toEqual([2, undefined]);
  });

  it.each([
    ['ctr', handCtr, 'sealed/test.bin'],
    ['next-item', handNextItem, 'sealed/targets.bin'],
    ['next-item', handNextItem, 'sealed/row-ids.bin'],
    ['next-item', handNextItem, 'test/users.bin'],
  ] as const)('refuses a cut or missing file of %s by name', (_, make, name) => {
    const { dir } = make();
    const refused = expect.objectContaining({
      code: 'ARTEFACT_CORRUPT',
      message: expect.stringContaining(name),
    });
    truncateSync(join(dir, name), readFileSync(join(dir, name)).length - 1);
    expect(() => openSealed(dir)).toThrow(refused);
    rmSync(join(dir, name));
    expect(() => openSealed(dir)).toThrow(refused);
  });
});

describe('what lies outside sealed/', () => {
  it('is all that openDataset touches', () => {
    for (const make of [handCtr, handNextItem]) {
      const { dir } = make();
      rmSync(join(dir, 'sealed'), { recursive: true });
      const data = openDataset(dir);
      if (data.task === 'next-item') {
        expect([data.test.targets, data.test.rowIds]).toEqual([undefined, undefined]);
        expect([...(data.validation.targets ?? [])]).toEqual([4, 2]);
        expect([...data.test.historyEnds]).toEqual([3, 6]);
      } else {
        for (let b = 0; b < data.test.blockCount; b += 1) {
          expect(data.test.block(b).labels).toBeUndefined();
          expect(data.test.block(b).extraLabels.size).toBe(0);
        }
      }
      expect(() => openSealed(dir)).toThrow(expect.objectContaining({ code: 'ARTEFACT_CORRUPT' }));
    }
  });

  it('is reached by no source file of the room but the writers and openSealed', () => {
    const naming = sources.filter((name) =>
      /sealedPath|sealedTargets|sealedRows|sealedColumns|['"`]sealed/.test(
        readFileSync(new URL(name, room), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''),
      ),
    );
    expect(naming.sort()).toEqual([
      'open-next-item.ts',
      'open-sealed.ts',
      'prepare-next-item.ts',
      'write-blocks.ts',
    ]);
    // open-next-item only names the files: it reads none of them
    const text = readFileSync(new URL('open-next-item.ts', room), 'utf8');
    const reading = text.slice(text.indexOf('export function openNextItem'));
    expect(reading).not.toMatch(/sealed/);
  });

  it('does not come with openSealed through another function of the room', () => {
    const importing = sources.filter((name) =>
      /from '\.\/open-sealed\.js'/.test(readFileSync(new URL(name, room), 'utf8')),
    );
    expect(importing).toEqual(['index.ts']);
  });
});
