/** Relative number of sessions by hour of the day: a lunch hump and a long evening. */
const hourShares = [2, 1, 1, 1, 1, 2, 3, 5, 6, 5, 5, 6, 8, 7, 5, 5, 6, 7, 9, 11, 12, 11, 8, 4];
/** Monday first. */
const weekdayFactors = [0.95, 0.92, 0.93, 0.96, 1.05, 1.15, 1.1];

export const secondsPerDay = 86_400;
const cumulativeHours = cumulate(hourShares);

function cumulate(shares: readonly number[]): Float64Array {
  const total = shares.reduce((sum, share) => sum + share, 0);
  let sum = 0;
  return Float64Array.from(shares, (share) => (sum += share / total));
}

/** Second of the day at which a session starts. */
export function sessionStart(hourUniform: number, secondUniform: number): number {
  let hour = 0;
  while (hour < 23 && hourUniform >= cumulativeHours[hour]) hour += 1;
  return hour * 3600 + Math.floor(secondUniform * 3600);
}

/** Share of a day's sessions that start before a second of the day, in [0, 1]. */
export function shareOfDay(second: number): number {
  const hour = Math.min(23, Math.floor(second / 3600));
  const before = hour === 0 ? 0 : cumulativeHours[hour - 1];
  return before + (cumulativeHours[hour] - before) * Math.min(1, second / 3600 - hour);
}

/** The second of the day by which a share in [0, 1) of a day's sessions has started. */
export function secondOfShare(share: number): number {
  let hour = 0;
  while (hour < 23 && share >= cumulativeHours[hour]) hour += 1;
  const before = hour === 0 ? 0 : cumulativeHours[hour - 1];
  const within = (share - before) / (cumulativeHours[hour] - before);
  return Math.min(secondsPerDay - 1, Math.floor(3600 * (hour + within)));
}

/** 0 is Monday; 1970-01-01 was a Thursday. */
export function weekdayOf(second: number): number {
  return (Math.floor(second / secondsPerDay) + 3) % 7;
}

export function weekdayFactor(weekday: number): number {
  return weekdayFactors[weekday];
}
