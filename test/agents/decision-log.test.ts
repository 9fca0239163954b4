import { describe, expect, it } from 'vitest';
import { DecisionLog } from '../../src/agents/loop/decision-log.js';

function memoryStore() {
  const events: { kind: string; payload: unknown }[] = [];
  return {
    events,
    append: async (kind: string, payload: unknown) => {
      events.push({ kind, payload: (payload as { decision: unknown }).decision });
    },
  };
}

/** A small procedure with one measured and two pure decisions. */
async function procedure(log: DecisionLog, measured: () => number, scale = 2): Promise<number> {
  const { value } = await log.decide('measured', () => ({ value: measured() }));
  const doubled = await log.record('scaled', { result: value * scale, seconds: measured() }, ['seconds']);
  await log.record('ended', { result: doubled.result });
  return doubled.result;
}

describe('DecisionLog', () => {
  it('repeats recorded decisions instead of taking them anew', async () => {
    const store = memoryStore();
    const first = await procedure(new DecisionLog(store, 'run-1', []), () => 21);
    const again = memoryStore();
    const replay = new DecisionLog(again, 'run-1', store.events);
    expect(await procedure(replay, () => 1000)).toBe(first);
    expect(again.events).toEqual([]);
    expect(replay.replaying).toBe(false);
  });

  it('goes on from any prefix and ends with the same events', async () => {
    const whole = memoryStore();
    await procedure(new DecisionLog(whole, 'run-1', []), () => 21);
    for (let cut = 0; cut <= whole.events.length; cut += 1) {
      const rest = memoryStore();
      const prefix = whole.events.slice(0, cut);
      await procedure(new DecisionLog(rest, 'run-1', prefix), () => 21);
      expect([...prefix, ...rest.events]).toEqual(whole.events);
    }
  });

  it('refuses a replay whose pure decision comes out differently', async () => {
    const store = memoryStore();
    await procedure(new DecisionLog(store, 'run-1', []), () => 21);
    const replay = new DecisionLog(memoryStore(), 'run-1', store.events);
    await expect(procedure(replay, () => 21, 3)).rejects.toMatchObject({ code: 'CONTRACT_MISMATCH' });
  });

  it('refuses a replay that asks for another kind of decision', async () => {
    const replay = new DecisionLog(memoryStore(), 'run-1', [{ kind: 'other', payload: {} }]);
    await expect(procedure(replay, () => 1)).rejects.toMatchObject({
      code: 'CONTRACT_MISMATCH',
      details: { recorded: 'other', expected: 'measured' },
    });
  });

  it('does not compare volatile members', async () => {
    const store = memoryStore();
    await procedure(new DecisionLog(store, 'run-1', []), () => 21);
    const recorded = store.events.map((event) =>
      event.kind === 'scaled' ? { ...event, payload: { ...(event.payload as object), seconds: 99 } } : event,
    );
    await expect(procedure(new DecisionLog(memoryStore(), 'run-1', recorded), () => 5)).resolves.toBe(42);
  });
});
