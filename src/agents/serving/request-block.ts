import type { RawRecord, RawRow, RecordEncoder, RecordField } from '../../data/index.js';
import { AutoModelError } from '../../platform/index.js';
import type { CtrBlock, EncodedField, Ragged } from '../../schema/index.js';
import type { IdPlace } from './id-place.js';

/** A request as its fields are made of it. */
export interface RawRequest {
  readonly user: string;
  /** raw values that the state has of the user */
  readonly record: RawRecord;
  readonly context: RawRow;
  /** ids of the user's behaviour in the vocabulary of items, oldest first */
  readonly history: Int32Array;
  readonly atMs: number;
}

/** Encodes what all candidates of a request share: user, context, behaviour. One row. */
export class RequestBlock {
  private readonly fields: readonly RecordField[];
  /** sequences that are behaviour and not a column */
  private readonly histories: readonly string[];

  /**
   * @param wanted what the model reads of a request
   * @param tables other tables that have columns of users: the context may know them better
   * @throws CONTRACT_MISMATCH for a field that the encoded dataset does not have
   */
  constructor(
    encoder: RecordEncoder,
    wanted: readonly EncodedField[],
    private readonly user: IdPlace,
    private readonly tables: readonly string[],
  ) {
    const known = new Map(encoder.fields.map((field) => [field.field.name, field]));
    this.fields = wanted.flatMap(({ name }) => known.get(name) ?? []);
    this.histories = wanted.flatMap(({ name, kind }) =>
      kind === 'sequence' && !known.has(name) ? [name] : [],
    );
    requireAll(wanted, [...this.fields.map(({ field }) => field.name), ...this.histories]);
  }

  /** @throws SCHEMA_MISMATCH for a value that its column cannot hold */
  encode({ user, record, context, history, atMs }: RawRequest): CtrBlock {
    const joined: Record<string, RawRow | undefined> = {};
    for (const table of this.tables) joined[table] = { ...record.joined?.[table], ...context };
    const raw: RawRecord = {
      event: { ...record.event, ...context, [this.user.column]: this.user.valueOf(user) },
      joined,
      atMicros: atMs * 1000,
    };
    const ids = new Map<string, Int32Array>();
    const numeric = new Map<string, Float32Array>();
    const ragged = new Map<string, Ragged>();
    for (const { field, encode } of this.fields) {
      const value = encode(raw);
      if (typeof value !== 'number') ragged.set(field.name, oneList(Int32Array.from(value)));
      else if (field.kind === 'numeric') numeric.set(field.name, Float32Array.of(value));
      else ids.set(field.name, Int32Array.of(value));
    }
    for (const name of this.histories) ragged.set(name, oneList(history));
    return {
      rows: 1,
      ids,
      numeric,
      ragged,
      labels: undefined,
      extraLabels: new Map(),
      users: new Int32Array(1),
      rowIds: new Float64Array(1),
    };
  }
}

/** Fields of the candidates with how they are encoded. @throws CONTRACT_MISMATCH */
export function candidateFields(encoder: RecordEncoder, wanted: readonly EncodedField[]): RecordField[] {
  const names = new Set(wanted.map(({ name }) => name));
  const fields = encoder.fields.filter(({ field }) => names.has(field.name));
  requireAll(
    wanted,
    fields.map(({ field }) => field.name),
  );
  return fields;
}

const oneList = (values: Int32Array): Ragged => ({
  values,
  begins: new Int32Array(1),
  ends: Int32Array.of(values.length),
});

function requireAll(wanted: readonly EncodedField[], known: readonly string[]): void {
  const strange = wanted.find(({ name }) => !known.includes(name));
  if (strange === undefined) return;
  throw new AutoModelError(
    'CONTRACT_MISMATCH',
    `The model reads a field ${strange.name} that the encoded data lack`,
    {
      remedy: 'Serve an artefact that was trained in this project.',
      details: { field: strange.name },
    },
  );
}
