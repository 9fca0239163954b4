import { AutoModelError } from '../platform/index.js';

/** Everything that shapes a world. Shares and rates are in [0, 1] unless said otherwise. */
export interface WorldSettings {
  readonly seed: number;
  readonly users: number;
  readonly items: number;
  /** logged days */
  readonly days: number;
  /** additive world: clicks depend on users, items and context one by one, so nothing beats a tuned additive model */
  readonly null: boolean;
  /** midnight UTC of the first logged day, Unix seconds */
  readonly startSecond: number;
  /** days that are lived through before the log begins, so that popularity is not new */
  readonly warmupDays: number;
  /** mean sessions of a user in a day */
  readonly sessionsPerDay: number;
  readonly slateSize: number;
  /** candidates that the policy chooses a slate from */
  readonly candidates: number;
  /** share of positions that are filled at random */
  readonly exploration: number;
  /** about the mean click probability of a random examined pair on a slate; the served policy lies above it */
  readonly baseClickRate: number;
  readonly topics: number;
  readonly creators: number;
  /** strength of hidden taste (radial affinity of user and item), 1 is the default world */
  readonly taste: number;
  /** strength of interactions of observed attributes (age x duration, hour x topic, region x creator) */
  readonly interactions: number;
  /** how often an item's category and a user's declared topic tell the truth */
  readonly attributeTruth: number;
  /** events that were shown but are missing from the log */
  readonly lostShare: number;
  /** users who are bots */
  readonly botShare: number;
  /** clicks that are reported hours late instead of within a minute; those after the end of the log are lost */
  readonly delayedShare: number;
  /** also plant a whole-log click rate per item (a statistic that knows the future) in the item table */
  readonly itemLeak: boolean;
}

export const defaultWorldSettings: WorldSettings = {
  seed: 1,
  users: 2000,
  items: 800,
  days: 10,
  null: false,
  startSecond: 1_736_121_600, // Monday 2025-01-06
  warmupDays: 2,
  sessionsPerDay: 0.28,
  slateSize: 8,
  candidates: 100,
  exploration: 0.1,
  baseClickRate: 0.075,
  topics: 6,
  creators: 120,
  taste: 1,
  interactions: 1,
  attributeTruth: 0.92,
  lostShare: 0.01,
  botShare: 0.002,
  delayedShare: 0.03,
  itemLeak: false,
};

const positiveIntegers = ['users', 'items', 'days', 'slateSize', 'candidates', 'topics', 'creators'] as const;
const shares = [
  'exploration',
  'baseClickRate',
  'attributeTruth',
  'lostShare',
  'botShare',
  'delayedShare',
] as const;
const notNegative = ['sessionsPerDay', 'taste', 'interactions'] as const;
const secondsPerDay = 86_400;
/** Seconds are kept as 32-bit integers; the last sessions and late reports run over the last midnight. */
const lastSecond = 2 ** 31 - 30 * secondsPerDay;

/**
 * Fills in the defaults.
 * @throws CONFIG_INVALID naming the first setting that is outside its range
 */
export function resolveWorldSettings(given: Partial<WorldSettings>): WorldSettings {
  const settings = { ...defaultWorldSettings, ...given };
  const refuse = (name: keyof WorldSettings, wanted: string): never => {
    throw new AutoModelError(
      'CONFIG_INVALID',
      `World setting ${name} must be ${wanted}, but is ${settings[name]}`,
      {
        remedy: `Leave it out for its default, ${defaultWorldSettings[name]}.`,
        details: { setting: name, value: settings[name] },
      },
    );
  };
  if (!Number.isSafeInteger(settings.seed)) refuse('seed', 'an integer');
  for (const name of positiveIntegers) {
    if (!Number.isInteger(settings[name]) || settings[name] < 1) refuse(name, 'a positive integer');
  }
  for (const name of shares) if (!(settings[name] >= 0 && settings[name] <= 1)) refuse(name, 'in [0, 1]');
  for (const name of notNegative) {
    if (!(settings[name] >= 0 && settings[name] < Infinity)) refuse(name, 'zero or more');
  }
  if (settings.baseClickRate === 0) refuse('baseClickRate', 'more than zero');
  if (!Number.isInteger(settings.warmupDays) || settings.warmupDays < 0) {
    refuse('warmupDays', 'zero or a positive integer');
  }
  if (!(settings.startSecond >= 0 && settings.startSecond % secondsPerDay === 0)) {
    refuse('startSecond', 'a midnight in Unix seconds');
  }
  if (settings.startSecond + settings.days * secondsPerDay > lastSecond) {
    refuse('startSecond', `so early that the log ends before second ${lastSecond}`);
  }
  if (settings.topics > topicLimit) refuse('topics', `at most ${topicLimit}`);
  return settings;
}

/** There are names and words for this many topics. */
export const topicLimit = 16;
