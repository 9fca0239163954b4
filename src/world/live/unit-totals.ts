import type { PageRecord, Recorder } from './page-record.js';

/** What is added up per user. */
export const unitCounts = [
  'requests',
  'sessions',
  'activeDays',
  'impressions',
  'clicks',
  'satisfaction',
  'dwellSeconds',
  'likes',
  'hides',
  'purchases',
  'spend',
] as const;
export type UnitCount = (typeof unitCounts)[number];

export interface UnitTotalsOptions {
  readonly users: number;
  /** logged days [from, to) */
  readonly fromDay: number;
  readonly toDay: number;
  /** `truth` counts everything that happened, `reported` only what was not lost or dropped; satisfaction is no report, but is counted likewise */
  readonly count: 'truth' | 'reported';
}

/** Sums per user over some days, with the arm and the second of the first page that was counted. */
export class UnitTotals implements Recorder {
  readonly sums: Readonly<Record<UnitCount, Float64Array>>;
  /** code of the arm that served the user first; -1 for users without a page */
  readonly arm: Int32Array;
  /** Unix second of the first page; -1 for users without one */
  readonly firstSecond: Float64Array;
  private readonly lastDay: Int32Array;

  constructor(private readonly options: UnitTotalsOptions) {
    const { users } = options;
    this.sums = Object.fromEntries(unitCounts.map((name) => [name, new Float64Array(users)])) as Record<
      UnitCount,
      Float64Array
    >;
    this.arm = new Int32Array(users).fill(-1);
    this.firstSecond = new Float64Array(users).fill(-1);
    this.lastDay = new Int32Array(users).fill(-1_000_000);
  }

  record(page: PageRecord): void {
    const { user, day } = page;
    const { fromDay, toDay, count } = this.options;
    if (day < fromDay || day >= toDay) return;
    const reported = count === 'reported';
    if (reported && page.dropped) return;
    const { sums } = this;
    if (this.arm[user] < 0) {
      this.arm[user] = page.arm;
      this.firstSecond[user] = page.second;
    }
    if (this.lastDay[user] !== day) {
      this.lastDay[user] = day;
      sums.activeDays[user] += 1;
    }
    sums.requests[user] += 1;
    if (page.opensSession) sums.sessions[user] += 1;
    for (let position = 0; position < page.reached; position += 1) {
      if (reported && page.lost[position] === 1) continue;
      sums.impressions[user] += 1;
      sums.hides[user] += page.hidden[position];
      if (page.click[position] === 0) continue;
      sums.clicks[user] += 1;
      sums.satisfaction[user] += page.satisfaction[position];
      sums.dwellSeconds[user] += page.dwellMs[position] / 1000;
      sums.likes[user] += page.liked[position];
      if (page.paid[position] > 0) {
        sums.purchases[user] += 1;
        sums.spend[user] += page.paid[position];
      }
    }
  }
}
