import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAll, type Journal, type JournalEvent } from '../../src/journal/index.js';
import { canonicalJson, sha256, type Clock } from '../../src/platform/index.js';

/** A clock that shows the given times in turn, then the last one for ever. */
export function scriptedClock(times: readonly number[]): Clock {
  let index = 0;
  return { nowMs: () => times[Math.min(index++, times.length - 1)], monotonicMs: () => 0 };
}

/** The hash of an event by its public definition, written independently of the implementation. */
export function expectedHash(previousHash: string, event: JournalEvent): string {
  const { seq, id, at, kind, parent } = event;
  const payload = canonicalJson(event.payload);
  const text = `{"at":${at},"id":"${id}","kind":${JSON.stringify(kind)},"parent":${JSON.stringify(parent)},"payload":${JSON.stringify(payload)},"seq":${seq}}`;
  return sha256(`${previousHash}\n${text}`);
}

const genesisHash = sha256('automodel-journal/1');

/** What every implementation of the Journal port does. `open` makes a fresh, empty journal for writing. */
export function describeJournal(name: string, open: (clock?: Clock) => Promise<Journal>): void {
  describe(`${name}: Journal conformance`, () => {
    it('starts empty and numbers events from 1', async () => {
      const journal = await open();
      expect(await journal.head()).toEqual({ seq: 0, hash: genesisHash });
      expect(await readAll(journal)).toEqual([]);
      const first = await journal.append('run-started', { seed: 1 });
      const second = await journal.append('trial-finished', { auc: 0.7 }, first.id);
      expect([first.seq, second.seq, second.parent]).toEqual([1, 2, first.id]);
      expect(await journal.head()).toEqual({ seq: 2, hash: second.hash });
      await journal.close();
    });

    it('returns from append exactly what read gives back', async () => {
      const journal = await open();
      const appended = [
        await journal.append('a', { x: [1, { y: 'é\u0000' }], left: undefined }),
        await journal.append('b', null),
      ];
      expect(await readAll(journal)).toEqual(appended);
      expect(appended[0].payload).toEqual({ x: [1, { y: 'é\u0000' }] });
      await journal.close();
    });

    it('filters by kind and first sequence number', async () => {
      const journal = await open();
      for (let i = 0; i < 10; i += 1) await journal.append(i % 2 === 0 ? 'even' : 'odd', { i });
      const seqs = async (options: Parameters<typeof readAll>[1]) =>
        (await readAll(journal, options)).map((e) => e.seq);
      expect(await seqs({ fromSeq: 8 })).toEqual([8, 9, 10]);
      expect(await seqs({ kinds: ['odd'] })).toEqual([2, 4, 6, 8, 10]);
      expect(await seqs({ kinds: ['odd', 'even'], fromSeq: 9 })).toEqual([9, 10]);
      expect(await seqs({ kinds: ['none'] })).toEqual([]);
      expect(await seqs({ kinds: [] })).toEqual([]);
      expect(await seqs({ fromSeq: 11 })).toEqual([]);
      await journal.close();
    });

    it('reads the events that stood when reading began, while more are appended', async () => {
      const journal = await open();
      for (let i = 0; i < 3; i += 1) await journal.append('a', i);
      const seen: number[] = [];
      for await (const event of journal.read()) {
        seen.push(event.seq);
        await journal.append('b', event.seq);
      }
      expect(seen).toEqual([1, 2, 3]);
      expect((await journal.head()).seq).toBe(6);
      await journal.close();
    });

    it('reads more events than one storage batch holds, and can be left in the middle', async () => {
      const journal = await open();
      for (let i = 1; i <= 1003; i += 1) await journal.append('n', i);
      expect((await readAll(journal)).map((e) => e.payload)).toEqual(
        Array.from({ length: 1003 }, (_, i) => i + 1),
      );
      for await (const event of journal.read()) if (event.seq === 600) break;
      expect((await journal.append('n', 'after')).seq).toBe(1004);
      await journal.verify();
      await journal.close();
    });

    it('appends only on the expected head when asked to', async () => {
      const journal = await open();
      await journal.append('a', 1, null, 0);
      await expect(journal.append('a', 2, null, 0)).rejects.toMatchObject({
        code: 'JOURNAL_CONFLICT',
        details: { seq: 1 },
      });
      expect((await journal.head()).seq).toBe(1);
      expect((await journal.append('a', 2, null, 1)).seq).toBe(2);
      await journal.close();
    });

    it('refuses an unknown parent, a payload without a JSON form and an empty kind, and adds nothing', async () => {
      const journal = await open();
      await expect(journal.append('a', 1, 'nobody')).rejects.toMatchObject({
        code: 'INTERNAL',
        details: { parent: 'nobody' },
      });
      for (const payload of [Number.NaN, { auc: Number.POSITIVE_INFINITY }, undefined, () => 1]) {
        await expect(journal.append('a', payload)).rejects.toMatchObject({ code: 'INTERNAL' });
      }
      await expect(journal.append('', 1)).rejects.toMatchObject({ code: 'INTERNAL' });
      expect((await journal.head()).seq).toBe(0);
      expect((await journal.append('a', 1)).seq).toBe(1);
      await journal.close();
    });

    it('keeps `at` from running back when the clock does; seq gives the order', async () => {
      const journal = await open(scriptedClock([1000, 2000, 500, 2500.7]));
      for (let i = 0; i < 4; i += 1) await journal.append('tick', i);
      expect((await readAll(journal)).map((e) => e.at)).toEqual([1000, 2000, 2000, 2500]);
      await journal.verify();
      await journal.close();
    });

    it('hands out copies: changing what was read changes nothing', async () => {
      const journal = await open();
      await journal.append('a', { list: [1] });
      const [event] = await readAll(journal);
      (event.payload as { list: number[] }).list.push(2);
      expect((await readAll(journal))[0].payload).toEqual({ list: [1] });
      await journal.close();
    });

    it('appends from many callers at once without a gap', async () => {
      const journal = await open();
      const events = await Promise.all(Array.from({ length: 50 }, (_, i) => journal.append('a', i)));
      expect(events.map((e) => e.seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      expect(new Set(events.map((e) => e.id)).size).toBe(50);
      await journal.verify();
      await journal.close();
    });

    it('refuses everything after close, and closing twice is harmless', async () => {
      const journal = await open();
      await journal.append('a', 1);
      await journal.close();
      await journal.close();
      await expect(journal.append('a', 2)).rejects.toMatchObject({ code: 'INTERNAL' });
      await expect(journal.head()).rejects.toMatchObject({ code: 'INTERNAL' });
      await expect(readAll(journal)).rejects.toMatchObject({ code: 'INTERNAL' });
    });

    it('property: any JSON payload survives, and the chain is the published hash of every event', async () => {
      const draft = fc.record({ kind: fc.string({ minLength: 1, maxLength: 12 }), payload: fc.jsonValue() });
      await fc.assert(
        fc.asyncProperty(fc.array(draft, { maxLength: 8 }), async (drafts) => {
          const journal = await open(scriptedClock([1e12]));
          for (const { kind, payload } of drafts) await journal.append(kind, payload);
          const events = await readAll(journal);
          await journal.close();
          let previous = genesisHash;
          for (const [index, event] of events.entries()) {
            expect(event.kind).toBe(drafts[index].kind);
            expect(canonicalJson(event.payload)).toBe(canonicalJson(drafts[index].payload));
            expect(event.hash).toBe(expectedHash(previous, event));
            previous = event.hash;
          }
          expect(events).toHaveLength(drafts.length);
        }),
        { numRuns: 25 },
      );
    });
  });
}
