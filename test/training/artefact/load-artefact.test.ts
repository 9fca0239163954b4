import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadArtefact } from '../../../src/training/index.js';
import { DamagedArtefact } from '../support/artefact-damage.js';
import { savedClickModel, savedNextItemModel } from '../support/tiny-artefacts.js';

const folder = mkdtempSync(join(tmpdir(), 'load-'));
let copies = 0;

beforeAll(async () => {
  const fitted = [await savedClickModel(folder), await savedNextItemModel(folder)];
  for (const model of fitted) await model.close();
});

afterAll(() => rmSync(folder, { recursive: true }));

function copyOf(name: 'click' | 'next'): DamagedArtefact {
  copies += 1;
  return new DamagedArtefact(join(folder, name), join(folder, `${name}-${copies}`));
}

async function load(copy: DamagedArtefact): Promise<void> {
  const loaded = await loadArtefact(copy.dir, { threads: 1 });
  await loaded.close();
}

type Damage = readonly [
  what: string,
  of: 'click' | 'next',
  how: (copy: DamagedArtefact) => void,
  message: RegExp,
];

async function expectRefused([, of, how, message]: Damage): Promise<void> {
  const copy = copyOf(of);
  how(copy);
  await expect(load(copy)).rejects.toMatchObject({
    name: 'AutoModelError',
    code: 'ARTEFACT_CORRUPT',
    message: expect.stringMatching(message),
  });
}

const accidents: readonly Damage[] = [
  ['a flipped bit in a table', 'click', (a) => a.flip('tables/0.npy', -5), /tables\/0\.npy does not match/],
  [
    'a truncated table',
    'click',
    (a) => a.write('tables/1.npy', a.read('tables/1.npy').subarray(0, -4)),
    /1\.npy does not match/,
  ],
  ['a table cut to nothing', 'click', (a) => a.write('tables/1.npy', ''), /1\.npy does not match/],
  ['a missing table', 'click', (a) => a.remove('tables/2.npy'), /tables\/2\.npy is missing/],
  ['no list of the tables', 'click', (a) => a.remove('tables/index.json'), /tables\/index\.json is missing/],
  ['a flipped bit in the model', 'click', (a) => a.flip('model.onnx', 300), /model\.onnx does not match/],
  ['a missing model', 'next', (a) => a.remove('model.onnx'), /model\.onnx is missing/],
  ['a missing record', 'click', (a) => a.remove('model.json'), /model\.json is missing/],
  [
    'an edited record',
    'next',
    (a) => a.write('model.json', JSON.stringify(a.json('model.json'))),
    /model\.json does not match/,
  ],
  [
    'a missing golden field',
    'click',
    (a) => a.remove('golden/field-1.npy'),
    /golden\/field-1\.npy is missing/,
  ],
  [
    'missing golden scores',
    'next',
    (a) => a.remove('golden/expected.npy'),
    /golden\/expected\.npy is missing/,
  ],
  [
    'a flipped bit in golden histories',
    'next',
    (a) => a.flip('golden/items.npy', -1),
    /golden\/items\.npy does not match/,
  ],
  [
    'a manifest that is cut off',
    'click',
    (a) => a.write('manifest.json', a.read('manifest.json').subarray(0, 90)),
    /manifest\.json is not what/,
  ],
  [
    'a manifest that is a list',
    'click',
    (a) => a.write('manifest.json', '["model.onnx"]'),
    /manifest\.json is not what/,
  ],
  [
    'a manifest that leaves a file out',
    'next',
    (a) => {
      const manifest = a.json('manifest.json');
      delete manifest['model.onnx'];
      a.write('manifest.json', JSON.stringify(manifest));
    },
    /model\.onnx does not match/,
  ],
];

const forgeries: readonly Damage[] = [
  [
    'weights that moved',
    'click',
    (a) => a.forgeArray('tables/0.npy', (data, shape) => [data.map((w) => w * 1.5 + 0.01), [...shape]]),
    /golden score \d+ is/,
  ],
  [
    'a golden score off by 1e-3',
    'click',
    (a) =>
      a.forgeArray('golden/expected.npy', (data, shape) => [
        data.map((s, i) => (i === 41 ? s + 1e-3 : s)),
        [...shape],
      ]),
    /golden score 41 is/,
  ],
  [
    'a golden score of a history off by 1e-3',
    'next',
    (a) =>
      a.forgeArray('golden/expected.npy', (data, shape) => [
        data.map((s, i) => (i === 7 ? s - 1e-3 : s)),
        [...shape],
      ]),
    /golden score 7 is/,
  ],
  [
    'a golden score that is no number',
    'click',
    (a) =>
      a.forgeArray('golden/expected.npy', (data, shape) => [
        data.map((s, i) => (i === 3 ? NaN : s)),
        [...shape],
      ]),
    /golden score 3 is/,
  ],
  [
    'no golden rows at all',
    'click',
    (a) => a.forgeArray('golden/expected.npy', () => [new Float32Array(0), [0]]),
    /golden rows/,
  ],
  [
    'no golden histories at all',
    'next',
    (a) => {
      a.forgeArray('golden/expected.npy', () => [new Float32Array(0), [0, 16]]);
      a.forgeArray('golden/items.npy', () => [new Int32Array(0), [0, 5]]);
    },
    /golden rows/,
  ],
  [
    'fewer golden scores than histories',
    'next',
    (a) => a.forgeArray('golden/expected.npy', (data) => [data.slice(0, 32), [2, 16]]),
    /golden rows are incomplete/,
  ],
  [
    'a golden column that is too short',
    'click',
    (a) => a.forgeArray('golden/numeric-0.npy', (data) => [data.slice(0, 50), [50]]),
    /golden\/numeric-0\.npy/,
  ],
  [
    'golden ids as fractions',
    'click',
    (a) => a.forgeArray('golden/field-0.npy', (data, shape) => [Float32Array.from(data), [...shape]]),
    /golden\/field-0\.npy/,
  ],
  [
    'a golden list without rows',
    'click',
    (a) => a.forgeArray('golden/sequence-0.npy', (data) => [data, [data.length]]),
    /golden\/sequence-0\.npy/,
  ],
  [
    'a golden id that no table has',
    'click',
    (a) => a.forgeArray('golden/field-1.npy', (data, shape) => [data.map(() => 30), [...shape]]),
    /do not fit together: Field "item" has id 30/,
  ],
  [
    'a golden history of strange items',
    'next',
    (a) => a.forgeArray('golden/items.npy', (data, shape) => [data.map((id) => -id), [...shape]]),
    /do not fit together: Item id -\d+/,
  ],
  [
    'a golden column outside the vocabulary',
    'next',
    (a) => a.forgeArray('golden/columns.npy', (data, shape) => [data.map((id) => id + 18), [...shape]]),
    /golden score \d+ is NaN/,
  ],
  [
    'a golden window of another length',
    'next',
    (a) => a.forgeArray('golden/items.npy', (data, shape) => [data, [shape[0] * 5, 1]]),
    /golden rows/,
  ],
  [
    'a version that is not known',
    'click',
    (a) => a.forgeJson('model.json', (record) => ({ ...record, formatVersion: 2 })),
    /format version 2/,
  ],
  [
    'no version',
    'next',
    (a) => a.forgeJson('model.json', (record) => ({ ...record, formatVersion: undefined })),
    /model\.json is not what/,
  ],
  ['a record that is a number', 'next', (a) => a.forge('model.json', '7'), /model\.json is not what/],
  [
    'an unknown task',
    'click',
    (a) => a.forgeJson('model.json', (record) => ({ ...record, task: 'search' })),
    /model\.json is not what/,
  ],
  [
    'a table of the wrong width',
    'click',
    (a) =>
      a.forgeArray('tables/0.npy', (data, [rows, dim]) => [data.slice(0, rows * (dim - 1)), [rows, dim - 1]]),
    /table embedding\/user is \[40, 7\], not \[40, 8\]/,
  ],
  [
    'a table of the wrong height',
    'click',
    (a) => a.forgeArray('tables/0.npy', (data, [rows, dim]) => [data.slice(dim), [rows - 1, dim]]),
    /table embedding\/user is \[39, 8\]/,
  ],
  [
    'a table of whole numbers',
    'click',
    (a) => a.forgeArray('tables/0.npy', (data, shape) => [Int32Array.from(data), [...shape]]),
    /table embedding\/user/,
  ],
  [
    'a table that is no .npy file',
    'click',
    (a) => a.forge('tables/0.npy', a.read('tables/0.npy').subarray(1)),
    /tables\/0\.npy is not a readable/,
  ],
  [
    'a table that is not listed',
    'click',
    (a) => a.forgeJson('tables/index.json', (index) => index.slice(1)),
    /it has no table embedding\/user/,
  ],
  [
    'a bank of another width than the model',
    'click',
    (a) => {
      a.forgeJson('model.json', (record) => {
        for (const bank of record.banks) if (bank.name === 'embedding') bank.dim = 4;
      });
      for (const { file, bank } of a.json('tables/index.json')) {
        if (bank !== 'embedding') continue;
        a.forgeArray(`tables/${file}`, (data, [rows]) => [data.slice(0, rows * 4), [rows, 4]]);
      }
    },
    /parts do not fit together/,
  ],
  [
    'a model that is none',
    'click',
    (a) => a.forge('model.onnx', 'ceci n’est pas un modèle'),
    /model\.onnx cannot be opened/,
  ],
  [
    'an input that the record forgets',
    'click',
    (a) => a.forgeJson('model.json', (record) => ({ ...record, inputs: record.inputs.slice(1) })),
    /parts do not fit together/,
  ],
  [
    'an item count of another model',
    'next',
    (a) => a.forgeJson('model.json', (record) => ({ ...record, itemCount: 21 })),
    /parts do not fit together/,
  ],
  [
    'a field without a vocabulary',
    'click',
    (a) => a.forgeJson('model.json', (record) => ({ ...record, vocabularySizes: {} })),
    /vocabulary/,
  ],
];

describe('an untouched copy', () => {
  it.each(['click', 'next'] as const)('of %s loads', async (name) => {
    await load(copyOf(name));
  });

  it('loads when only what nobody reads at serving time is missing', async () => {
    const copy = copyOf('click');
    for (const file of ['features.sql', 'metrics.json', 'lineage.json']) copy.remove(file);
    await load(copy);
  });

  it('loads when its golden scores are off by less than the tolerance', async () => {
    for (const name of ['click', 'next'] as const) {
      const copy = copyOf(name);
      copy.forgeArray('golden/expected.npy', (data, shape) => [
        data.map((score) => score + 4e-6),
        [...shape],
      ]);
      await load(copy);
    }
  });

  it('loads when it is forged without a change', async () => {
    const copy = copyOf('click');
    copy.forgeArray('tables/0.npy', (data, shape) => [data, [...shape]]);
    copy.forgeJson('model.json', (record) => record);
    await load(copy);
  });
});

describe('an artefact is refused for', () => {
  it.each(accidents)('%s (%s)', async (...damage) => expectRefused(damage));
});

describe('an artefact with a manifest that agrees is still refused for', () => {
  it.each(forgeries)('%s (%s)', async (...damage) => expectRefused(damage));

  it('the model of another task', async () => {
    for (const [of, other] of [
      ['click', 'next'],
      ['next', 'click'],
    ] as const) {
      const copy = copyOf(of);
      copy.forge('model.onnx', copyOf(other).read('model.onnx'));
      await expect(load(copy)).rejects.toMatchObject({ code: 'ARTEFACT_CORRUPT' });
    }
  });
});

describe('a folder that is no artefact', () => {
  it.each(['nowhere', '.'])('is not found: %s', async (name) => {
    await expect(loadArtefact(join(folder, name))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('manifest.json'),
    });
  });
});
