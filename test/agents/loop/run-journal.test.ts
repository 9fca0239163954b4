import { describe, expect, it } from 'vitest';
import { canonicalRun, RunJournal } from '../../../src/agents/loop/run-journal.js';
import { trialRequest } from '../../../src/agents/trial/trial-request.js';
import { MemoryJournal } from '../../../src/journal/index.js';
import type { TrialOutcome } from '../../../src/schema/index.js';
import { lostFault, ownFault, ScriptedClock } from '../support/scripted-run.js';

const place = {
  contractHash: 'abc',
  datasetDir: '/d',
  predictionsDir: '/p',
  checkpointsDir: '/c',
  threads: 1,
};
const request = (seed: number) =>
  trialRequest(place, { model: 'lr', assignment: {}, seed, validationShare: 'search' });
const scored = (seconds: number): TrialOutcome => ({
  kind: 'scored',
  validation: { auc: 0.7 },
  predictionsHash: 'h',
  bestEpoch: 1,
  cost: { seconds, epochs: 1, samples: 50, parameters: 3, flopsPerSample: 4 },
  observables: {},
});

/** An event of the journal, or seconds that pass. */
type Told = number | readonly [kind: string, runId: string, decision?: unknown];

async function journalOf(...told: readonly Told[]) {
  const clock = new ScriptedClock();
  const journal = new MemoryJournal(clock);
  for (const event of told) {
    if (typeof event === 'number') clock.seconds += event;
    else await journal.append(event[0], { runId: event[1], decision: event[2] ?? {} });
  }
  return { journal, clock };
}
const opened = async (...told: readonly Told[]) => RunJournal.open((await journalOf(...told)).journal);

describe('runs of a journal', () => {
  it('are told apart, in the order they were started', async () => {
    const memory = await opened(
      ['run-started', 'run-1', { a: 1 }],
      ['run-started', 'run-2', { a: 2 }],
      ['engine-started', 'run-1'],
      ['grant-spent', 'run-1', { b: 3 }],
    );
    expect(memory.runIds()).toEqual(['run-1', 'run-2']);
    const plain = (id: string) => memory.decisions(id).map(({ kind, payload }) => [kind, payload]);
    expect(plain('run-1')).toEqual([
      ['run-started', { a: 1 }],
      ['grant-spent', { b: 3 }],
    ]);
    expect(plain('run-2')).toEqual([['run-started', { a: 2 }]]);
    expect(plain('run-3')).toEqual([]);
  });

  it('of a contract are counted by their looks at its gate users, null runs and other contracts aside', async () => {
    const started = (runId: string, contractHash: string, nullSeed: number | null): Told => [
      'run-started',
      runId,
      { settings: { contractHash, nullSeed } },
    ];
    const look = (runId: string): Told => ['gate-looked', runId, { look: 1 }];
    const memory = await opened(
      started('run-1', 'a', null),
      look('run-1'),
      look('run-1'),
      started('run-2', 'a', 17),
      look('run-2'),
      started('run-3', 'b', null),
      look('run-3'),
      started('run-4', 'a', null),
      look('run-4'),
    );
    expect(['a', 'b', 'c'].map((hash) => memory.gateLooks(hash))).toEqual([3, 1, 0]);
  });

  it('write their decisions where the next process reads them', async () => {
    const { journal } = await journalOf(['run-started', 'run-1', { a: 1 }]);
    const first = (await RunJournal.open(journal)).decisionLog('run-1');
    expect(first.replaying).toBe(true);
    await first.record('run-started', { a: 1 });
    await first.record('noise-measured', { sd: 0.1 });
    const again = (await RunJournal.open(journal)).decisionLog('run-1');
    await again.record('run-started', { a: 1 });
    expect(again.upcoming).toBe('noise-measured');
    await expect(again.decide('noise-measured', () => ({ sd: 9 }))).resolves.toEqual({ sd: 0.1 });
  });
});

describe('seconds of a grant', () => {
  it('leave out the time in which no engine ran, and what earlier grants took', async () => {
    const life = [['engine-started', 'run-1'], 5, ['run-started', 'run-1'], 7] as const;
    const memory = await opened(
      ...life.map((event) =>
        typeof event === 'number' ? event : ([event[0], event[1]] as [string, string]),
      ),
      ['budget-granted', 'run-1'],
      11,
      ['trial-committed', 'run-1'],
      1000,
      ['engine-started', 'run-1'],
      13,
      ['trial-committed', 'run-1'],
    );
    expect(memory.secondsSinceGrant('run-1')).toBe(7 + 11 + 13);
  });

  it.each([-3_000_000, 3_000_000])(
    'are those of the engine where the wall clock jumps by %i seconds',
    async (jump) => {
      const { journal, clock } = await journalOf(['run-started', 'run-1'], ['budget-granted', 'run-1']);
      const memory = await RunJournal.open(journal);
      memory.currentRun = 'run-1';
      memory.elapsedSeconds = () => 40;
      clock.seconds += 40;
      await memory.memory.remember(request(1), scored(40));
      memory.elapsedSeconds = () => 65;
      clock.seconds += 25 + jump;
      await memory.memory.remember(request(2), scored(25));
      clock.seconds += 1;
      await journal.append('trial-committed', { runId: 'run-1', decision: {} });
      expect((await RunJournal.open(journal)).secondsSinceGrant('run-1')).toBe(65);
      const events = [];
      for await (const event of journal.read()) events.push(event.at);
      expect(events).toEqual(events.toSorted((a, b) => a - b));
      await journal.append('budget-granted', { runId: 'run-1', decision: {} });
      expect((await RunJournal.open(journal)).secondsSinceGrant('run-1')).toBe(0);
    },
  );

  it('are not those of another run between', async () => {
    const memory = await opened(
      ['engine-started', 'run-1'],
      ['budget-granted', 'run-1'],
      3,
      ['trial-committed', 'run-1'],
      100,
      ['trial-committed', 'run-2'],
      100,
      ['engine-started', 'run-1'],
      4,
      ['trial-committed', 'run-1'],
    );
    expect(memory.secondsSinceGrant('run-1')).toBe(7);
    expect(memory.secondsSinceGrant('run-3')).toBe(0);
  });
});

describe('finished trials', () => {
  it('are remembered across processes, also those that failed on their own', async () => {
    const { journal } = await journalOf();
    const first = await RunJournal.open(journal);
    first.currentRun = 'run-1';
    await first.memory.remember(request(1), scored(2));
    await first.memory.remember(request(2), ownFault);
    for (const memory of [first.memory, (await RunJournal.open(journal)).memory]) {
      expect(memory.recall(request(1).key)).toEqual(scored(2));
      expect(memory.recall(request(2).key)).toEqual(ownFault);
      expect(memory.recall(request(3).key)).toBeUndefined();
    }
  });

  it('are not those that the infrastructure lost outside of a run: they run again', async () => {
    const { journal } = await journalOf();
    const { memory } = await RunJournal.open(journal);
    await memory.remember(request(1), lostFault);
    expect(memory.recall(request(1).key)).toBeUndefined();
    expect((await journal.head()).seq).toBe(0);
  });

  it('that the infrastructure lost stand in the run that decided by them, also after a restart, and in no other', async () => {
    const { journal } = await journalOf();
    const first = await RunJournal.open(journal);
    first.currentRun = 'run-1';
    await first.memory.remember(request(1), lostFault);
    const second = await RunJournal.open(journal);
    for (const memory of [first, second]) {
      memory.currentRun = 'run-1';
      expect(memory.memory.recall(request(1).key)).toEqual(lostFault);
      for (const other of ['run-2', null]) {
        memory.currentRun = other;
        expect(memory.memory.recall(request(1).key)).toBeUndefined();
      }
    }
    second.currentRun = 'run-2';
    await second.memory.remember(request(1), scored(1));
    expect(second.memory.recall(request(1).key)).toEqual(scored(1));
    second.currentRun = 'run-1';
    expect(second.memory.recall(request(1).key)).toEqual(lostFault);
    expect(second.costOf('run-1').trainings).toBe(0);
  });

  it('are what the run cost; faults and other runs are not', async () => {
    const { journal } = await journalOf();
    const memory = await RunJournal.open(journal);
    memory.currentRun = 'run-1';
    await memory.memory.remember(request(1), scored(2));
    await memory.memory.remember(request(2), scored(3));
    await memory.memory.remember(request(3), ownFault);
    memory.currentRun = 'run-2';
    await memory.memory.remember(request(4), scored(100));
    const after = await RunJournal.open(journal);
    expect(after.costOf('run-1')).toEqual({ seconds: 5, trainings: 2, samples: 100 });
    expect(after.costOf('run-3')).toEqual({ seconds: 0, trainings: 0, samples: 0 });
  });
});

describe('openings of the test split', () => {
  const opening = (contractHash: string, ...keys: string[]) => ({ contractHash, keys });

  it('are counted per contract, whoever opened it', async () => {
    const { journal } = await journalOf(
      ['test-opened', 'run-1', opening('abc', 'a')],
      ['test-opened', 'evaluate', opening('abc', 'b')],
      ['test-opened', 'run-1', opening('other', 'c')],
    );
    const memory = await RunJournal.open(journal);
    expect([memory.testOpenings('abc'), memory.testOpenings('other'), memory.testOpenings('none')]).toEqual([
      2, 1, 0,
    ]);
    await memory.noteTestOpening('train', 'abc', ['d', 'e']);
    expect(memory.testOpenings('abc')).toBe(3);
    expect((await RunJournal.open(journal)).testOpenings('abc')).toBe(3);
  });

  it('of the very same predictions show nothing new; of one more they do', async () => {
    const { journal } = await journalOf(['test-opened', 'run-1', opening('abc', 'a', 'b')]);
    const memory = await RunJournal.open(journal);
    await memory.noteTestOpening('train', 'abc', ['b', 'a']);
    expect(memory.testOpenings('abc')).toBe(1);
    await memory.noteTestOpening('train', 'abc', ['a', 'c']);
    await memory.noteTestOpening('train', 'abc', ['c']);
    expect(memory.testOpenings('abc')).toBe(2);
    expect((await journal.head()).seq).toBe(2);
  });
});

describe('tuned configurations', () => {
  it('are the latest of the model under the contract', async () => {
    const { journal } = await journalOf();
    const memory = await RunJournal.open(journal);
    await memory.noteTuned('abc', 'lr', { l2: 1 });
    await memory.noteTuned('abc', 'lr', { l2: 2 });
    await memory.noteTuned('abc', 'fm', { l2: 3 });
    await memory.noteTuned('other', 'lr', { l2: 4 });
    const after = await RunJournal.open(journal);
    expect(after.tunedAssignment('abc', 'lr')).toEqual({ l2: 2 });
    expect(after.tunedAssignment('other', 'lr')).toEqual({ l2: 4 });
    expect(after.tunedAssignment('other', 'fm')).toBeUndefined();
  });
});

describe('canonicalRun', () => {
  const decided = (seconds: number, runId = 'run-1'): Told[] => [
    ['run-started', runId, { seed: 1 }],
    ['trial-committed', runId, { value: 0.7, costSeconds: seconds }],
    ['run-concluded', runId, { scores: [{ model: 'lr', cost: { seconds, trainings: 3 } }] }],
  ];
  const hashOf = async (...told: readonly Told[]) =>
    (await canonicalRun((await journalOf(...told)).journal)).hash;

  it('is blind to times, costs, interruptions, results and the name of the run', async () => {
    const plain = await hashOf(...decided(1));
    const [first, ...rest] = decided(50);
    expect(await hashOf(['engine-started', 'run-1'], first, 99, ['engine-started', 'run-1'], ...rest)).toBe(
      plain,
    );
    expect(await hashOf(['run-started', 'run-1'], ['grant-spent', 'run-1'], ...decided(1, 'run-2'))).toBe(
      plain,
    );
  });

  it('tells another decision, another order and a missing one', async () => {
    const plain = await hashOf(...decided(1));
    const [start, committed, concluded] = decided(1);
    expect(await hashOf(start, concluded, committed)).not.toBe(plain);
    expect(await hashOf(start, committed)).not.toBe(plain);
    expect(await hashOf(start, ['trial-committed', 'run-1', { value: 0.71 }], concluded)).not.toBe(plain);
  });

  it('wants a run', async () => {
    const { journal } = await journalOf(['engine-started', 'run-1']);
    await expect(canonicalRun(journal)).rejects.toMatchObject({ code: 'USAGE' });
  });
});
