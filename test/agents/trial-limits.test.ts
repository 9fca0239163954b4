import { describe, expect, it } from 'vitest';
import { trialLimits } from '../../src/agents/operations/trial-limits.js';

const machine = { workers: 2, machineMemoryMb: 10_000 };
const unlimited = { trials: 8, minutes: null };
const none = { trials: undefined, minutes: undefined, trialMinutes: undefined, trialMemoryMb: undefined };

describe('trialLimits', () => {
  it('gives a trial a third of the minutes, or what is asked for', () => {
    const run = { ...machine, grant: unlimited };
    expect(trialLimits({ ...none, minutes: 60 }, run).timeoutMs).toBe(20 * 60_000);
    expect(trialLimits({ ...none, minutes: 60, trialMinutes: 50 }, run).timeoutMs).toBe(50 * 60_000);
    expect(trialLimits({ ...none, trials: 4 }, run).timeoutMs).toBeUndefined();
  });

  it('keeps to the minutes of the grant before when a call names no budget', () => {
    const run = { ...machine, grant: { trials: null, minutes: 30 } };
    expect(trialLimits(none, run).timeoutMs).toBe(10 * 60_000);
    expect(trialLimits({ ...none, minutes: 60 }, run).timeoutMs).toBe(20 * 60_000);
    expect(trialLimits({ ...none, trials: 4 }, run).timeoutMs).toBeUndefined();
    expect(trialLimits(none, { ...machine, grant: unlimited }).timeoutMs).toBeUndefined();
  });

  it('shares the memory of the machine among the workers, never below what a trial needs', () => {
    expect(trialLimits(none, { ...machine, grant: unlimited }).memoryMb).toBe(4_000);
    expect(trialLimits(none, { ...machine, machineMemoryMb: 1_000, grant: unlimited }).memoryMb).toBe(512);
    expect(trialLimits({ ...none, trialMemoryMb: 300 }, { ...machine, grant: unlimited }).memoryMb).toBe(300);
  });

  it('limits the refit as well, which runs alone', () => {
    expect(trialLimits(none, { ...machine, grant: unlimited }).refitMemoryMb).toBe(8_000);
    const asked = { ...none, trialMemoryMb: 300 };
    expect(trialLimits(asked, { ...machine, grant: unlimited }).refitMemoryMb).toBe(300);
  });
});
