import { describe, expect, it } from 'vitest';
import { credibility } from '../../../src/world/live/credibility.js';
import { live } from './live-worlds.js';

const given = { users: 900, items: 500, days: 8 };

describe('credibility', () => {
  it.each([
    ['interacting', 1],
    ['interacting', 2],
    ['gated', 1],
    ['gated', 2],
  ] as const)('the %s world with seed %i could be a service', async (family, seed) => {
    const { world, log } = await live({ ...given, candidates: 100, creators: 120, family, seed });
    const checks = credibility(world, log);
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(new Set(checks.map(({ name }) => name)).size).toBe(10);
  });

  it.each([
    ['click rate', { baseClickRate: 0.4 }],
    ['share of users who come back the next day', { sessionsPerDay: 0.01 }],
    ['share of repeated user and item', { items: 15, sessionsPerDay: 2 }],
    ['Gini of impressions over items', { items: 40, candidates: 1 }],
  ])('notices what is wrong with the %s', async (name, wrong) => {
    const { world, log } = await live({ ...given, users: 300, ...wrong });
    expect(credibility(world, log).find((check) => check.name === name)).toMatchObject({ passed: false });
  });

  it('notices a feed that everybody leaves at once', async () => {
    const { world, log } = await live({ ...given, users: 200, slateSize: 1, candidates: 1 });
    const failed = credibility(world, log).filter(({ passed }) => !passed);
    expect(failed.map(({ name }) => name)).toContain('impressions per session');
  });
});
