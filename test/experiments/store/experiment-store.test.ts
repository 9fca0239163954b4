import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ExperimentsReader,
  ExperimentStates,
  ExperimentStore,
  summarise,
} from '../../../src/experiments/index.js';
import { openJournal } from '../../../src/journal/index.js';
import { packageRoot, type Clock } from '../../../src/platform/index.js';
import { recordOf } from '../support.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'automodel-experiments-'));
  path = join(folder, 'experiments.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const started = (id: string) =>
  [{ kind: 'experiment-started', payload: { record: recordOf({ id }) } }] as const;
const allocated = (id: string, share: number, step: number | null) =>
  ({ kind: 'experiment-allocated', payload: { id, share, step, reason: 'test' } }) as const;

describe('the store of experiments', () => {
  it('holds nothing before the first write, and makes no file to say so', async () => {
    const store = new ExperimentStore({ path });
    expect((await store.read()).all()).toEqual([]);
    const reader = new ExperimentsReader(path);
    expect(await reader.poll()).toBe(false);
    expect(reader.variantsOf('u', 'recommend')).toEqual([]);
  });

  it('is the sum of its events: epochs, overrides, looks, ends', async () => {
    let now = 1000;
    const clock: Clock = { nowMs: () => now, monotonicMs: () => performance.now() };
    const store = new ExperimentStore({ path, clock });
    await store.write(() => [...started('a'), ...started('b')]);
    now = 2000;
    await store.write(() => [
      allocated('a', 0.05, 1),
      { kind: 'experiment-overridden', payload: { id: 'a', unit: 'tester', variant: 'new' } },
    ]);
    now = 3000;
    const states = await store.write((known) => {
      expect(known.running().map(({ record }) => record.id)).toEqual(['a', 'b']);
      return [{ kind: 'experiment-stopped', payload: { id: 'a', outcome: 'killed', reason: 'errors' } }];
    });
    const read = await store.read();
    expect(read.all()).toEqual(states.all());
    expect(read.need('a')).toMatchObject({
      status: 'stopped',
      step: 1,
      epochs: [
        { share: 0.01, fromMs: 1000, toMs: 2000 },
        { share: 0.05, fromMs: 2000, toMs: 3000 },
      ],
      overrides: { tester: 'new' },
      ended: { atMs: 3000, outcome: 'killed', reason: 'errors' },
    });
    expect(summarise(read.need('a'))).toMatchObject({ share: 0, outcome: 'killed', steps: 6 });
    expect(() => read.need('c')).toThrow(/There is no experiment "c"/);
  });

  it('writes nothing when the decision is refused', async () => {
    const store = new ExperimentStore({ path });
    await store.write(() => started('a'));
    await expect(
      store.write(() => {
        throw new Error('refused');
      }),
    ).rejects.toThrow('refused');
    expect((await store.read()).all()).toHaveLength(1);
  });

  it('lets writers wait for each other, and gives up on one that stays', async () => {
    const store = new ExperimentStore({ path });
    await Promise.all(['a', 'b', 'c'].map((id) => store.write(() => started(id))));
    expect(
      (await store.read())
        .all()
        .map(({ record }) => record.id)
        .sort(),
    ).toEqual(['a', 'b', 'c']);
    const held = await openJournal({ path });
    const hasty = new ExperimentStore({ path, patienceMs: 30 });
    await expect(hasty.write(() => started('d'))).rejects.toMatchObject({ code: 'PROJECT_LOCKED' });
    await held.close();
  });

  it('refuses events that nobody could have written, naming them', () => {
    const states = new ExperimentStates();
    const event = { seq: 7, at: 1, kind: 'experiment-allocated', payload: { id: 'x', share: 2 } };
    expect(() => states.apply(event)).toThrow(/Event 7 .*experiment-allocated/);
    expect(() =>
      states.apply({
        seq: 8,
        at: 1,
        kind: 'experiment-stopped',
        payload: { id: 'x', outcome: 'KEEP', reason: '' },
      }),
    ).toThrow(/no experiment x was started/);
    states.apply({ seq: 9, at: 1, kind: 'experiment-of-2030', payload: {} });
    expect(states.all()).toEqual([]);
  });
});

describe('the reader of a server', () => {
  it('takes up what other processes write, and nothing twice', async () => {
    const store = new ExperimentStore({ path });
    const reader = new ExperimentsReader(path);
    await store.write(() => started('a'));
    expect(await reader.poll()).toBe(true);
    expect(await reader.poll()).toBe(false);
    expect(reader.running().map(({ record }) => record.id)).toEqual(['a']);
    await store.write(() => [
      allocated('a', 1, 5),
      { kind: 'experiment-overridden', payload: { id: 'a', unit: 'tester', variant: 'control' } },
    ]);
    expect(reader.variantsOf('u', 'recommend')[0]?.epoch).toBe(0);
    expect(await reader.poll()).toBe(true);
    expect(reader.variantsOf('u', 'recommend')).toEqual([
      {
        experiment: 'a',
        variant: 'new',
        epoch: 1,
        forced: false,
        change: { kind: 'version', version: 'v2' },
      },
    ]);
    expect(reader.variantsOf('tester', 'recommend')[0]).toMatchObject({ variant: 'control', forced: true });
    expect(reader.variantsOf('u', 'search')).toEqual([]);
    await store.write(() => [
      { kind: 'experiment-stopped', payload: { id: 'a', outcome: 'KEEP', reason: 'better' } },
    ]);
    await reader.poll();
    expect(reader.variantsOf('u', 'recommend')).toEqual([]);
    await reader.close();
  });
});

describe('kill -9', () => {
  it('between any two writes leaves a readable state that the next writer goes on from', async () => {
    const script = join(folder, 'writer.mjs');
    const dist = (room: string): string => JSON.stringify(join(packageRoot, 'dist', room, 'index.js'));
    writeFileSync(
      script,
      `import { ExperimentStore } from ${dist('experiments')};
import { ExperimentRecord } from ${dist('schema')};
const store = new ExperimentStore({ path: process.argv[2] });
const record = ExperimentRecord.parse(JSON.parse(process.argv[3]));
for (let share = 1; ; share += 1) {
  await store.write((states) => states.get(record.id) === undefined
    ? [{ kind: 'experiment-started', payload: { record } }]
    : [{ kind: 'experiment-allocated', payload: { id: record.id, share: (share % 99) / 100, step: null, reason: 'again' } }]);
  process.stdout.write('.');
}
`,
    );
    let epochs = 0;
    for (const writes of [1, 3, 6, 4]) {
      const child = spawn(process.execPath, [script, path, JSON.stringify(recordOf({ id: 'a' }))]);
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      let seen = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        seen += chunk.length;
        if (seen >= writes) child.kill('SIGKILL');
      });
      await new Promise((resolve) => child.on('close', resolve));
      expect(errors).toBe('');
      const state = (await new ExperimentStore({ path }).read()).need('a');
      expect(state.epochs.length).toBeGreaterThanOrEqual(epochs + (epochs === 0 ? 1 : writes));
      expect(state.epochs.filter(({ toMs }) => toMs === null)).toHaveLength(1);
      epochs = state.epochs.length;
    }
  }, 30_000);
});
