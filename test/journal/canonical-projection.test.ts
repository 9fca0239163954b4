import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isInfrastructureFault,
  MemoryJournal,
  projectCanonical,
  readAll,
  type JournalEvent,
  type ProjectionRules,
} from '../../src/journal/index.js';
import { Rng } from '../../src/platform/index.js';
import { scriptedClock } from './journal-conformance.js';

const rules: ProjectionRules = {
  volatile: {
    '*': ['pid', 'host'],
    'trial-finished': ['outcome.cost', 'attempts', 'log.*.seconds'],
  },
  ignoredKinds: ['run-resumed', 'engine-started'],
  ignore: isInfrastructureFault,
};

interface Draft {
  readonly kind: string;
  readonly payload: unknown;
  /** index of an earlier draft, or a function of the events so far */
  readonly parent?: number;
}

async function record(drafts: readonly Draft[], startMs: number): Promise<JournalEvent[]> {
  const journal = new MemoryJournal(scriptedClock(drafts.map((_, i) => startMs + i * 7)));
  const events: JournalEvent[] = [];
  for (const { kind, payload, parent } of drafts) {
    const resolved = JSON.parse(
      JSON.stringify(payload).replace(/"@(\d+)"/g, (_, index: string) => `"${events[Number(index)].id}"`),
    ) as unknown;
    events.push(await journal.append(kind, resolved, parent === undefined ? null : events[parent].id));
  }
  return readAll(journal);
}

const trial = (auc: number, seconds: number, pid: number) => ({
  kind: 'trial-finished',
  payload: {
    trial: 't',
    pid,
    attempts: pid,
    outcome: { kind: 'scored', auc, cost: { seconds } },
    log: [{ step: 1, seconds }],
  },
});
const lost = {
  kind: 'trial-finished',
  payload: {
    trial: 't',
    outcome: { kind: 'fault', code: 'WORKER_LOST', infrastructure: true, message: 'killed' },
  },
};
const diverged = {
  kind: 'trial-finished',
  payload: {
    trial: 't',
    outcome: { kind: 'fault', code: 'LOSS_NOT_FINITE', infrastructure: false, message: 'step 9' },
  },
};

describe('projectCanonical', () => {
  it('drops volatile members by path, for one kind, for every kind and inside lists', async () => {
    const [event] = projectCanonical(await record([trial(0.7, 12, 99)], 1000), rules).state;
    expect(event).toEqual({
      kind: 'trial-finished',
      payload: { trial: 't', outcome: { kind: 'scored', auc: 0.7 }, log: [{ step: 1 }] },
      parent: null,
    });
  });

  it('leaves the same member of another kind alone, and everything where there are no rules (control)', async () => {
    const events = await record(
      [{ kind: 'gate-decided', payload: { attempts: 3, outcome: { cost: 1 } } }],
      1,
    );
    expect(projectCanonical(events, rules).state[0].payload).toEqual({ attempts: 3, outcome: { cost: 1 } });
    const full = projectCanonical(await record([trial(0.7, 12, 99)], 1), { volatile: {}, ignoredKinds: [] });
    expect(full.state[0].payload).toEqual(trial(0.7, 12, 99).payload);
  });

  it('can drop whole elements of a list', async () => {
    const events = await record([{ kind: 'a', payload: { list: [1, 2, 3], keep: [4] } }], 1);
    const projection = projectCanonical(events, { volatile: { a: ['list.*', 'keep.1'] }, ignoredKinds: [] });
    expect(projection.state[0].payload).toEqual({ list: [], keep: [4] });
  });

  it('is equal for an interrupted and an uninterrupted run, and unequal when a decision differs', async () => {
    const smooth = [
      { kind: 'run-started', payload: { seed: 1 } },
      { ...trial(0.7, 12, 1), parent: 0 },
      { ...trial(0.8, 3, 1), parent: 1 },
    ];
    const bumpy = [
      { kind: 'run-started', payload: { seed: 1, host: 'other' } },
      { ...lost, parent: 0 },
      { kind: 'run-resumed', payload: { pid: 5 }, parent: 1 },
      { ...trial(0.7, 40, 2), parent: 2 },
      { kind: 'engine-started', payload: {} },
      { ...trial(0.8, 5, 3), parent: 3 },
    ];
    const hash = async (drafts: readonly Draft[], at: number) =>
      projectCanonical(await record(drafts, at), rules).hash;
    const reference = await hash(smooth, 1000);
    expect(await hash(bumpy, 999_999)).toBe(reference);
    expect(await hash([smooth[0], { ...trial(0.71, 12, 1), parent: 0 }, smooth[2]], 1000)).not.toBe(
      reference,
    );
    expect(await hash([smooth[0], smooth[1], { ...trial(0.8, 3, 1), parent: 0 }], 1000)).not.toBe(reference);
    expect(await hash([smooth[0], { ...diverged, parent: 0 }, smooth[1], smooth[2]], 1000)).not.toBe(
      reference,
    );
  });

  it('replaces references to events by their places, also for events that were dropped', async () => {
    const events = await record(
      [
        { kind: 'run-started', payload: {} },
        { ...lost, parent: 0 },
        { kind: 'decided', payload: { after: '@1', of: ['@0'], text: 'no reference' }, parent: 1 },
      ],
      5,
    );
    const { state } = projectCanonical(events, rules);
    expect(state[1]).toEqual({
      kind: 'decided',
      payload: { after: { event: 1 }, of: [{ event: 1 }], text: 'no reference' },
      parent: 1,
    });
  });

  it('keeps a member named __proto__ as data', async () => {
    const payload = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}') as unknown;
    const [event] = projectCanonical(await record([{ kind: 'a', payload }], 1), rules).state;
    expect(Object.keys(event.payload as object).sort()).toEqual(['__proto__', 'a']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('property: any sprinkling of retries, resumes and other times leaves the hash as it is', async () => {
    const base: Draft[] = Array.from({ length: 6 }, (_, i) => ({
      ...trial(0.5 + i / 100, 1, 1),
      parent: undefined,
    }));
    const reference = projectCanonical(await record(base, 0), rules).hash;
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 2 ** 40 }), async (seed, startMs) => {
        const rng = new Rng(seed);
        const noise = () => rng.pick<Draft>([lost, { kind: 'run-resumed', payload: { at: startMs } }]);
        const drafts = base.flatMap((_, i) => [
          ...Array.from({ length: rng.integer(3) }, noise),
          trial(0.5 + i / 100, rng.integer(100), rng.integer(1000)),
        ]);
        expect(projectCanonical(await record(drafts, startMs), rules).hash).toBe(reference);
      }),
      { numRuns: 50 },
    );
  });
});

describe('isInfrastructureFault', () => {
  it('tells the environment from the candidate', async () => {
    const [a, b, c, d, e] = await record(
      [
        lost,
        diverged,
        trial(0.7, 1, 1),
        { kind: 'x', payload: { kind: 'fault', infrastructure: true } },
        { kind: 'x', payload: null },
      ],
      1,
    );
    expect([a, b, c, d, e].map(isInfrastructureFault)).toEqual([true, false, false, true, false]);
  });
});
