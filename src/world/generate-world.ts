import { hashKeys, uniformAt } from '../platform/index.js';
import { secondsPerDay, sessionStart, weekdayFactor, weekdayOf } from './calendar.js';
import { EventLog } from './event-columns.js';
import { forgetFeedback } from './planted-row.js';
import { popularityPolicy, type Policy } from './policy.js';
import { SessionPlayer, type EventSink } from './session.js';
import { resolveWorldSettings, type WorldSettings } from './settings.js';
import { plantedColumns, type WorldLog } from './world-log.js';
import { createWorld, type World } from './world.js';

/**
 * Lives through the days of a world under one policy and returns its log. Pure: the same settings and policy give the
 * same log, byte for byte.
 * @param policy popularity with exploration when left out
 * @throws CONFIG_INVALID for settings outside their range
 */
export function generateWorld(given: Partial<WorldSettings>, policy?: Policy): WorldLog {
  const settings = resolveWorldSettings(given);
  const world = createWorld(settings);
  const served =
    policy ??
    popularityPolicy({
      items: settings.items,
      exploration: settings.exploration,
      priorRate: settings.baseClickRate,
    });
  const { log, candidates, lostEvents } = liveThrough(world, served);
  return {
    settings,
    world,
    events: log.inTimeOrder(),
    candidates,
    lostEvents,
    planted: plantedColumns(settings),
  };
}

interface Lived {
  readonly log: EventLog;
  readonly candidates: ReadonlyMap<number, Int32Array>;
  readonly lostEvents: number;
}

function liveThrough(world: World, policy: Policy): Lived {
  const { settings, users } = world;
  const log = new EventLog();
  const player = new SessionPlayer(world, policy);
  const feedback = {
    impressions: new Float64Array(settings.items),
    clicks: new Float64Array(settings.items),
  };
  const endSecond = settings.startSecond + settings.days * secondsPerDay;
  const contentment = new Float64Array(users.count);
  const candidates = new Map<number, Int32Array>();
  let lostEvents = 0;
  let logging = false;
  const sink: EventSink = (row, lost, offered) => {
    feedback.impressions[row.item] += 1;
    feedback.clicks[row.item] += row.click;
    if (!logging) return;
    if (lost) {
      lostEvents += 1;
      return;
    }
    if (row.click === 1 && row.reportedSecond >= endSecond) forgetFeedback(row);
    if (!candidates.has(row.requestId)) candidates.set(row.requestId, offered.slice());
    log.push(row);
  };
  for (let day = -settings.warmupDays; day < settings.days; day += 1) {
    logging = day >= 0;
    policy.learn(feedback);
    const midnight = settings.startSecond + day * secondsPerDay;
    const season = weekdayFactor(weekdayOf(midnight));
    for (let user = 0; user < users.count; user += 1) {
      if (users.joinDay[user] > day) continue;
      const key = hashKeys(settings.seed, 'day', user, day);
      // What the last days were worth decides about coming back; new users come more often at first.
      const novelty = 1 + 0.5 * Math.exp(-(day - users.joinDay[user]) / 2);
      const rate =
        users.activity[user] *
        season *
        novelty *
        Math.exp(0.15 * Math.max(-2, Math.min(2, contentment[user])));
      contentment[user] *= 0.8;
      const sessions = poisson(rate, uniformAt(key, 0));
      for (let session = 0; session < sessions; session += 1) {
        const start =
          midnight + sessionStart(uniformAt(key, 1 + 2 * session), uniformAt(key, 2 + 2 * session));
        contentment[user] += player.play(user, day, session, start, sink);
      }
    }
  }
  return { log, candidates, lostEvents };
}

/** Poisson number by inversion. */
function poisson(rate: number, uniform: number): number {
  let probability = Math.exp(-rate);
  let sum = probability;
  let count = 0;
  while (uniform > sum && count < 50) {
    count += 1;
    probability *= rate / count;
    sum += probability;
  }
  return count;
}
