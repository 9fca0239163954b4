import type { CtrInputs, FieldSpec, Graph, Node, SequenceSpec } from '../../../src/graph/index.js';
import { Rng } from '../../../src/platform/index.js';
import type { Feeds } from './run.js';

/** A made-up click dataset, as far as a model can see it. */
export interface ClickCase {
  readonly fields: readonly FieldSpec[];
  readonly sequences: readonly SequenceSpec[];
  readonly numericCount: number;
  readonly task?: 'ctr' | 'rating';
}

export const field = (name: string, side: FieldSpec['side'], size = 20): FieldSpec => ({ name, side, size });

/** Users, items, context, two numbers, one history of items (field 1) and one of something else. */
export const richCase: ClickCase = {
  fields: [field('user', 'user'), field('item', 'item'), field('hour', 'context', 8)],
  sequences: [
    { name: 'viewed', maxLength: 5, targetField: 1 },
    { name: 'queries', maxLength: 4, targetField: undefined },
  ],
  numericCount: 2,
};

export const clickCases: Readonly<Record<string, ClickCase>> = {
  'one field': { fields: [field('item', 'item')], sequences: [], numericCount: 0 },
  'numbers only': { fields: [], sequences: [], numericCount: 3 },
  'fields and numbers': { fields: richCase.fields, sequences: [], numericCount: 2 },
  'many context fields': {
    fields: Array.from({ length: 7 }, (_, i) => field(`c${i}`, 'context')),
    sequences: [],
    numericCount: 0,
  },
  'with sequences': richCase,
  'a sequence without candidate': {
    fields: richCase.fields,
    sequences: [{ name: 'queries', maxLength: 4, targetField: undefined }],
    numericCount: 0,
  },
  'a history of length one': {
    fields: richCase.fields,
    sequences: [{ name: 'viewed', maxLength: 1, targetField: 1 }],
    numericCount: 0,
  },
};

/** Inputs of a model as plain graph inputs. Labels throw in inference graphs, as models must not ask for them there. */
export function clickInputs(
  graph: Graph,
  { fields, sequences, numericCount, task = 'ctr' }: ClickCase,
): CtrInputs {
  const made = new Map<string, Node>();
  const once = (name: string, make: () => Node): Node => {
    const node = made.get(name) ?? make();
    made.set(name, node);
    return node;
  };
  const lengthOf = (sequence: string): number => sequences.find(({ name }) => name === sequence)!.maxLength;
  const label = (name: string): Node => {
    if (graph.mode === 'infer') throw new Error(`inference graph asked for ${name}`);
    return once(name, () => graph.input(name, ['B'], 'float32', 'label'));
  };
  return {
    graph,
    fields,
    sequences,
    numericCount,
    task,
    embed: (bank, dim) => {
      if (fields.length === 0) throw new Error('no fields');
      const name = `rows:${bank}`;
      return once(name, () => graph.input(name, ['B', fields.length, dim], 'float32', 'embedding-rows'));
    },
    embedSequence: (bank, dim, sequence) => {
      const name = `rows:${bank}:${sequence}`;
      return once(name, () => graph.input(name, ['B', lengthOf(sequence), dim], 'float32', 'embedding-rows'));
    },
    sequenceMask: (sequence) => {
      const name = `mask:${sequence}`;
      return once(name, () => graph.input(name, ['B', lengthOf(sequence)], 'float32', 'mask'));
    },
    numeric: () =>
      numericCount === 0 ? undefined : once('numeric', () => graph.input('numeric', ['B', numericCount])),
    get labels() {
      return label('labels');
    },
    extraLabel: label,
  };
}

/** Events of each row's sequence: empty, full and everything between occur. */
export function sequenceLengths(sequence: string, maxLength: number, rows: number, seed: number): number[] {
  const rng = new Rng([seed, 'length', sequence]);
  return Array.from({ length: rows }, (_, row) =>
    row === 0 ? 0 : row === 1 ? maxLength : rng.integer(maxLength + 1),
  );
}

/** Random values for every input that the graph has; equal names get equal values in any graph of the same case. */
export function clickBatch(graph: Graph, { sequences }: ClickCase, rows: number, seed = 1): Feeds {
  const feeds: Record<string, Feeds[string]> = {};
  for (const { name, shape, role } of graph.inputs.values()) {
    if (role === 'dropout-mask') continue;
    const dims = [rows, ...shape.slice(1).map(Number)];
    const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
    const rng = new Rng([seed, name]);
    const sequence = sequences.find((candidate) => name.endsWith(`:${candidate.name}`));
    if (role === 'label') data.forEach((_, i) => (data[i] = rng.integer(2)));
    else if (role !== 'mask') data.forEach((_, i) => (data[i] = 0.5 * rng.normal()));
    if (sequence !== undefined) {
      const perEvent = data.length / rows / sequence.maxLength;
      sequenceLengths(sequence.name, sequence.maxLength, rows, seed).forEach((length, row) => {
        const begin = row * sequence.maxLength * perEvent;
        if (role === 'mask') data.fill(1, begin, begin + length);
        else data.fill(0, begin + length * perEvent, begin + sequence.maxLength * perEvent);
      });
    }
    feeds[name] = { data, dims };
  }
  return feeds;
}
