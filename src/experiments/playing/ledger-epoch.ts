import { windowOf } from '../novelty.js';

/** What became of a unit's first answer of an epoch: whether it brought a report until the next visit, or until somebody looked. */
const answer = { waiting: 0, reported: 1, lost: 2 } as const;

/** What units did during one epoch of constant allocation, by unit and measure. */
export class LedgerEpoch {
  /** by unit: index of the arm; −1 before the unit was seen in this epoch */
  arm: Int8Array;
  readonly counts: number[];
  /** by measure, by unit */
  sums: Float64Array[];
  /** by unit: day on which it was seen first, from the beginning of all */
  enteredDay: Float64Array;
  /** by window of days since then, by measure, by unit; a window is there when something fell into it */
  private windows: (Float64Array[] | undefined)[] = [];
  private answers: Uint8Array;

  constructor(
    readonly fromDay: number,
    arms: number,
    private readonly measures: number,
    private capacity: number,
  ) {
    this.arm = new Int8Array(capacity).fill(-1);
    this.counts = Array.from({ length: arms }, () => 0);
    this.sums = this.columns();
    this.enteredDay = new Float64Array(capacity);
    this.answers = new Uint8Array(capacity);
  }

  /** @returns whether the unit was not here before */
  enter(unit: number, arm: number, day: number): boolean {
    if (this.arm[unit] >= 0) {
      if (this.answers[unit] === answer.waiting) this.answers[unit] = answer.lost;
      return false;
    }
    this.arm[unit] = arm;
    this.counts[arm] += 1;
    this.enteredDay[unit] = day;
    return true;
  }

  add(unit: number, measure: number, value: number, day: number, windowed: boolean): void {
    this.sums[measure][unit] += value;
    if (!windowed) return;
    const window = windowOf(day - this.enteredDay[unit]);
    const columns = (this.windows[window] ??= this.columns());
    columns[measure][unit] += value;
  }

  report(unit: number): void {
    if (this.arm[unit] >= 0 && this.answers[unit] === answer.waiting) this.answers[unit] = answer.reported;
  }

  /** Units by arm whose first answer brought no report; what still waits for one has none. */
  unreported(units: number): number[] {
    const lost = this.counts.map(() => 0);
    for (let unit = 0; unit < units; unit += 1) {
      const arm = this.arm[unit];
      if (arm < 0) continue;
      if (this.answers[unit] === answer.waiting) this.answers[unit] = answer.lost;
      if (this.answers[unit] === answer.lost) lost[arm] += 1;
    }
    return lost;
  }

  /** Sums of a measure by unit in the windows [from, to). */
  inWindows(measure: number, from: number, to: number): Float64Array {
    const sum = new Float64Array(this.capacity);
    for (const columns of this.windows.slice(from, to)) {
      if (columns === undefined) continue;
      const values = columns[measure];
      for (let unit = 0; unit < values.length; unit += 1) sum[unit] += values[unit];
    }
    return sum;
  }

  grow(capacity: number): void {
    const grown = (values: Float64Array): Float64Array => {
      const out = new Float64Array(capacity);
      out.set(values);
      return out;
    };
    const arm = new Int8Array(capacity).fill(-1);
    arm.set(this.arm);
    this.arm = arm;
    const answers = new Uint8Array(capacity);
    answers.set(this.answers);
    this.answers = answers;
    this.sums = this.sums.map(grown);
    this.enteredDay = grown(this.enteredDay);
    this.windows = this.windows.map((columns) => columns?.map(grown));
    this.capacity = capacity;
  }

  private columns(): Float64Array[] {
    return Array.from({ length: this.measures }, () => new Float64Array(this.capacity));
  }
}
