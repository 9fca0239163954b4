import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadline, minuteShares } from '../../../src/agents/loop/deadline.js';
import { ScriptedClock } from '../support/scripted-run.js';

function begun(minutes: number | null, carried = 0) {
  const clock = new ScriptedClock();
  const deadline = new Deadline(clock);
  clock.seconds += 1000;
  deadline.begin(minutes, carried);
  return { clock, deadline };
}

describe('Deadline', () => {
  it('counts from the grant, not from the start of the process', () => {
    const { clock, deadline } = begun(1);
    expect(deadline.elapsedSeconds()).toBe(0);
    clock.seconds += 59;
    expect([deadline.secondsLeft(), deadline.reached()]).toEqual([1, false]);
    clock.seconds += 1;
    expect([deadline.secondsLeft(), deadline.reached()]).toEqual([0, true]);
    expect(deadline.secondsLeft(0.5)).toBe(-30);
  });

  it('carries over what earlier processes spent: the sum counts, wherever the interruptions fell', () => {
    const lives = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(lives, fc.integer({ min: 1, max: 3 }), (seconds, minutes) => {
        let spent = 0;
        let last: Deadline | undefined;
        for (const life of seconds) {
          const { clock, deadline } = begun(minutes, spent);
          clock.seconds += life;
          spent = deadline.elapsedSeconds();
          last = deadline;
        }
        const total = seconds.reduce((sum, life) => sum + life, 0);
        expect(spent).toBe(total);
        expect(last?.reached()).toBe(total >= minutes * 60);
        expect(last?.secondsLeft()).toBe(minutes * 60 - total);
      }),
    );
  });

  it('does not see the wall clock: it may jump back or ahead as it likes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e12, max: 1e12 }), { maxLength: 8 }), (jumps) => {
        let wall = 1.7e12;
        let seconds = 0;
        const deadline = new Deadline({ nowMs: () => wall, monotonicMs: () => seconds * 1000 });
        deadline.begin(1, 0);
        for (const jump of jumps) {
          wall += jump;
          seconds += 5;
          expect(deadline.elapsedSeconds()).toBe(seconds);
          expect(deadline.secondsLeft()).toBe(60 - seconds);
        }
      }),
    );
  });

  it('begins anew with another grant', () => {
    const { clock, deadline } = begun(1, 100);
    expect(deadline.reached()).toBe(true);
    clock.seconds += 5;
    deadline.begin(2, 0);
    expect([deadline.elapsedSeconds(), deadline.secondsLeft()]).toEqual([0, 120]);
  });

  it('never ends without minutes, whatever was spent', () => {
    const { clock, deadline } = begun(null, 1e9);
    clock.seconds += 1e9;
    expect([deadline.secondsLeft(), deadline.reached(), deadline.reached(0)]).toEqual([
      undefined,
      false,
      false,
    ]);
    const fresh = new Deadline(clock);
    expect(fresh.reached()).toBe(false);
  });

  it('leaves a share of the minutes for the conclusion', () => {
    const shares = Object.values(minuteShares).reduce((sum, share) => sum + share, 0);
    expect(shares).toBeLessThan(1);
    expect(Object.values(minuteShares).every((share) => share > 0)).toBe(true);
  });
});
