import { generateWorld, type WorldLog, type WorldSettings } from '../../src/world/index.js';

/** A world that takes a few dozen milliseconds: about 9,000 impressions. */
export const small: Partial<WorldSettings> = { users: 300, items: 200, days: 8, creators: 40 };

export function smallWorld(given: Partial<WorldSettings> = {}): WorldLog {
  return generateWorld({ ...small, ...given });
}

export function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}
