const integerNames = [
  'requestId',
  'sessionId',
  'user',
  'item',
  'second',
  'position',
  'hour',
  'weekday',
  'onWifi',
  'shard',
  'click',
  'dwellMs',
  'liked',
  'disliked',
  'policyId',
  'modelVersion',
  'arm',
  'reportedSecond',
] as const;
const realNames = [
  'jitter',
  'engagementScore',
  'propensity',
  'clickProbability',
  'aloneProbability',
  'satisfaction',
] as const;

type IntegerName = (typeof integerNames)[number];
type RealName = (typeof realNames)[number];

/**
 * Shown positions, column by column. `user` and `item` are indices; `second` is Unix time of the impression;
 * `reportedSecond` is when its feedback reached the log. `clickProbability` (on this slate), `aloneProbability` (if nothing
 * else were shown) and `satisfaction` are the truth and never leave the simulation.
 */
export type EventColumns = Readonly<Record<IntegerName, Int32Array>> &
  Readonly<Record<RealName, Float32Array>> & { readonly rows: number };

/** One position on its way into the log; one object is reused for all of them. */
export type EventRow = Record<IntegerName | RealName, number>;

export function blankEventRow(): EventRow {
  return Object.fromEntries([...integerNames, ...realNames].map((name) => [name, 0])) as EventRow;
}

/** Columns that grow by doubling. */
export class EventLog {
  private readonly integers: Int32Array[] = integerNames.map(() => new Int32Array(1024));
  private readonly reals: Float32Array[] = realNames.map(() => new Float32Array(1024));
  rows = 0;

  push(row: EventRow): void {
    if (this.rows === this.integers[0].length) this.grow();
    for (let n = 0; n < integerNames.length; n += 1) this.integers[n][this.rows] = row[integerNames[n]];
    for (let n = 0; n < realNames.length; n += 1) this.reals[n][this.rows] = row[realNames[n]];
    this.rows += 1;
  }

  /** The columns in order of time; events of one second keep the order in which they happened. */
  inTimeOrder(): EventColumns {
    const { rows } = this;
    const seconds = this.integers[integerNames.indexOf('second')];
    let first = Infinity;
    for (let row = 0; row < rows; row += 1) first = Math.min(first, seconds[row]);
    // One number per row that sorts by second, then by row: exact below 2^53.
    const keys = Float64Array.from({ length: rows }, (_, row) => (seconds[row] - first) * rows + row).sort();
    const order = Int32Array.from(keys, (key) => key % rows);
    const columns: Record<string, Int32Array | Float32Array> = {};
    integerNames.forEach((name, n) => {
      columns[name] = order.map((row) => this.integers[n][row]);
    });
    realNames.forEach((name, n) => {
      const column = this.reals[n];
      columns[name] = Float32Array.from({ length: rows }, (_, at) => column[order[at]]);
    });
    return { ...columns, rows } as unknown as EventColumns;
  }

  private grow(): void {
    for (let n = 0; n < this.integers.length; n += 1) {
      const wider = new Int32Array(this.rows * 2);
      wider.set(this.integers[n]);
      this.integers[n] = wider;
    }
    for (let n = 0; n < this.reals.length; n += 1) {
      const wider = new Float32Array(this.rows * 2);
      wider.set(this.reals[n]);
      this.reals[n] = wider;
    }
  }
}
