import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { ServedEvent, Warning } from '../../src/schema/index.js';
import { ServingStore, type ServingStoreOptions } from '../../src/serving/index.js';
import { anyEvents, past, readingOf, rows, settings } from './state-parts.js';

const root = mkdtempSync(join(tmpdir(), 'serving-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(root, String((folders += 1)));

async function opened(dir: string, more: Partial<ServingStoreOptions> = {}) {
  const warnings: Warning[] = [];
  let pasts = 0;
  const store = await ServingStore.open({
    dir,
    settings,
    rows,
    pastName: 'log 1',
    past: () => {
      pasts += 1;
      return Promise.resolve(past());
    },
    warn: (warning) => warnings.push(warning),
    ...more,
  });
  return { store, warnings, pasts: () => pasts };
}

const click = (i: number, more: Partial<ServedEvent> = {}): ServedEvent => ({
  id: `e${i}`,
  atMs: 1000 + i,
  user: `u${i % 3}`,
  item: `i${i % 7}`,
  kind: 'click',
  ...more,
});
const clicks = (from: number, to: number): ServedEvent[] =>
  Array.from({ length: to - from }, (_, i) => click(from + i));

describe('ServingStore', () => {
  it('has the same state from a snapshot and what came after as from the whole log, at any cut (property)', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvents, fc.nat(60), async (events, cut) => {
        const dir = folder();
        const { store } = await opened(dir, { segmentBytes: 700 });
        await store.append(events.slice(0, cut));
        await store.snapshot();
        await store.append(events.slice(cut));
        const whole = readingOf(store.state);
        // As after a kill: no snapshot at the end.
        await store.log.close();
        const { store: again, warnings } = await opened(dir);
        expect(again.recovery.replayed).toBe(Math.max(0, events.length - cut));
        expect(readingOf(again.state)).toEqual(whole);
        expect(warnings).toEqual([]);
        await again.log.close();
        rmSync(join(dir, 'snapshot.bin'));
        const { store: replayed } = await opened(dir);
        expect(replayed.recovery).toEqual({ snapshotAt: undefined, replayed: events.length });
        expect(readingOf(replayed.state)).toEqual(whole);
        await replayed.log.close();
      }),
      { numRuns: 25 },
    );
  });

  it('takes events while it writes a snapshot: none is lost, none is there twice (property)', async () => {
    const batches = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(anyEvents, fc.nat(60), batches, async (events, cut, sizes) => {
        const dir = folder();
        const { store } = await opened(dir, { segmentBytes: 700, sliceMs: 0 });
        await store.append(events.slice(0, cut));
        const writing = store.snapshot();
        const coming = events.slice(cut);
        const appended: Promise<unknown>[] = [];
        for (const size of sizes) {
          appended.push(store.append(coming.splice(0, size)));
          await new Promise((resolve) => setImmediate(resolve));
        }
        appended.push(store.append(coming));
        await Promise.all([writing, ...appended]);
        const whole = readingOf(store.state);
        // As after a kill: what came since the moment of the snapshot is in the log alone.
        await store.log.close();
        const { store: again, warnings } = await opened(dir);
        expect(warnings).toEqual([]);
        expect(again.recovery.replayed).toBe(Math.max(0, events.length - cut));
        expect(readingOf(again.state)).toEqual(whole);
        expect(await again.append(events)).toEqual({ stored: 0, repeated: events.length });
        await again.log.close();
      }),
      { numRuns: 25 },
    );
  });

  it('reads nothing again after it was closed, and still knows every id', async () => {
    const dir = folder();
    const { store } = await opened(dir);
    await store.append(clicks(0, 50));
    expect(store.isFirstExposure('x', 'u1', 'B')).toBe(true);
    expect(store.isFirstExposure('x', 'u1', 'B')).toBe(false);
    await store.close();
    await store.close();
    const { store: again, pasts } = await opened(dir);
    expect(again.recovery.replayed).toBe(0);
    expect(pasts()).toBe(0);
    expect(again.log.events).toBe(50);
    expect(again.isFirstExposure('x', 'u1', 'B')).toBe(false);
    expect(again.isFirstExposure('x', 'u1', 'A')).toBe(true);
    expect(await again.append(clicks(40, 60))).toEqual({ stored: 10, repeated: 10 });
    await again.close();
  });

  it('learns exposures from the log', async () => {
    const dir = folder();
    const { store } = await opened(dir);
    await store.append([
      click(1, { kind: 'exposure', item: undefined, more: { experiment: 'x', variant: 'B' } }),
    ]);
    await store.log.close();
    const { store: again } = await opened(dir);
    expect(again.isFirstExposure('x', 'u1', 'B')).toBe(false);
    expect(again.isFirstExposure('x', 'u2', 'B')).toBe(true);
    await again.close();
  });

  it('puts a damaged snapshot aside with a warning, and has its state from the log', async () => {
    const dir = folder();
    const { store } = await opened(dir);
    await store.append(clicks(0, 30));
    await store.close();
    const whole = readingOf(store.state);
    const path = join(dir, 'snapshot.bin');
    const bytes = readFileSync(path);
    const damages: (() => void)[] = [
      () => truncateSync(path, bytes.length - 5),
      () => writeFileSync(path, 'nonsense'),
      () => writeFileSync(path, ''),
      () => appendFileSync(path, 'x'),
      ...[9, 40, bytes.length >> 1, bytes.length - 1].map((at) => () => {
        const changed = Buffer.from(bytes);
        changed[at] ^= 1;
        writeFileSync(path, changed);
      }),
    ];
    for (const damage of damages) {
      const copy = folder();
      damage();
      cpSync(dir, copy, { recursive: true });
      const { store: again, warnings } = await opened(copy);
      expect(warnings.map(({ code }) => code)).toEqual(['SNAPSHOT_UNUSED']);
      expect(again.recovery.replayed).toBe(30);
      expect(readingOf(again.state)).toEqual(whole);
      await again.close();
      writeFileSync(path, bytes);
    }
    const { warnings } = await opened(dir); // the negative control: the whole one is used
    expect(warnings).toEqual([]);
  });

  it('puts a snapshot aside that has events which the log lost', async () => {
    const dir = folder();
    const { store } = await opened(dir);
    await store.append(clicks(0, 10));
    await store.close();
    truncateSync(join(dir, 'events', 'events-000001.log'), 200);
    const { store: again, warnings } = await opened(dir);
    expect(warnings[0].message).toMatch(/200 bytes/);
    expect(again.recovery.snapshotAt).toBeUndefined();
    expect(again.log.events).toBeLessThan(3);
    await again.close();
  });

  it('makes its state anew over another training log or other settings, without a word', async () => {
    const dir = folder();
    const { store } = await opened(dir);
    await store.append(clicks(0, 10));
    await store.close();
    const other = await opened(dir, { pastName: 'log 2' });
    expect([other.store.recovery.replayed, other.pasts(), other.warnings]).toEqual([10, 1, []]);
    await other.store.close();
    const longer = await opened(dir, { pastName: 'log 2', settings: { ...settings, historyLength: 9 } });
    expect(longer.store.recovery.replayed).toBe(10);
    await longer.store.close();
  });

  it('has items that the tables got since, with the histories that it had', async () => {
    const dir = folder();
    const { store } = await opened(dir);
    await store.append([click(1, { item: 'c' }), click(2, { item: 'x', user: 'u1' })]);
    await store.close();
    const more = { ...rows, items: [{ id: 'late', record: { event: {} }, createdMs: 5 }, ...rows.items] };
    const { store: again } = await opened(dir, { rows: more });
    const { catalogue, histories } = again.state;
    expect([...histories.of('u1')].map((item) => catalogue.idOf(item))).toEqual(['c', 'x']);
    expect(catalogue.createdMs()[catalogue.indexOf('late') as number]).toBe(5);
    await again.close();
  });

  it('takes a snapshot by itself after enough events', async () => {
    const dir = folder();
    const { store } = await opened(dir, { snapshotEvents: 20 });
    await store.append(clicks(0, 15));
    expect(existsSync(join(dir, 'snapshot.bin'))).toBe(false);
    await store.append(clicks(15, 25));
    await store.snapshot(); // waits for the one under way
    await store.append(clicks(25, 30));
    await store.log.close();
    const { store: again } = await opened(dir);
    expect(again.recovery.replayed).toBe(5);
    await again.close();
  });
});
