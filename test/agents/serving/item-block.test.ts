import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ItemBlock, rowOf, UNKNOWN_ROW } from '../../../src/agents/serving/item-block.js';
import { candidateFields } from '../../../src/agents/serving/request-block.js';
import { log } from '../../../src/platform/index.js';
import { UNKNOWN_ID } from '../../../src/schema/index.js';
import { Catalogue } from '../../../src/serving/index.js';
import { encodedOf, handEncoder, place } from './hand-encoder.js';

/** Rows of the embedding of items: padding, unknown, a, b, c. */
const embedding = { dim: 2, weights: Float32Array.of(0, 0, 9, 9, 3, 4, 0, 0, 0, -2) };
const fields = () => candidateFields(handEncoder, encodedOf('item', 'colour', 'price', 'tags'));

async function blockOf(catalogue: Catalogue, withVectors = true): Promise<ItemBlock> {
  const own = new ItemBlock(
    catalogue,
    handEncoder,
    fields(),
    place('item_id'),
    withVectors ? embedding : undefined,
  );
  await own.load();
  return own;
}

const put = (catalogue: Catalogue, id: string, row: Readonly<Record<string, unknown>>): number =>
  catalogue.put({ id, record: { event: {}, joined: { items: row } }, createdMs: 1 });

/** What the block has of a row. */
function read({ block }: ItemBlock, row: number) {
  const tags = block.ragged.get('tags');
  return {
    item: block.ids.get('item')?.[row],
    colour: block.ids.get('colour')?.[row],
    price: block.numeric.get('price')?.[row],
    tags: [...(tags?.values.subarray(tags.begins[row], tags.ends[row]) ?? [])],
  };
}

describe('ItemBlock', () => {
  it('has every item of the catalogue as the encoder makes it, behind one that nobody knows', async () => {
    const catalogue = new Catalogue(['items']);
    put(catalogue, 'b', { colour: 'blue', price: 20, tags: 'cheap new' });
    put(catalogue, 'zebra', { colour: 'striped' });
    const own = await blockOf(catalogue);
    expect(own.block.rows).toBe(3);
    expect(read(own, UNKNOWN_ROW)).toEqual({ item: UNKNOWN_ID, colour: UNKNOWN_ID, price: 0, tags: [] });
    expect(read(own, rowOf(0))).toEqual({ item: 3, colour: 3, price: 2, tags: [3, 2] });
    expect(read(own, rowOf(1))).toEqual({ item: UNKNOWN_ID, colour: UNKNOWN_ID, price: 0, tags: [] });
    expect([...own.vocabularyIdsOf(Int32Array.of(1, 0, 0))]).toEqual([UNKNOWN_ID, 3, 3]);
    expect([...own.valuesOf('colour')]).toEqual([3, -1]);
    expect([...own.valuesOf('no such field')]).toEqual([]);
    expect(own.unreadable).toBe(0);
  });

  it('has directions of length one for items that the model knows, and none for others', async () => {
    const catalogue = new Catalogue(['items']);
    for (const id of ['a', 'unheard of', 'c', 'b']) put(catalogue, id, {});
    const own = await blockOf(catalogue);
    const { vectors } = own;
    expect(vectors?.dim).toBe(2);
    const expected = [0.6, 0.8, 0, 0, 0, -1, 0, 0].map(Math.fround);
    expect([...(vectors?.data.subarray(0, 8) ?? [])]).toEqual(expected);
    // They stay at hand while the catalogue grows.
    for (let n = 0; n < 100; n += 1) put(catalogue, `more ${n}`, {});
    own.follow();
    expect([...(vectors?.data.subarray(0, 8) ?? [])]).toEqual(expected);
    expect((await blockOf(catalogue, false)).vectors).toBeUndefined();
  });

  it('follows what changes and what comes, and makes nothing anew where nothing did', async () => {
    const catalogue = new Catalogue(['items']);
    put(catalogue, 'a', { colour: 'red', tags: 'new' });
    const own = await blockOf(catalogue);
    const before = own.block;
    own.follow();
    expect(own.block).toBe(before);
    catalogue.report('a', { colour: 'blue', tags: 'big cheap new' }, 5);
    catalogue.named('c', 6);
    own.follow();
    expect(read(own, rowOf(0))).toMatchObject({ item: 2, colour: 3, tags: [4, 3, 2] });
    expect(read(own, rowOf(1))).toMatchObject({ item: 4, colour: UNKNOWN_ID, tags: [] });
    expect(own.block.rows).toBe(3);
  });

  it('takes a value that its column cannot hold for missing, and counts it', async () => {
    const catalogue = new Catalogue(['items']);
    put(catalogue, 'a', { price: 'dear', colour: 'red' });
    const warned = vi.spyOn(log, 'warn').mockReturnValue(undefined);
    const own = await blockOf(catalogue);
    expect(read(own, rowOf(0))).toMatchObject({ price: 0, colour: 2 });
    expect(own.unreadable).toBe(1);
    expect(warned.mock.calls[0][0]).toMatchObject({ field: 'price' });
    warned.mockRestore();
  });

  it('is after any changes what it would be if it were made now, also those that come while it loads (property)', async () => {
    const change = fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      fc.record({
        colour: fc.constantFrom('red', 'blue', 'green'),
        price: fc.integer({ min: 0, max: 99 }),
        tags: fc
          .array(fc.constantFrom('new', 'cheap', 'big'), { maxLength: 4 })
          .map((tags) => tags.join(' ')),
      }),
      fc.boolean(),
    );
    const changes = fc.array(change, { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        changes,
        changes,
        fc.array(changes, { maxLength: 4 }),
        async (first, during, later) => {
          const catalogue = new Catalogue(['items']);
          const apply = (list: typeof first): void => {
            for (const [id, row, isReport] of list)
              if (isReport) catalogue.report(id, row, 1);
              else put(catalogue, id, row);
          };
          apply(first);
          const own = new ItemBlock(catalogue, handEncoder, fields(), place('item_id'), embedding);
          const loading = own.load();
          apply(during);
          await loading;
          own.follow(); // as every request does first
          for (const list of later) {
            apply(list);
            own.follow();
          }
          const fresh = await blockOf(catalogue);
          expect(own.block.rows).toBe(catalogue.size + 1);
          for (let row = 0; row < own.block.rows; row += 1) expect(read(own, row)).toEqual(read(fresh, row));
        },
      ),
      { numRuns: 50 },
    );
  });
});
