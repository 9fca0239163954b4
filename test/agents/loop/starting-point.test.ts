import { describe, expect, it } from 'vitest';
import { grantOf, startingPoint } from '../../../src/agents/loop/starting-point.js';
import type { RecordedDecisionAt } from '../../../src/agents/loop/run-projection.js';

/** A journal with one run whose decisions are of these kinds; the n-th of them, if a grant, is of n minutes. */
function journalOf(...kinds: readonly string[]) {
  const decisions = kinds.map((kind, at): RecordedDecisionAt => {
    return { kind, payload: kind === 'budget-granted' ? { trials: null, minutes: at } : {}, at };
  });
  return { runIds: () => ['run-1', 'run-2'], decisions: () => decisions, secondsSinceGrant: () => 12 };
}

const call = (resume: boolean, trials?: number, minutes?: number) => ({ resume, trials, minutes });

describe('startingPoint', () => {
  it('begins a new run with one grant, whatever the journal holds', () => {
    expect(startingPoint(call(false, 5), journalOf('run-started', 'budget-granted'))).toEqual({
      runId: 'run-3',
      resumed: false,
      grantsBefore: 0,
      grantsSpent: 0,
      grants: 1,
      carriedSeconds: 0,
    });
  });

  it('goes on with what is left of an unfinished run and adds nothing by itself', () => {
    const point = startingPoint(call(true), journalOf('run-started', 'budget-granted'));
    expect(point).toMatchObject({ runId: 'run-2', grants: 1, grantsBefore: 1, grantsSpent: 0 });
    expect(point.carriedSeconds).toBe(12);
  });

  it('adds a budget that is named, to an unfinished run and to a finished one', () => {
    expect(startingPoint(call(true, 4), journalOf('run-started', 'budget-granted')).grants).toBe(2);
    const finished = journalOf('run-started', 'budget-granted', 'grant-spent');
    expect(startingPoint(call(true, undefined, 3), finished).grants).toBe(2);
    expect(startingPoint(call(true), finished).grants).toBe(1);
  });

  it('takes the budget that the run began with when it was killed before granting it', () => {
    expect(startingPoint(call(true), journalOf('run-started')).grants).toBe(1);
    expect(startingPoint(call(true, 4), journalOf('run-started')).grants).toBe(2);
  });

  it('knows the latest grant, which a call without a budget goes on with', () => {
    const twice = journalOf('run-started', 'budget-granted', 'grant-spent', 'budget-granted');
    expect(startingPoint(call(true), twice).latestGrant).toEqual({ trials: null, minutes: 3 });
    expect(startingPoint(call(true), journalOf('run-started')).latestGrant).toBeUndefined();
    expect(startingPoint(call(false, 5), twice).latestGrant).toBeUndefined();
  });

  it('refuses to resume where there is no run', () => {
    const empty = { ...journalOf(), runIds: () => [] };
    expect(() => startingPoint(call(true), empty)).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('grantOf', () => {
  it('keeps what was named, and refuses a call that names nothing', () => {
    expect(grantOf({ trials: 3, minutes: undefined })).toEqual({ trials: 3, minutes: null });
    expect(grantOf({ trials: undefined, minutes: 0.5 })).toEqual({ trials: null, minutes: 0.5 });
    expect(() => grantOf({ trials: undefined, minutes: undefined })).toThrowError(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});
