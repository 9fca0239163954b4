import { Rng } from '../../../src/platform/index.js';
import type {
  CtrBlock,
  CtrDataset,
  CtrSource,
  DatasetContract,
  EncodedField,
  NextItemDataset,
  Ragged,
} from '../../../src/schema/index.js';

export interface TinyOptions {
  readonly rows?: number;
  readonly validationRows?: number;
  readonly blockRows?: number;
  readonly seed?: number;
  /** labels that have nothing to do with the inputs */
  readonly shuffled?: boolean;
}

export const tinyFields: readonly EncodedField[] = [
  { kind: 'categorical', name: 'user', side: 'user', vocabulary: 'user' },
  { kind: 'categorical', name: 'item', side: 'item', vocabulary: 'item' },
  { kind: 'multi', name: 'genres', side: 'item', vocabulary: 'genre' },
  { kind: 'sequence', name: 'history', vocabulary: 'item', maxLength: 6, targetField: 'item' },
  { kind: 'numeric', name: 'age', side: 'user' },
];

export const tinySizes = new Map([
  ['user', 40],
  ['item', 30],
  ['genre', 12],
]);

function contract(task: DatasetContract['task'], train: number, validation: number): DatasetContract {
  return {
    hash: `tiny-${task}-${train}-${validation}`,
    task,
    split: 'random',
    regime: 'frozen',
    label: 'click',
    candidateSet: task === 'next-item' ? 'all-items' : 'impressions',
    duplicates: 'kept',
    rows: { train, validation, test: 0 },
    clusterBy: 'user',
  };
}

function raggedFrom(lists: readonly (readonly number[])[]): Ragged {
  const begins = new Int32Array(lists.length);
  const ends = new Int32Array(lists.length);
  let at = 0;
  lists.forEach((list, i) => {
    begins[i] = at;
    at += list.length;
    ends[i] = at;
  });
  return { values: Int32Array.from(lists.flat()), begins, ends };
}

function tinyBlock(rows: number, rng: Rng, first: number, shuffled: boolean): CtrBlock {
  const user = new Int32Array(rows);
  const item = new Int32Array(rows);
  const labels = new Float32Array(rows);
  const extra = new Float32Array(rows);
  const age = new Float32Array(rows);
  const genres: number[][] = [];
  const history: number[][] = [];
  for (let i = 0; i < rows; i += 1) {
    user[i] = rng.next() < 0.02 ? 0 : 1 + rng.integer(39);
    item[i] = 1 + rng.integer(29);
    genres.push(Array.from({ length: rng.integer(4) }, () => 1 + rng.integer(11)));
    history.push(Array.from({ length: rng.integer(9) }, () => 1 + rng.integer(29)));
    age[i] = rng.normal();
    const signal = (user[i] % 3 === 0 ? 2 : -1) * (item[i] % 2 === 0 ? 1 : -1) + 0.5 * age[i];
    const chance = 1 / (1 + Math.exp(-(shuffled ? 0 : signal)));
    labels[i] = rng.next() < chance ? 1 : 0;
    extra[i] = rng.next() < 0.5 ? 1 : 0;
  }
  return {
    rows,
    ids: new Map([
      ['user', user],
      ['item', item],
    ]),
    ragged: new Map([
      ['genres', raggedFrom(genres)],
      ['history', raggedFrom(history)],
    ]),
    numeric: new Map([['age', age]]),
    labels,
    extraLabels: new Map([['like', extra]]),
    users: user,
    rowIds: Float64Array.from({ length: rows }, (_, i) => first + i),
  };
}

/** A source over given blocks. */
export function sourceOf(name: CtrSource['name'], blocks: readonly CtrBlock[]): CtrSource {
  const blockStarts = [0];
  for (const block of blocks) blockStarts.push(blockStarts.at(-1)! + block.rows);
  return { name, rows: blockStarts.at(-1)!, blockCount: blocks.length, blockStarts, block: (i) => blocks[i] };
}

function tinySource(
  name: CtrSource['name'],
  rows: number,
  blockRows: number,
  rng: Rng,
  shuffled: boolean,
): CtrSource {
  const blocks: CtrBlock[] = [];
  for (let first = 0; first < rows; first += blockRows) {
    blocks.push(tinyBlock(Math.min(blockRows, rows - first), rng, first, shuffled));
  }
  return sourceOf(name, blocks);
}

/** Users, items, a bag of genres, a history and a number; the label depends on user and item together, and on age. */
export function tinyCtrDataset(options: TinyOptions = {}): CtrDataset {
  const { rows = 600, validationRows = 300, blockRows = 250, seed = 1, shuffled = false } = options;
  const rng = new Rng([seed, 'tiny']);
  return {
    task: 'ctr',
    contract: contract('ctr', rows, validationRows),
    fields: tinyFields,
    vocabularySizes: tinySizes,
    userCount: 40,
    train: tinySource('train', rows, blockRows, rng, shuffled),
    validation: tinySource('validation', validationRows, blockRows, rng, shuffled),
    test: tinySource('test', 0, blockRows, rng, shuffled),
  };
}

export interface TinyNextItemOptions {
  readonly users?: number;
  readonly items?: number;
  readonly length?: number;
  readonly seed?: number;
  /** each event is drawn at random instead of following the one before */
  readonly random?: boolean;
}

/** Every user walks a fixed cycle through the items from a random start; the last event is the validation target. */
export function cyclicDataset(options: TinyNextItemOptions = {}): NextItemDataset {
  const { users = 60, items = 18, length = 8, seed = 3, random = false } = options;
  const rng = new Rng([seed, 'cycle']);
  const events = new Int32Array(users * (length + 1));
  for (let user = 0; user < users; user += 1) {
    const start = rng.integer(items);
    for (let i = 0; i <= length; i += 1) {
      events[user * (length + 1) + i] = 2 + (random ? rng.integer(items) : (start + i) % items);
    }
  }
  const indices = Int32Array.from({ length: users }, (_, user) => user);
  const lastEvents = indices.map((user) => user * (length + 1) + length);
  const none = { count: 0, users: new Int32Array(0), historyEnds: new Int32Array(0), targets: undefined };
  return {
    task: 'next-item',
    contract: contract('next-item', users * length, users),
    itemCount: items + 2,
    userCount: users,
    events,
    offsets: Int32Array.from({ length: users + 1 }, (_, user) => user * (length + 1)),
    trainEnds: lastEvents,
    validation: {
      count: users,
      users: indices,
      historyEnds: lastEvents,
      targets: lastEvents.map((at) => events[at]),
    },
    test: none,
  };
}
