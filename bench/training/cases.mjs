// The four models of the benchmark, with synthetic data. Ids follow a power law, as real ones do.
import { dcnv2 } from '../../dist/models/dcnv2.js';
import { din } from '../../dist/models/din.js';
import { dnn } from '../../dist/models/dnn.js';
import { sasrec } from '../../dist/models/sasrec.js';
import { Rng } from '../../dist/platform/index.js';

export const VOCABULARIES = [100_000, 50_000, 10_000, 10_000, 1_000, 1_000, 100, 100, 50, 10];
export const HISTORY = 50;
export const DIM = 16;
export const BATCH = 1024;
export const SEQUENCES = {
  items: 3_417,
  users: 6_040,
  maxLength: 200,
  eventsPerUser: 165,
  batch: 128,
  dim: 64,
  blocks: 2,
  heads: 1,
};

/** Ids 1 .. size-1, density proportional to 1/id. */
function powerLaw(rng, count, size) {
  const ids = new Int32Array(count);
  const log = Math.log(size);
  for (let i = 0; i < count; i += 1) ids[i] = Math.min(size - 1, Math.floor(Math.exp(rng.next() * log)));
  return ids;
}

const name = (f) => `field${f}`;

function clickData(rows, withHistory) {
  const rng = new Rng(7);
  const ids = new Map(VOCABULARIES.map((size, f) => [name(f), powerLaw(rng, rows, size)]));
  const values = withHistory ? powerLaw(rng, rows * HISTORY, VOCABULARIES[1]) : new Int32Array(0);
  const begins = Int32Array.from({ length: rows }, (_, i) => (withHistory ? i * HISTORY : 0));
  const ends = begins.map((begin) => begin + (withHistory ? HISTORY : 0));
  const block = {
    rows,
    ids,
    ragged: new Map([['history', { values, begins, ends }]]),
    numeric: new Map(),
    labels: Float32Array.from({ length: rows }, () => (rng.next() < 0.3 ? 1 : 0)),
    extraLabels: new Map(),
    users: ids.get('field0'),
    rowIds: Float64Array.from({ length: rows }, (_, i) => i),
  };
  const source = { name: 'train', rows, blockCount: 1, blockStarts: [0, rows], block: () => block };
  const fields = VOCABULARIES.map((_, f) => ({
    kind: 'categorical',
    name: name(f),
    side: 'context',
    vocabulary: name(f),
  }));
  if (withHistory) {
    fields.push({
      kind: 'sequence',
      name: 'history',
      vocabulary: name(1),
      maxLength: HISTORY,
      targetField: name(1),
    });
  }
  return {
    task: 'ctr',
    contract: { hash: 'bench', rows: { train: rows, validation: 0, test: 0 } },
    fields,
    vocabularySizes: new Map(VOCABULARIES.map((size, f) => [name(f), size])),
    userCount: VOCABULARIES[0],
    train: source,
    validation: { ...source, rows: 0, blockCount: 0, blockStarts: [0] },
    test: { ...source, rows: 0, blockCount: 0, blockStarts: [0] },
  };
}

function sequenceData() {
  const { items, users, eventsPerUser } = SEQUENCES;
  const rng = new Rng(8);
  const offsets = Int32Array.from({ length: users + 1 }, (_, user) => user * eventsPerUser);
  const none = { count: 0, users: new Int32Array(0), historyEnds: new Int32Array(0), targets: undefined };
  return {
    task: 'next-item',
    contract: { hash: 'bench', rows: { train: users * eventsPerUser, validation: 0, test: 0 } },
    itemCount: items,
    userCount: users,
    events: powerLaw(rng, users * eventsPerUser, items - 1).map((id) => id + 1),
    offsets,
    trainEnds: offsets.slice(1),
    validation: none,
    test: none,
  };
}

const tower = { embeddingDim: DIM, hidden: '400x400x400', dropout: 0, batchNorm: false, usesHistory: false };
const { dim, blocks, heads, maxLength, batch } = SEQUENCES;

export const cases = [
  {
    id: 'dnn',
    title: 'DNN 400x3',
    definition: dnn,
    hyperParameters: tower,
    recipe: { 'recipe.batchSize': BATCH },
    batch: BATCH,
    data: (steps) => clickData(steps * BATCH, false),
  },
  {
    id: 'dcnv2',
    title: 'DCNv2, 3 full crosses, 400x3',
    definition: dcnv2,
    hyperParameters: { ...tower, crossLayers: 3, cross: 'full', structure: 'parallel', rank: 32, experts: 4 },
    recipe: { 'recipe.batchSize': BATCH },
    batch: BATCH,
    data: (steps) => clickData(steps * BATCH, false),
  },
  {
    id: 'din',
    title: 'DIN, history 50',
    definition: din,
    hyperParameters: {
      embeddingDim: DIM,
      attention: '80x40',
      attentionActivation: 'sigmoid',
      softmax: false,
      hidden: '200x80',
      activation: 'prelu',
      dropout: 0,
      batchNorm: false,
    },
    recipe: { 'recipe.batchSize': BATCH },
    batch: BATCH,
    data: (steps) => clickData(steps * BATCH, true),
  },
  {
    id: 'sasrec',
    title: 'SASRec, 200 events, 3,415 items',
    definition: sasrec,
    hyperParameters: { dim, blocks, heads, expansion: 1, dropout: 0.2 },
    recipe: { 'recipe.batchSize': batch, 'recipe.maxLength': maxLength },
    batch,
    data: () => sequenceData(),
  },
];
