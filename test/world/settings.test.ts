import { describe, expect, it } from 'vitest';
import { isAutoModelError } from '../../src/platform/index.js';
import {
  defaultWorldSettings,
  generateWorld,
  resolveWorldSettings,
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
    { attributeTruth: 0, taste: 0, interactions: 0 },
  ])('%o makes a world', (given) => {
    const log = generateWorld({ ...small, ...given });
    expect(Array.from(log.events.propensity).every((p) => p > 0 && p <= 1)).toBe(true);
    expect(Array.from(log.events.clickProbability).every((p) => p >= 0 && p <= 1)).toBe(true);
  });
});
