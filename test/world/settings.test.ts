import { describe, expect, it } from 'vitest';
import { isAutoModelError } from '../../src/platform/index.js';
import {
  defaultWorldSettings,
  generateWorld,
  resolveWorldSettings,
  worldReport,
  type WorldSettings,
} from '../../src/world/index.js';
import { small } from './tiny-world.js';

describe('resolveWorldSettings', () => {
  it('fills in the defaults', () => {
    expect(resolveWorldSettings({ seed: 9 })).toEqual({ ...defaultWorldSettings, seed: 9 });
  });

  const wrong: readonly Partial<WorldSettings>[] = [
    { users: 0 },
    { items: 2.5 },
    { days: -1 },
    { seed: Number.NaN },
    { exploration: 1.5 },
    { lostShare: -0.1 },
    { baseClickRate: Number.NaN },
    { taste: Infinity },
    { topics: 99 },
    // half a day would shift every midnight, and no rate at all leaves the popularity policy nothing to weigh by
    { warmupDays: 1.5 },
    { warmupDays: -1 },
    { baseClickRate: 0 },
    { startSecond: -86_400 },
    { startSecond: 1_736_121_600 + 3600 },
    { startSecond: Number.NaN },
    // seconds are 32-bit integers: 2038 is the end
    { startSecond: 2 ** 32 - (2 ** 32 % 86_400) },
  ];
  it.each(wrong)('refuses %o and names it', (given) => {
    let caught: unknown;
    try {
      resolveWorldSettings(given);
    } catch (error) {
      caught = error;
    }
    expect(isAutoModelError(caught) && caught.code).toBe('CONFIG_INVALID');
    expect((caught as Error).message).toContain(Object.keys(given)[0]);
  });
});

describe('edges of the settings', () => {
  it.each([
    { users: 1, items: 1, days: 1, warmupDays: 0 },
    { slateSize: 300, candidates: 500 },
    { exploration: 0 },
    { exploration: 1 },
    { topics: 1, creators: 1 },
    { sessionsPerDay: 0 },
    { lostShare: 1 },
    { botShare: 1 },
    { delayedShare: 1 },
    { baseClickRate: 1 },
    { topics: 16 },
    { seed: -5 },
    { seed: Number.MAX_SAFE_INTEGER },
    { startSecond: 0 },
    { attributeTruth: 0, taste: 0, interactions: 0 },
  ])('%o makes a world', (given) => {
    const log = generateWorld({ ...small, ...given });
    expect(Array.from(log.events.propensity).every((p) => p > 0 && p <= 1)).toBe(true);
    expect(Array.from(log.events.clickProbability).every((p) => p >= 0 && p <= 1)).toBe(true);
    const numbers = Object.values(worldReport(log)).flat() as number[];
    expect(numbers.every(Number.isFinite)).toBe(true);
  });
});
