import { secondsPerDay } from '../calendar.js';
import type { ItemFeedback } from '../policy.js';
import type { PageRecord } from './page-record.js';

/** Counts of one arm's own pages as far as they were reported: nothing lost, nothing that is still on its way. */
export class ReportedFeedback {
  readonly counts: ItemFeedback;
  /** what arrives after the midnight to come: second and code, item * 2 + click */
  private waiting: { readonly second: number; readonly code: number }[] = [];

  constructor(
    items: number,
    private midnight: number,
  ) {
    this.counts = { impressions: new Float64Array(items), clicks: new Float64Array(items) };
  }

  add(page: PageRecord): void {
    if (page.dropped) return;
    for (let position = 0; position < page.reached; position += 1) {
      if (page.lost[position] === 1) continue;
      this.take(page.seenSecond[position], 2 * page.item[position]);
      if (page.click[position] === 1) this.take(page.reportedSecond[position], 2 * page.item[position] + 1);
    }
  }

  /** Moves on to the day that starts now. */
  passMidnight(): void {
    const due = this.waiting;
    this.waiting = [];
    this.midnight += secondsPerDay;
    for (const { second, code } of due) this.take(second, code);
  }

  private take(second: number, code: number): void {
    if (second >= this.midnight) this.waiting.push({ second, code });
    else if (code % 2 === 1) this.counts.clicks[code >> 1] += 1;
    else this.counts.impressions[code >> 1] += 1;
  }
}
