import { AutoModelError } from '../../platform/index.js';
import { defaultWorldSettings, resolveWorldSettings, type WorldSettings } from '../settings.js';
import { worldFamilies, type WorldFamily } from '../world.js';

/** Everything that shapes a world that answers back. */
export interface LiveSettings extends WorldSettings {
  /** functional form of what people click */
  readonly family: WorldFamily;
  /** seed of what happens to the people that `seed` made: another one lets the same people live through other days */
  readonly behaviourSeed: number;
  /** requests that fall into one tick may share a forward pass; a divisor of a day */
  readonly tickSeconds: number;
  /** how strongly satisfaction of the last days raises the hazard of coming back; 0 leaves it alone */
  readonly returnPull: number;
  /** latency that nobody minds, milliseconds */
  readonly toleratedLatencyMs: number;
  /** hazard of leaving after a page, per second of latency beyond that */
  readonly latencyHazard: number;
  /** how much more a user clicks at first where another version answers than the one before; fades */
  readonly noveltyPull: number;
  /** days in which that falls to 1/e */
  readonly noveltyDays: number;
  /** chance that a satisfying click turns the session towards its topic */
  readonly sessionDrift: number;
  /** chance of a purchase after a click of middling worth, by a user who minds prices as most do */
  readonly purchaseRate: number;
}

export const defaultLiveSettings: LiveSettings = {
  ...defaultWorldSettings,
  slateSize: 10,
  family: 'interacting',
  behaviourSeed: 1,
  tickSeconds: 60,
  returnPull: 0.25,
  toleratedLatencyMs: 100,
  latencyHazard: 0.35,
  noveltyPull: 0,
  noveltyDays: 3,
  sessionDrift: 0.3,
  purchaseRate: 0.02,
};

const notNegative = [
  'returnPull',
  'toleratedLatencyMs',
  'latencyHazard',
  'noveltyPull',
  'sessionDrift',
  'purchaseRate',
] as const;

/**
 * Fills in the defaults; the behaviour's seed is the population's where only that is given.
 * @throws CONFIG_INVALID naming the first setting that is outside its range
 */
export function resolveLiveSettings(given: Partial<LiveSettings>): LiveSettings {
  const behaviourSeed = given.behaviourSeed ?? given.seed ?? defaultLiveSettings.behaviourSeed;
  const settings = { ...defaultLiveSettings, ...given, behaviourSeed };
  resolveWorldSettings(settings);
  const refuse = (name: keyof LiveSettings, wanted: string): never => {
    throw new AutoModelError(
      'CONFIG_INVALID',
      `World setting ${name} must be ${wanted}, but is ${settings[name]}`,
      {
        remedy: `Leave it out for its default, ${defaultLiveSettings[name]}.`,
        details: { setting: name, value: settings[name] },
      },
    );
  };
  for (const name of notNegative) {
    if (!(settings[name] >= 0 && settings[name] < Infinity)) refuse(name, 'zero or more');
  }
  if (settings.sessionDrift > 1) refuse('sessionDrift', 'at most 1');
  if (settings.purchaseRate > 0.5) refuse('purchaseRate', 'at most 0.5');
  if (!(settings.noveltyDays > 0 && settings.noveltyDays < Infinity)) refuse('noveltyDays', 'more than zero');
  if (!Number.isSafeInteger(settings.behaviourSeed)) refuse('behaviourSeed', 'an integer');
  if (!worldFamilies.includes(settings.family)) refuse('family', `one of ${worldFamilies.join(', ')}`);
  if (!Number.isInteger(settings.tickSeconds) || !(86_400 % settings.tickSeconds === 0)) {
    refuse('tickSeconds', 'a divisor of 86400');
  }
  return settings;
}
