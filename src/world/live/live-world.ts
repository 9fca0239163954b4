import { secondsPerDay } from '../calendar.js';
import { createWorld, type World } from '../world.js';
import { resolveLiveSettings, type LiveSettings } from './live-settings.js';
import { createShop, type Shop } from './shop.js';

/** People, items, prices and the truth about them; nothing has happened yet. A pure function of the settings. */
export interface LiveWorld extends World {
  readonly settings: LiveSettings;
  readonly shop: Shop;
}

/** @throws CONFIG_INVALID for settings outside their range */
export function createLiveWorld(given: Partial<LiveSettings>): LiveWorld {
  const settings = resolveLiveSettings(given);
  const world = createWorld(settings, settings.family);
  return { ...world, settings, shop: createShop(world) };
}

/** The same people and items, to whom other things happen. */
export function withBehaviour(world: LiveWorld, behaviourSeed: number): LiveWorld {
  return { ...world, settings: resolveLiveSettings({ ...world.settings, behaviourSeed }) };
}

/** Logged day of a second; negative during warm-up. */
export function dayOf({ settings }: LiveWorld, second: number): number {
  return Math.floor((second - settings.startSecond) / secondsPerDay);
}

/** Number of items that exist on the day of a second: items are in order of birth, so these are the first ones. */
export function bornBy(world: LiveWorld, second: number): number {
  const { liveUntil } = world.items;
  const at = dayOf(world, second) + world.settings.warmupDays;
  return liveUntil[Math.max(0, Math.min(liveUntil.length - 1, at))];
}
