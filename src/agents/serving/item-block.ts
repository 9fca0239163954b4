import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { RecordEncoder, RecordField } from '../../data/index.js';
import { isAutoModelError, log } from '../../platform/index.js';
import { unitVectors, type ItemVectors } from '../../pipeline/index.js';
import { UNKNOWN_ID, type CtrBlock, type EncodedField } from '../../schema/index.js';
import type { Catalogue } from '../../serving/index.js';
import type { DenseTable } from '../../training/index.js';
import type { IdPlace } from './id-place.js';

/** Items that are encoded before others get a turn. */
const AT_ONCE = 2000;
/** Row of the block that stands for any item that nobody knows. */
export const UNKNOWN_ROW = 0;
/** Row of the block that an item of the catalogue has. */
export const rowOf = (item: number): number => item + 1;

interface GrowingList {
  values: Int32Array;
  used: number;
  begins: Int32Array;
  ends: Int32Array;
}

/**
 * The catalogue as a version's model reads it: every item encoded once, when it comes or changes, and never in a request. Row 0 is
 * an item that nobody knows; item i is row i + 1.
 */
export class ItemBlock {
  private ids = new Map<string, Int32Array>();
  private numeric = new Map<string, Float32Array>();
  private lists = new Map<string, GrowingList>();
  /** [capacity] id of each row in the vocabulary that histories share */
  private vocabularyIds = new Int32Array(0);
  private unit: Float32Array;
  private rows = 0;
  private followed = 0;
  private current: CtrBlock | undefined;
  /** values that their columns cannot hold, taken for missing */
  unreadable = 0;

  /**
   * @param fields of the candidates
   * @param embedding of the item vocabulary, for vectors
   */
  constructor(
    private readonly catalogue: Catalogue,
    private readonly encoder: RecordEncoder,
    private readonly fields: readonly RecordField[],
    private readonly place: IdPlace,
    private readonly embedding: DenseTable | undefined,
  ) {
    this.unit = new Float32Array(0);
    this.reserve(1);
    this.encode(UNKNOWN_ROW, undefined);
    this.rows = 1;
  }

  /** Encodes what is new without holding up anyone for long. */
  async load(): Promise<void> {
    // What changes meanwhile is encoded again at the end.
    this.followed = this.catalogue.revision;
    while (this.rows - 1 < this.catalogue.size) {
      const end = Math.min(this.catalogue.size, this.rows - 1 + AT_ONCE);
      this.reserve(end + 1);
      for (let item = this.rows - 1; item < end; item += 1) this.encode(rowOf(item), item);
      this.rows = end + 1;
      this.current = undefined;
      await turnOfTheLoop();
    }
    this.follow();
  }

  /** Brings the block to what the catalogue is now. */
  follow(): void {
    const { revision, size } = this.catalogue;
    if (this.followed === revision) return;
    this.reserve(size + 1);
    const known = this.rows;
    for (const item of this.catalogue.changedSince(this.followed))
      if (rowOf(item) < known) this.encode(rowOf(item), item);
    for (let item = known - 1; item < size; item += 1) this.encode(rowOf(item), item);
    this.rows = size + 1;
    this.followed = revision;
    this.current = undefined;
  }

  /** All items, encoded. */
  get block(): CtrBlock {
    this.current ??= {
      rows: this.rows,
      ids: this.ids,
      numeric: this.numeric,
      ragged: this.lists,
      labels: undefined,
      extraLabels: new Map(),
      users: new Int32Array(0),
      rowIds: new Float64Array(0),
    };
    return this.current;
  }

  /** Memory of the encoded items and of their directions. */
  get bytes(): number {
    const columns = [this.vocabularyIds, this.unit, ...this.ids.values(), ...this.numeric.values()];
    const lists = [...this.lists.values()].flatMap(({ values, begins, ends }) => [values, begins, ends]);
    return [...columns, ...lists].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Ids in the vocabulary of items, as histories hold them. */
  vocabularyIdsOf(items: Int32Array): Int32Array {
    return items.map((item) => this.vocabularyIds[rowOf(item)]);
  }

  /** Value of a categorical field by item, as ids from 0; -1 where it is unknown or missing. */
  valuesOf(field: string): Int32Array {
    const ids = this.ids.get(field) ?? new Int32Array(0);
    return ids.slice(1, this.rows).map((id) => (id > UNKNOWN_ID ? id : -1));
  }

  /** Directions of items in the model's own table, of length one; zero for items that the model does not know. */
  get vectors(): ItemVectors | undefined {
    const { embedding } = this;
    if (embedding === undefined) return undefined;
    const whole = (): Float32Array => this.unit.subarray(embedding.dim);
    return {
      dim: embedding.dim,
      get data() {
        return whole();
      },
    };
  }

  private reserve(rows: number): void {
    const had = this.vocabularyIds.length;
    if (rows <= had) return;
    const capacity = Math.max(rows, 2 * had);
    this.vocabularyIds = wider(this.vocabularyIds, capacity);
    if (this.embedding !== undefined) this.unit = wider(this.unit, capacity * this.embedding.dim);
    for (const { field } of this.fields) {
      if (field.kind === 'numeric')
        this.numeric.set(field.name, wider(this.numeric.get(field.name) ?? new Float32Array(0), capacity));
      else if (field.kind === 'categorical')
        this.ids.set(field.name, wider(this.ids.get(field.name) ?? new Int32Array(0), capacity));
      else {
        const list = this.lists.get(field.name) ?? emptyList();
        list.begins = wider(list.begins, capacity);
        list.ends = wider(list.ends, capacity);
        this.lists.set(field.name, list);
      }
    }
    this.current = undefined;
  }

  private encode(row: number, item: number | undefined): void {
    const { catalogue, place, encoder, embedding } = this;
    const raw = item === undefined ? { event: {} } : catalogue.recordOf(item);
    const id = item === undefined ? undefined : place.valueOf(catalogue.idOf(item));
    const record = { ...raw, event: { ...raw.event, [place.column]: id } };
    const vocabularyId =
      id === undefined || encoder.itemField === undefined ? UNKNOWN_ID : encoder.itemId(id);
    this.vocabularyIds[row] = vocabularyId;
    for (const { field, encode } of this.fields) {
      if (item === undefined && field.name === encoder.itemField) this.put(row, field, UNKNOWN_ID);
      else this.put(row, field, this.readable(encode, record, field));
    }
    if (embedding === undefined) return;
    const { dim, weights } = embedding;
    const target = this.unit.subarray(row * dim, (row + 1) * dim).fill(0);
    // The row of unknown items is a direction that says nothing of this one.
    if (vocabularyId > UNKNOWN_ID)
      target.set(unitVectors(weights.subarray(vocabularyId * dim, (vocabularyId + 1) * dim), dim).data);
  }

  /** An item's value that its column cannot hold must not fail the requests of everyone: it counts as missing. */
  private readable(
    encode: RecordField['encode'],
    record: Parameters<RecordField['encode']>[0],
    field: EncodedField,
  ): number | readonly number[] {
    try {
      return encode(record);
    } catch (error) {
      if (!isAutoModelError(error)) throw error;
      this.unreadable += 1;
      log.warn({ field: field.name, reason: error.message }, 'a value of an item counts as missing');
      return encode({ event: {} });
    }
  }

  private put(row: number, field: EncodedField, value: number | readonly number[]): void {
    if (typeof value === 'number') {
      const column = field.kind === 'numeric' ? this.numeric.get(field.name) : this.ids.get(field.name);
      (column as Int32Array | Float32Array)[row] = value;
      return;
    }
    const list = this.lists.get(field.name) as GrowingList;
    if (list.used + value.length > list.values.length)
      list.values = wider(list.values, Math.max(list.used + value.length, 2 * list.values.length));
    list.values.set(value, list.used);
    list.begins[row] = list.used;
    list.used += value.length;
    list.ends[row] = list.used;
  }
}

const emptyList = (): GrowingList => ({
  values: new Int32Array(16),
  used: 0,
  begins: new Int32Array(0),
  ends: new Int32Array(0),
});

function wider<T extends Int32Array | Float32Array>(values: T, length: number): T {
  const out = new (values.constructor as new (length: number) => T)(length);
  out.set(values);
  return out;
}
