import { worldReport } from '../world-report.js';
import { flatLog } from './flat-log.js';
import type { LiveLog } from './live-log.js';
import { dayOf, type LiveWorld } from './live-world.js';

/** One thing that a log of a real service would show, with the bounds that it would lie in. */
export interface CredibilityCheck {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly passed: boolean;
}

/**
 * Whether a log could come from a service: bounds are wide, and what lies outside them is no feed that people use. Needs a few hundred
 * users over a week or more; a smaller log fails by chance.
 */
export function credibility(world: LiveWorld, log: LiveLog): CredibilityCheck[] {
  const report = worldReport(flatLog(world, log));
  const rates = report.clickRateByPosition;
  const rest = rates.slice(1);
  const check = (name: string, value: number, low: number, high: number): CredibilityCheck => ({
    name,
    value,
    low,
    high,
    passed: value >= low && value <= high,
  });
  return [
    check('click rate', report.clickRate, 0.02, 0.1),
    check('Gini of impressions over items', report.popularityGini, 0.35, 0.95),
    check('impressions per session', report.impressionsPerSession, 5, 40),
    check('share of repeated user and item', report.repeatShare, 0.005, 0.35),
    check('share of users who come back the next day', dailyReturn(world, log), 0.1, 0.7),
    check('click rate of the last position over the first', rates[rates.length - 1] / rates[0], 0.1, 0.8),
    check(
      'share of positions clicked less than the one above',
      rest.filter((rate, n) => rate < rates[n]).length / rest.length,
      0.7,
      1,
    ),
    check('likes per click', report.likesPerClick, 0.02, 0.35),
    check('hides per impression', report.dislikesPerImpression, 0.0005, 0.02),
    check('worth of a click with much clickbait over one with little', report.clickbaitRegret, -2, -0.05),
  ];
}

/** Of users who were there on a day (the last one aside), the share that is there on the next as well. */
function dailyReturn(world: LiveWorld, log: LiveLog): number {
  const { days, users } = world.settings;
  const present = Array.from({ length: days }, () => new Uint8Array(users));
  const { request } = log;
  for (let row = 0; row < log.requests; row += 1)
    present[dayOf(world, request.second[row])][request.user[row]] = 1;
  let there = 0;
  let again = 0;
  for (let day = 0; day + 1 < days; day += 1)
    for (let user = 0; user < users; user += 1) {
      there += present[day][user];
      again += present[day][user] * present[day + 1][user];
    }
  return there === 0 ? 0 : again / there;
}
