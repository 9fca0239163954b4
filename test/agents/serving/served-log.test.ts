import { describe, expect, it } from 'vitest';
import { ServedLog } from '../../../src/agents/serving/served-log.js';
import { AutoModelError } from '../../../src/platform/index.js';
import type { ServedEvent, Warning } from '../../../src/schema/index.js';

const note = (n: number, size = 0): ServedEvent => ({
  id: `served:${n}`,
  atMs: n,
  user: 'u',
  kind: 'served',
  more: { text: 'x'.repeat(size) },
});

/** A sink that refuses calls with something large in them, or everything. */
function sink(refuses: (events: readonly ServedEvent[]) => AutoModelError | undefined = () => undefined) {
  const calls: (readonly ServedEvent[])[] = [];
  const warnings: Warning[] = [];
  const append = async (events: readonly ServedEvent[]) => {
    await Promise.resolve();
    const error = refuses(events);
    if (error !== undefined) throw error;
    calls.push(events);
    return { stored: events.length, repeated: 0 };
  };
  const log = new ServedLog({ append }, (warning) => warnings.push(warning));
  return { log, calls, warnings, ids: () => calls.flat().map(({ atMs }) => atMs) };
}

describe('ServedLog', () => {
  it('writes many notes at once, in their order, and none twice', async () => {
    const { log, calls, ids } = sink();
    for (let n = 0; n < 600; n += 1) log.note(note(n));
    expect(calls.length).toBe(0); // nobody waits for the disk
    await log.flush();
    expect(ids()).toEqual(Array.from({ length: 600 }, (_, n) => n));
    expect(calls.length).toBe(3);
    await log.flush();
    expect(calls.length).toBe(3);
  });

  it('writes by itself what is left', async () => {
    const { log, ids } = sink();
    log.note(note(1));
    for (let turn = 0; turn < 100 && ids().length === 0; turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ids()).toEqual([1]);
  });

  it('loses a note that is too large and not those beside it', async () => {
    const { log, ids, warnings } = sink((events) =>
      events.some(({ more }) => String(more?.['text']).length > 5)
        ? new AutoModelError('LIMIT_EXCEEDED', 'too large')
        : undefined,
    );
    for (const [n, size] of [0, 9, 0, 0].entries()) log.note(note(n, size));
    await log.flush();
    expect(ids()).toEqual([0, 2, 3]);
    expect(log.lost).toBe(1);
    expect(warnings.map(({ code }) => code)).toEqual(['LIMIT_EXCEEDED']);
  });

  it('counts what a full disk loses, warns once, and goes on', async () => {
    const { log, warnings } = sink(() => new AutoModelError('DISK_FULL', 'no space'));
    log.note(note(1));
    await log.flush();
    log.note(note(2));
    await log.flush();
    expect(log.lost).toBe(2);
    expect(warnings).toEqual([{ code: 'DISK_FULL', message: 'Answers are not logged: no space' }]);
  });
});
