import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecisionLog, type RecordedDecision } from '../../../src/agents/loop/decision-log.js';

const kinds = fc.constantFrom('trial-proposed', 'trial-committed', 'gate-looked');
const payloads = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 });
const decisions = fc.array(fc.record({ kind: kinds, payload: payloads }), { maxLength: 12 });

function logOf(recorded: readonly RecordedDecision[], runId = 'run-1') {
  const appended: RecordedDecision[] = [];
  const log = new DecisionLog(
    {
      append: async (kind, payload) => {
        const told = payload as { runId: string; decision: unknown };
        expect(told.runId).toBe(runId);
        appended.push({ kind, payload: told.decision });
      },
    },
    runId,
    recorded,
  );
  return { log, appended };
}
const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe('replaying', () => {
  it('gives back exactly what was recorded, and computes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(decisions, async (recorded) => {
        const { log, appended } = logOf(recorded);
        for (const { kind, payload } of recorded) {
          expect(log.replaying).toBe(true);
          expect(log.upcoming).toBe(kind);
          const forbidden = () => {
            throw new Error('computed during replay');
          };
          expect(await log.decide(kind, forbidden)).toBe(payload);
        }
        expect([log.replaying, log.upcoming, appended]).toEqual([false, undefined, []]);
      }),
    );
  });

  it('records the rest after any prefix, and together they are the whole', async () => {
    await fc.assert(
      fc.asyncProperty(decisions, fc.nat({ max: 12 }), async (all, cut) => {
        const prefix = copied(all.slice(0, cut));
        const { log, appended } = logOf(prefix);
        for (const { kind, payload } of all) expect(await log.record(kind, payload)).toEqual(payload);
        expect([...prefix, ...appended]).toEqual(all);
      }),
    );
  });

  it('compares meaning and not spelling: the order of members is none', async () => {
    const { log } = logOf([{ kind: 'a', payload: { x: 1, y: { p: 1, q: [1, 2] } } }]);
    await expect(log.record('a', { y: { q: [1, 2], p: 1 }, x: 1, z: undefined })).resolves.toMatchObject({
      x: 1,
    });
    const list = logOf([{ kind: 'a', payload: { q: [1, 2] } }]).log;
    await expect(list.record('a', { q: [2, 1] })).rejects.toMatchObject({ code: 'CONTRACT_MISMATCH' });
  });

  it('names the first decision that differs, wherever it is', async () => {
    const some = fc.array(fc.record({ kind: kinds, payload: payloads }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(some, fc.nat(), async (recorded, place) => {
        const at = place % recorded.length;
        const changed = recorded.map((decision, i) =>
          i === at ? { ...decision, payload: { ...decision.payload, planted: true } } : decision,
        );
        fc.pre(recorded[at].payload['planted'] !== true);
        const { log, appended } = logOf(recorded);
        const replay = async () => {
          for (const { kind, payload } of changed) await log.record(kind, payload);
        };
        await expect(replay()).rejects.toMatchObject({
          code: 'CONTRACT_MISMATCH',
          message: expect.stringContaining(recorded[at].kind),
          details: { runId: 'run-1', kind: recorded[at].kind, position: at },
        });
        expect(appended).toEqual([]);
      }),
    );
  });

  it('forgives volatile members alone, at the top level alone', async () => {
    const recorded = [{ kind: 'a', payload: { seconds: 1, inner: { seconds: 1 } } }];
    await expect(
      logOf(recorded).log.record('a', { seconds: 2, inner: { seconds: 1 } }, ['seconds']),
    ).resolves.toEqual(recorded[0].payload);
    await expect(
      logOf(recorded).log.record('a', { seconds: 1, inner: { seconds: 2 } }, ['seconds']),
    ).rejects.toMatchObject({ code: 'CONTRACT_MISMATCH' });
    await expect(
      logOf(recorded).log.record('a', { seconds: 2, inner: { seconds: 1 } }),
    ).rejects.toMatchObject({
      code: 'CONTRACT_MISMATCH',
    });
  });

  it('leaves nothing behind of a decision whose computation failed', async () => {
    const { log, appended } = logOf([]);
    const failing = log.decide('a', () => Promise.reject(new Error('no clock')));
    await expect(failing).rejects.toThrow('no clock');
    expect(appended).toEqual([]);
    await expect(log.decide('a', () => ({ x: 1 }))).resolves.toEqual({ x: 1 });
    expect(appended).toEqual([{ kind: 'a', payload: { x: 1 } }]);
  });
});
