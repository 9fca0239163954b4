import { describe, expect, it } from 'vitest';
import {
  applicableModels,
  candidateOf,
  candidateSpace,
  fieldsOf,
  hyperParametersOf,
} from '../../src/agents/trial/candidate-space.js';
import { idOf, modelById, spaceOf } from '../../src/models/index.js';
import { Rng } from '../../src/platform/index.js';
import type { CtrDataset, CtrSource, EncodedField, NextItemDataset } from '../../src/schema/index.js';
import { complete, defaults, sample, validate } from '../../src/space/index.js';
import { resolveRecipe } from '../../src/training/index.js';

const contract = {
  hash: 'c',
  task: 'ctr',
  split: 'time',
  regime: 'frozen',
  label: 'click',
  candidateSet: 'impressions',
  duplicates: 'kept',
  rows: { train: 0, validation: 0, test: 0 },
  clusterBy: 'user',
} as const;

const empty = (name: CtrSource['name']): CtrSource => ({
  name,
  rows: 0,
  blockCount: 0,
  blockStarts: [0],
  block: () => {
    throw new RangeError('no blocks');
  },
});

const categorical = (name: string): EncodedField => ({
  kind: 'categorical',
  name,
  side: 'context',
  vocabulary: name,
});
const history: EncodedField = {
  kind: 'sequence',
  name: 'history',
  vocabulary: 'item',
  maxLength: 10,
  targetField: 'item',
};

const ctr = (fields: readonly EncodedField[]): CtrDataset => ({
  task: 'ctr',
  contract,
  fields,
  vocabularySizes: new Map(fields.map(({ name }) => [name, 9])),
  userCount: 1,
  train: empty('train'),
  validation: empty('validation'),
  test: empty('test'),
});

const cases = { count: 0, users: new Int32Array(), historyEnds: new Int32Array(), targets: new Int32Array() };
const nextItem: NextItemDataset = {
  task: 'next-item',
  contract: { ...contract, task: 'next-item' },
  itemCount: 9,
  userCount: 0,
  events: new Int32Array(),
  offsets: new Int32Array(1),
  trainEnds: new Int32Array(),
  validation: cases,
  test: cases,
};

const plain = ctr(['user', 'item', 'place', '"odd" name', '__proto__'].map(categorical));
const withHistory = ctr([...plain.fields, history]);
const ids = (dataset: CtrDataset | NextItemDataset) => applicableModels(dataset).map(idOf);

describe('applicableModels', () => {
  it('are trained ones, those of behaviour only where there is behaviour', () => {
    expect(ids(withHistory)).toEqual(expect.arrayContaining(['lr', 'fm', 'din', 'bst', 'dcnv2']));
    expect(ids(plain)).not.toContain('din');
    expect(ids(plain)).not.toContain('bst');
    expect(ids(plain)).not.toContain('rates');
    expect(ids(nextItem)).toEqual(expect.arrayContaining(['neighbourhood', 'sasrec', 'gru4rec']));
    expect(ids(nextItem)).not.toContain('popularity');
  });
});

describe.each([
  ['clicks', plain],
  ['clicks with a history', withHistory],
  ['next items', nextItem],
] as const)('every assignment that the space of %s samples', (_, dataset) => {
  const space = candidateSpace(dataset);
  const drawn = Array.from({ length: 400 }, (__, i) => sample(space, new Rng(['test', i])));

  it('is a candidate whose model takes its hyper-parameters and its recipe', () => {
    for (const searched of [defaults(space), ...drawn]) {
      validate(space, searched);
      const { model, assignment } = candidateOf(searched);
      const entry = modelById(model, dataset.task);
      const own = hyperParametersOf(assignment);
      const whole = complete(spaceOf(entry), own);
      expect(() => validate(spaceOf(entry), whole)).not.toThrow();
      expect(whole).toEqual(own);
      if (entry.kind === 'graph')
        expect(() =>
          resolveRecipe(dataset.task, { ...entry.definition.recipe, ...assignment }),
        ).not.toThrow();
      else expect(Object.keys(assignment).some((name) => name.startsWith('recipe.'))).toBe(false);
    }
  });

  it('reaches every family, and carries no name of another', () => {
    const models = new Set(drawn.map(({ model }) => String(model)));
    expect([...models].sort()).toEqual([...ids(dataset)].sort());
    for (const searched of drawn) {
      const foreign = Object.keys(searched).filter((name) =>
        [...models].some((model) => model !== searched['model'] && name.startsWith(`${model}.`)),
      );
      expect(foreign).toEqual([]);
    }
  });
});

describe('candidateSpace', () => {
  it('can be limited to families, and not to none', () => {
    expect(candidateSpace(plain, { models: ['lr', 'fm'] })['model']).toMatchObject({ values: ['lr', 'fm'] });
    expect(() => candidateSpace(plain, { models: ['din', 'nothing'] })).toThrowError(
      expect.objectContaining({ code: 'UNKNOWN_MODEL' }),
    );
  });

  it('has a switch per field where there are neither too few nor too many', () => {
    const switches = (dataset: CtrDataset | NextItemDataset, most?: number) =>
      Object.keys(candidateSpace(dataset, { maxFieldSwitches: most })).filter((name) =>
        name.startsWith('use.'),
      );
    expect(switches(plain)).toHaveLength(4); // one of the five always stays
    expect(switches(plain, 4)).toEqual([]); // bundles instead, below
    expect(switches(ctr(plain.fields.slice(0, 2)))).toEqual([]);
    expect(switches(nextItem)).toEqual([]);
  });
});

describe('switches of fields', () => {
  it('leave a field in nine times of ten, so that random search keeps most inputs', () => {
    const space = candidateSpace(plain);
    const rng = new Rng(['switches']);
    const draws = Array.from({ length: 2000 }, () => sample(space, rng)['use.place']);
    const share = draws.filter((on) => on === true).length / draws.length;
    expect(Math.abs(share - 0.9)).toBeLessThan(0.03);
  });

  it('come in bundles on wide logs, and users and items always stay', () => {
    const names = ['user_id', 'item_id', 'a', 'b', 'c'] as const;
    const wide = ctr([
      ...names.map((name, i) => ({
        kind: 'categorical' as const,
        name,
        side: i < 3 ? ('user' as const) : ('item' as const),
        vocabulary: name,
      })),
      { kind: 'numeric', name: 'n', side: 'context' },
    ]);
    const space = candidateSpace(wide, { maxFieldSwitches: 4 });
    expect(Object.keys(space).filter((name) => /^(use|bundle)\./.test(name))).toEqual([
      'bundle.user-categorical',
      'bundle.item-categorical',
      'bundle.context-numeric',
    ]);
    const { assignment } = candidateOf({
      ...defaults(space),
      model: 'lr',
      'bundle.item-categorical': false,
    });
    expect(fieldsOf(wide, assignment)).toEqual(['user_id', 'item_id', 'a', 'n']);
    expect(hyperParametersOf(assignment)).not.toHaveProperty('bundle.item-categorical');
  });

  it('never take the history from a model that reads one', () => {
    const withHistory = ctr([
      ...plain.fields,
      { kind: 'sequence', name: 'history', vocabulary: 'item', maxLength: 5, targetField: 'item' },
    ]);
    const space = candidateSpace(withHistory);
    const rng = new Rng(['histories']);
    const draws = Array.from({ length: 1500 }, () => sample(space, rng));
    const without = draws.filter((draw) => draw['use.history'] === false).map(({ model }) => model);
    expect(without.length).toBeGreaterThan(50);
    expect(without).not.toContain('din');
    expect(without).not.toContain('bst');
  });
});

describe('fieldsOf', () => {
  const all = { model: 'lr' };

  it('is undefined where nothing is left out, and the rest where something is', () => {
    expect(fieldsOf(plain, all)).toBeUndefined();
    expect(fieldsOf(plain, { 'use.user': true })).toBeUndefined();
    expect(fieldsOf(plain, { 'use.user': false })).toEqual(['item', 'place', '"odd" name', '__proto__']);
    expect(fieldsOf(nextItem, { model: 'sasrec' })).toBeUndefined();
  });

  it('refuses a switch of a field that is not there, with the name that was meant', () => {
    const refused = (dataset: Parameters<typeof fieldsOf>[0], assignment: Parameters<typeof fieldsOf>[1]) => {
      try {
        fieldsOf(dataset, assignment);
        return undefined;
      } catch (error) {
        return error as { code: string; remedy: string };
      }
    };
    const typo = refused(plain, { 'use.user': false, 'use.palce': false });
    expect(typo?.code).toBe('UNKNOWN_HYPERPARAMETER');
    expect(typo?.remedy).toContain('Did you mean use.place?');
    expect(refused(plain, { 'bundle.item-text': false })?.code).toBe('UNKNOWN_HYPERPARAMETER');
    // next-item models read one sequence: there is nothing to switch
    expect(refused(nextItem, { 'use.item': false })?.remedy).toBe('Leave use.item out.');
  });

  it('refuses a candidate without inputs', () => {
    const none = Object.fromEntries(plain.fields.map(({ name }) => [`use.${name}`, false]));
    expect(() => fieldsOf(plain, none)).toThrowError(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

describe('candidateOf', () => {
  it('keeps what is off and drops what is on, so that equal candidates have equal keys', () => {
    const searched = { model: 'fm', 'fm.dim': 8, 'recipe.l2': 0, 'use.a': true, 'use.b': false };
    expect(candidateOf(searched)).toEqual({
      model: 'fm',
      assignment: { dim: 8, 'recipe.l2': 0, 'use.b': false },
    });
    expect(hyperParametersOf({ dim: 8, 'recipe.l2': 0, 'use.b': false })).toEqual({ dim: 8 });
  });
});
