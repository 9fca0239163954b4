import { uniformAt } from '../../platform/index.js';
import { secondOfShare, secondsPerDay, shareOfDay, weekdayFactor, weekdayOf } from '../calendar.js';
import type { LiveWorld } from './live-world.js';

/** What is left of a day's satisfaction a day later. */
const keptPerDay = 0.8;

/** Satisfaction that days have left of what it was. */
export function keptSatisfaction(satisfaction: number, days: number): number {
  return days <= 0 ? satisfaction : satisfaction * keptPerDay ** days;
}

/**
 * Second of a user's next session, or Infinity when there is none before the end of the world. The waiting time is exponential under
 * a hazard that follows hour and weekday, is raised by the satisfaction of the last days (and lowered by the lack of it), and is
 * higher in a user's first days. Inverting one uniform number couples two policies: what differs is what they did to the user.
 * @param from second from which the user may come
 * @param contentment satisfaction left on the day of `from`
 * @param key of the waiting time's own random number
 */
export function returnSecond(
  world: LiveWorld,
  user: number,
  from: number,
  contentment: number,
  key: number,
): number {
  const { users, settings } = world;
  const { startSecond, days, returnPull } = settings;
  let left = -Math.log(1 - uniformAt(key, 0));
  let day = Math.floor((from - startSecond) / secondsPerDay);
  let passed = shareOfDay(from - startSecond - day * secondsPerDay);
  for (let after = 0; day < days; day += 1, after += 1, passed = 0) {
    const midnight = startSecond + day * secondsPerDay;
    const worth = Math.max(-2, Math.min(2, keptSatisfaction(contentment, after)));
    const novelty = 1 + 0.5 * Math.exp(-(day - users.joinDay[user]) / 2);
    const rate =
      users.activity[user] * weekdayFactor(weekdayOf(midnight)) * novelty * Math.exp(returnPull * worth);
    const available = rate * (1 - passed);
    if (left < available) return Math.max(from, midnight + secondOfShare(passed + left / rate));
    left -= available;
  }
  return Infinity;
}
