import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Slices } from '../../src/serving/slices.js';
import {
  readSnapshot,
  snapshotBytes,
  writeSnapshot,
  type Snapshot,
} from '../../src/serving/snapshot-file.js';

const root = mkdtempSync(join(tmpdir(), 'snapshot-file-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let files = 0;
const fileOf = (...parts: (Buffer | string)[]): string => {
  const path = join(root, `${(files += 1)}.bin`);
  writeFileSync(path, Buffer.concat(parts.map((part) => Buffer.from(part))));
  return path;
};

const small: Snapshot = {
  basis: 'of these tables',
  position: { segment: 3, offset: 70, events: 12 },
  ids: { older: Uint32Array.of(1, 2), newer: Uint32Array.of(0xffffffff, 0, 7, 8) },
  exposures: { older: new Uint32Array(0), newer: Uint32Array.of(9, 10) },
  content: {
    catalogue: {
      ids: ['a', 'é "quoted"\n', ''],
      createdMs: Float64Array.of(5, Number.NaN, 1e12),
      removed: [2],
      reported: [[1, { colour: 'blue', size: null }]],
    },
    counts: { originMs: 99, weights: Float64Array.of(0.5, 0, 2) },
    histories: [
      ['u', Int32Array.of(2, 0, 1)],
      ['', new Int32Array(0)],
      ['ü', Int32Array.of(1)],
    ],
    seen: [['v', Int32Array.of(0)]],
    users: [['u', { age: 40 }]],
  },
};

const anyText = fc.string({ unit: 'grapheme', maxLength: 6 });
const anyRow = fc.dictionary(
  anyText.filter((name) => name !== '__proto__'),
  fc.oneof(fc.integer(), anyText),
);
const anyLists = fc.array(fc.tuple(anyText, fc.int32Array({ maxLength: 5 })), { maxLength: 6 });
const prints = fc.uint32Array({ maxLength: 8 });
const window = fc.record({ older: prints, newer: prints });
const anySnapshot: fc.Arbitrary<Snapshot> = fc.record({
  basis: anyText,
  position: fc.record({ segment: fc.nat(), offset: fc.nat(), events: fc.nat() }),
  ids: window,
  exposures: window,
  content: fc.record({
    catalogue: fc.record({
      ids: fc.array(anyText, { maxLength: 300 }),
      createdMs: fc.float64Array({ maxLength: 9 }),
      removed: fc.array(fc.nat(), { maxLength: 9 }),
      reported: fc.array(fc.tuple(fc.nat(), anyRow), { maxLength: 5 }),
    }),
    counts: fc.record({
      originMs: fc.option(fc.nat(), { nil: undefined }),
      weights: fc.float64Array({ maxLength: 9 }),
    }),
    histories: anyLists,
    seen: anyLists,
    users: fc.array(fc.tuple(anyText, anyRow), { maxLength: 5 }),
  }),
});

/** The file as the docstring describes it, written by other hands, in one go. */
function writtenPlainly({ basis, position, ids, exposures, content }: Snapshot): Buffer {
  const { catalogue, counts, histories, seen, users } = content;
  const numbers = (rows: Snapshot['content']['seen']): [Int32Array, Int32Array] => [
    Int32Array.from(rows, ([, items]) => items.length),
    Int32Array.from(rows.flatMap(([, items]) => [...items])),
  ];
  const sections = [
    catalogue.createdMs,
    counts.weights,
    ...numbers(histories),
    ...numbers(seen),
    ids.older,
    ids.newer,
    exposures.older,
    exposures.newer,
  ].map((values) => Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  const head = Buffer.from(
    JSON.stringify({
      basis,
      position,
      originMs: counts.originMs,
      items: catalogue.ids,
      removed: catalogue.removed,
      reported: catalogue.reported,
      users,
      histories: histories.map(([user]) => user),
      seen: seen.map(([user]) => user),
      sections: sections.map(({ length }) => length),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const bytes = Buffer.concat([Buffer.from('AMSNAP01'), length, head, ...sections]);
  return Buffer.concat([bytes, createHash('sha256').update(bytes).digest()]);
}

describe('a snapshot file', () => {
  it('holds what was put into it, in however many slices it was made (property)', async () => {
    await fc.assert(
      fc.asyncProperty(anySnapshot, fc.constantFrom(0, 1000), async (snapshot, sliceMs) => {
        let rests = 0;
        const slices = new Slices(sliceMs, async () => void (rests += 1));
        const path = fileOf(...(await snapshotBytes(snapshot, slices)));
        expect(readSnapshot(path)).toEqual(snapshot);
        expect(rests > 0).toBe(sliceMs === 0);
        rmSync(path);
      }),
      { numRuns: 60 },
    );
  });

  it('is read as it is described, so that files of earlier versions are', () => {
    expect(readSnapshot(fileOf(writtenPlainly(small)))).toEqual(small);
  });

  it('is there as a whole or not at all', async () => {
    const path = join(root, 'deep', 'in', 'a', 'folder', 'snapshot.bin');
    const parts = await snapshotBytes(small, new Slices());
    await writeSnapshot(path, parts);
    const before = readFileSync(path);
    expect(readSnapshot(path)).toEqual(small);
    await expect(writeSnapshot(path, [parts[0], undefined as never])).rejects.toThrow();
    expect(readFileSync(path)).toEqual(before);
    expect(existsSync(`${path}.part`)).toBe(false);
  });

  it('is undefined where there is none, and unreadable where a folder stands in its place', () => {
    expect(readSnapshot(join(root, 'none.bin'))).toBeUndefined();
    const path = join(root, 'folder.bin');
    mkdirSync(path);
    expect(() => readSnapshot(path)).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE', details: { path } }),
    );
  });

  it('is refused with its path when it is damaged, of another version, or no snapshot', () => {
    const whole = writtenPlainly(small);
    const changed = (at: number): Buffer => {
      const copy = Buffer.from(whole);
      copy[at] ^= 0x10;
      return copy;
    };
    const signed = (bytes: Buffer): Buffer =>
      Buffer.concat([bytes, createHash('sha256').update(bytes).digest()]);
    const headless = Buffer.alloc(12);
    headless.write('AMSNAP01');
    headless.writeUInt32LE(2, 8);
    const cases: [Buffer, RegExp][] = [
      [Buffer.from(''), /is none, or of another version/],
      [changed(7), /is none, or of another version/],
      ...[8, 20, whole.length >> 1, whole.length - 1].map((at): [Buffer, RegExp] => [
        changed(at),
        /does not fit its checksum/,
      ]),
      [whole.subarray(0, whole.length - 3), /does not fit its checksum/],
      [signed(Buffer.concat([headless, Buffer.from('{}')])), /is not what it should be/],
      [signed(Buffer.concat([headless, Buffer.from('nonsense')])), /is not what it should be/],
    ];
    for (const [bytes, why] of cases) {
      const path = fileOf(bytes);
      expect(() => readSnapshot(path)).toThrow(why);
      expect(() => readSnapshot(path)).toThrow(
        expect.objectContaining({ code: 'ARTEFACT_CORRUPT', details: { path } }),
      );
    }
  });
});
