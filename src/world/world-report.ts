import type { WorldLog } from './world-log.js';

/** Whether a log looks like one of a real service. Shares and rates in [0, 1]. */
export interface WorldReport {
  readonly impressions: number;
  readonly usersSeen: number;
  readonly itemsShown: number;
  readonly clickRate: number;
  /** clicks by position, best position first */
  readonly clickRateByPosition: readonly number[];
  readonly likesPerClick: number;
  readonly dislikesPerImpression: number;
  /** inequality of impressions over all items: 0 even, 1 all on one */
  readonly popularityGini: number;
  readonly impressionsPerSession: number;
  readonly sessionsPerUser: number;
  /** impressions of an item that the user had been shown before */
  readonly repeatShare: number;
  /** mean satisfaction of clicks on the half of the clicked items with more clickbait, less that of the other half */
  readonly clickbaitRegret: number;
}

export function worldReport({ events, world }: WorldLog): WorldReport {
  const { rows } = events;
  const clicks = total(events.click);
  const users = new Set(events.user);
  const sessions = new Set(events.sessionId).size;
  const impressionsOf = new Float64Array(world.items.count);
  const shownBefore = new Set<number>();
  let repeats = 0;
  const byPosition = Array.from({ length: world.settings.slateSize }, () => ({ shown: 0, clicked: 0 }));
  for (let row = 0; row < rows; row += 1) {
    impressionsOf[events.item[row]] += 1;
    const pair = events.user[row] * world.items.count + events.item[row];
    if (shownBefore.has(pair)) repeats += 1;
    else shownBefore.add(pair);
    byPosition[events.position[row]].shown += 1;
    byPosition[events.position[row]].clicked += events.click[row];
  }
  return {
    impressions: rows,
    usersSeen: users.size,
    itemsShown: impressionsOf.reduce((count, shown) => count + (shown > 0 ? 1 : 0), 0),
    clickRate: ratio(clicks, rows),
    clickRateByPosition: byPosition.map(({ shown, clicked }) => ratio(clicked, shown)),
    likesPerClick: ratio(total(events.liked), clicks),
    dislikesPerImpression: ratio(total(events.disliked), rows),
    popularityGini: gini(impressionsOf),
    impressionsPerSession: ratio(rows, sessions),
    sessionsPerUser: ratio(sessions, users.size),
    repeatShare: ratio(repeats, rows),
    clickbaitRegret: clickbaitRegret(events, world.items.clickbait),
  };
}

/** Gini coefficient of numbers that are not negative. */
export function gini(values: Float64Array): number {
  const sorted = values.slice().sort();
  let weighted = 0;
  let sum = 0;
  for (let i = 0; i < sorted.length; i += 1) {
    weighted += (2 * (i + 1) - sorted.length - 1) * sorted[i];
    sum += sorted[i];
  }
  return sum === 0 ? 0 : weighted / (sorted.length * sum);
}

function clickbaitRegret(events: WorldLog['events'], clickbait: Float32Array): number {
  const clicked = Array.from({ length: events.rows }, (_, row) => row).filter(
    (row) => events.click[row] === 1,
  );
  const levels = clicked.map((row) => clickbait[events.item[row]]).sort((a, b) => a - b);
  const median = levels[Math.floor(levels.length / 2)] ?? 0;
  const meanOf = (wanted: (level: number) => boolean): number => {
    const rows = clicked.filter((row) => wanted(clickbait[events.item[row]]));
    return rows.length === 0 ? 0 : rows.reduce((sum, row) => sum + events.satisfaction[row], 0) / rows.length;
  };
  return meanOf((level) => level > median) - meanOf((level) => level <= median);
}

/** 0 where there is nothing to divide by, as in an empty log. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function total(values: Int32Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
