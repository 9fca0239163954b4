import { AutoModelError } from '../../platform/index.js';
import type { ExperimentRecord, MetricDefinition } from '../../schema/index.js';
import { estimateArms, type ArmEstimate } from '../arm-estimate.js';
import { estimandOf, type ArmMeasure } from '../compare-metric.js';
import type { Moments } from '../moments.js';
import { combineEpochs, type EpochOverlap } from '../ramp/combine-epochs.js';
import { namesOf, sourcesOf } from '../reading/metric-sources.js';

interface Epoch {
  /** by unit: index of the arm, −1 before the unit was seen */
  arm: Int8Array;
  readonly counts: number[];
  /** by measure, by unit */
  sums: Float64Array[];
}

/** A metric of one epoch: its estimates, and by unit the deviation that it adds to its arm's. */
interface Linearised {
  readonly arms: readonly ArmEstimate[];
  readonly deviations: Float64Array;
}

const firstCapacity = 1024;

/**
 * What units did, epoch by epoch, in memory: sums per unit and measure from its first sight in the epoch on. What a unit did before it
 * was ever seen in the experiment is its past, for covariates. Means, proportions and ratios; others need the event log.
 */
export class UnitLedger {
  private readonly index = new Map<string, number>();
  private readonly names: readonly string[];
  private readonly before: Float64Array[];
  private readonly seen: { flags: Uint8Array };
  private capacity = firstCapacity;
  private readonly epochs: Epoch[] = [];
  private readonly everIn: number[];
  private all = 0;
  private readonly closed = new Map<string, Linearised>();
  private readonly closedOverlaps = new Map<string, EpochOverlap[]>();

  constructor(private readonly record: ExperimentRecord) {
    for (const { name, kind } of record.metrics) {
      if (kind === 'mean' || kind === 'proportion' || kind === 'ratio') continue;
      throw new AutoModelError(
        'USAGE',
        `Metric ${JSON.stringify(name)} is a ${kind}, which needs the event log`,
        {
          remedy: 'Play an experiment with means, proportions and ratios.',
          details: { metric: name },
        },
      );
    }
    this.names = namesOf(record.metrics);
    this.before = this.names.map(() => new Float64Array(this.capacity));
    this.seen = { flags: new Uint8Array(this.capacity) };
    this.everIn = [0, ...record.treatments.map(() => 0)];
    this.beginEpoch();
  }

  /** Different units that were ever in any arm. */
  get everyone(): number {
    return this.all;
  }

  /** Different units that were ever in each arm. */
  get units(): readonly number[] {
    return this.everIn;
  }

  /** Units of the running epoch by arm. */
  get epochUnits(): readonly number[] {
    return this.epochs[this.epochs.length - 1].counts;
  }

  beginEpoch(): void {
    this.epochs.push({
      arm: new Int8Array(this.capacity).fill(-1),
      counts: this.everIn.map(() => 0),
      sums: this.names.map(() => new Float64Array(this.capacity)),
    });
  }

  /** The unit was seen in an arm (0: control) in the running epoch. */
  expose(unit: string, arm: number): void {
    const at = this.indexOf(unit);
    const epoch = this.epochs[this.epochs.length - 1];
    if (epoch.arm[at] >= 0) return;
    epoch.arm[at] = arm;
    epoch.counts[arm] += 1;
    const bit = 1 << arm;
    if (this.seen.flags[at] === 0) this.all += 1;
    if ((this.seen.flags[at] & bit) === 0) this.everIn[arm] += 1;
    this.seen.flags[at] |= bit;
  }

  /** Names that no metric uses are passed over. */
  add(unit: string, name: string, value: number): void {
    const column = this.names.indexOf(name);
    if (column < 0) return;
    const at = this.indexOf(unit);
    const epoch = this.epochs[this.epochs.length - 1];
    if (epoch.arm[at] >= 0) epoch.sums[column][at] += value;
    else if (this.seen.flags[at] === 0) this.before[column][at] += value;
  }

  /** A metric in the running epoch, by arm; null where an arm has fewer than two units. */
  measure(definition: MetricDefinition): ArmMeasure[] | null {
    const epoch = this.epochs.length - 1;
    if (Math.min(...this.epochs[epoch].counts) < 2) return null;
    const columns = this.columnsOf(definition, epoch);
    return this.momentsOf(epoch, columns).map((moments) => ({ kind: 'moments', moments }));
  }

  /** A metric over all epochs in which every arm has units; null: there is none. */
  combined(definition: MetricDefinition): ArmMeasure[] | null {
    const parts = this.epochs.flatMap((epoch, e) =>
      Math.min(...epoch.counts) < 2 ? [] : [{ epoch, linear: this.linearised(definition, e) }],
    );
    if (parts.length === 0) return null;
    const overlaps: EpochOverlap[] = [];
    for (let f = 1; f < parts.length; f += 1)
      for (let e = 0; e < f; e += 1)
        overlaps.push(...this.knownOverlaps(definition, parts[e], parts[f], e, f));
    return combineEpochs(
      parts.map(({ linear }) => linear.arms),
      overlaps,
      this.everIn,
    ).map((estimate) => ({ kind: 'estimate', estimate }));
  }

  /** Epochs that are over do not change any more. */
  private knownOverlaps(
    { name }: MetricDefinition,
    first: { readonly epoch: Epoch; readonly linear: Linearised },
    later: { readonly epoch: Epoch; readonly linear: Linearised },
    e: number,
    f: number,
  ): EpochOverlap[] {
    const key = JSON.stringify([name, this.epochs.indexOf(first.epoch), this.epochs.indexOf(later.epoch)]);
    const known = this.closedOverlaps.get(key);
    if (known !== undefined) return known;
    const found = this.overlaps(first, later, e, f);
    if (later.epoch !== this.epochs[this.epochs.length - 1]) this.closedOverlaps.set(key, found);
    return found;
  }

  private overlaps(
    first: { readonly epoch: Epoch; readonly linear: Linearised },
    later: { readonly epoch: Epoch; readonly linear: Linearised },
    e: number,
    f: number,
  ): EpochOverlap[] {
    const width = this.everIn.length;
    const products = new Float64Array(width * width);
    for (let unit = 0; unit < this.index.size; unit += 1) {
      const a = first.epoch.arm[unit];
      const b = later.epoch.arm[unit];
      if (a < 0 || b < 0) continue;
      products[a * width + b] += first.linear.deviations[unit] * later.linear.deviations[unit];
    }
    return [...products].flatMap((sum, k) =>
      sum === 0 ? [] : [{ e, f, a: Math.floor(k / width), b: k % width, products: sum }],
    );
  }

  private linearised(definition: MetricDefinition, epoch: number): Linearised {
    const key = JSON.stringify([definition.name, epoch]);
    const known = this.closed.get(key);
    if (known !== undefined) return known;
    const columns = this.columnsOf(definition, epoch);
    const moments = this.momentsOf(epoch, columns);
    const { arms } = estimateArms(moments, estimandOf(definition));
    const { arm } = this.epochs[epoch];
    const deviations = new Float64Array(this.index.size);
    for (let unit = 0; unit < deviations.length; unit += 1) {
      const own = arm[unit];
      if (own < 0) continue;
      let sum = 0;
      for (let c = 0; c < columns.length; c += 1)
        sum += arms[own].gradient[c] * (columns[c][unit] - moments[own].means[c]);
      deviations[unit] = sum;
    }
    const result = { arms: arms.map(({ estimate }) => estimate), deviations };
    if (epoch < this.epochs.length - 1) this.closed.set(key, result);
    return result;
  }

  /** Columns by unit in the order of `estimandOf`. */
  private columnsOf(definition: MetricDefinition, epoch: number): Float64Array[] {
    return sourcesOf(definition, true).map(({ name, window }, column) => {
      const from = this.names.indexOf(name);
      const values = window === 'before' ? this.before[from] : this.epochs[epoch].sums[from];
      return definition.kind === 'proportion' && column === 0
        ? values.map((value) => Number(value > 0))
        : values;
    });
  }

  private momentsOf(epoch: number, columns: readonly Float64Array[]): Moments[] {
    const { arm, counts } = this.epochs[epoch];
    const width = columns.length;
    const means = counts.map(() => new Float64Array(width));
    const products = counts.map(() => new Float64Array(width * width));
    const units = this.index.size;
    for (let unit = 0; unit < units; unit += 1) {
      const own = arm[unit];
      if (own < 0) continue;
      for (let c = 0; c < width; c += 1) means[own][c] += columns[c][unit] / counts[own];
    }
    const gaps = new Float64Array(width);
    for (let unit = 0; unit < units; unit += 1) {
      const own = arm[unit];
      if (own < 0) continue;
      for (let c = 0; c < width; c += 1) gaps[c] = columns[c][unit] - means[own][c];
      for (let c = 0; c < width; c += 1)
        for (let d = 0; d < width; d += 1) products[own][c * width + d] += gaps[c] * gaps[d];
    }
    return counts.map((n, own) => ({
      n,
      means: [...means[own]],
      covariance: [...means[own]].map((_, c) =>
        [...products[own].subarray(c * width, (c + 1) * width)].map((sum) => sum / (n - 1)),
      ),
    }));
  }

  private indexOf(unit: string): number {
    const known = this.index.get(unit);
    if (known !== undefined) return known;
    const at = this.index.size;
    this.index.set(unit, at);
    if (at === this.capacity) this.grow();
    return at;
  }

  private grow(): void {
    const wider = 2 * this.capacity;
    const grown = (values: Float64Array): Float64Array => {
      const out = new Float64Array(wider);
      out.set(values);
      return out;
    };
    for (const [column, values] of this.before.entries()) this.before[column] = grown(values);
    const flags = new Uint8Array(wider);
    flags.set(this.seen.flags);
    this.seen.flags = flags;
    for (const epoch of this.epochs) {
      const arm = new Int8Array(wider).fill(-1);
      arm.set(epoch.arm);
      epoch.arm = arm;
      epoch.sums = epoch.sums.map(grown);
    }
    this.capacity = wider;
  }
}
