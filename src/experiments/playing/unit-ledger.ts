import { AutoModelError } from '../../platform/index.js';
import type { ExperimentRecord, MetricDefinition } from '../../schema/index.js';
import { pastDefinitions } from '../alike-before.js';
import type { ExperimentArm, MeasuredMetric, SegmentData } from '../analyse.js';
import type { ArmMeasure } from '../compare-metric.js';
import { windowStarts, type WindowedMeasure } from '../novelty.js';
import { combineEpochs, type EpochOverlap } from '../ramp/combine-epochs.js';
import { namesOf, sourcesOf } from '../reading/metric-sources.js';
import { LedgerEpoch } from './ledger-epoch.js';
import { lineariseMetric, overlapsOf, type LinearisedMetric } from './linearised-metric.js';
import { momentsByArm } from './moments-by-arm.js';

type Overlaps = ReturnType<typeof overlapsOf>;

const firstCapacity = 1024;

/**
 * What units did, epoch by epoch, in memory: sums per unit and measure from its first sight in the epoch on. What a unit did before it
 * was ever seen in the experiment is its past, for covariates. Means, proportions and ratios; others need the event log.
 */
export class UnitLedger {
  private readonly index = new Map<string, number>();
  private readonly names: readonly string[];
  /** measures of success metrics, which are read by days since exposure too */
  private readonly windowed: readonly boolean[];
  private readonly before: Float64Array[];
  private capacity = firstCapacity;
  /** by unit: bits of the arms that it ever was in; the first epoch that saw it; its segment */
  private seen = new Uint8Array(this.capacity);
  private firstEpoch = new Int16Array(this.capacity);
  private segmentOf = new Int16Array(this.capacity);
  private readonly segments: string[] = [];
  private readonly epochs: LedgerEpoch[] = [];
  private readonly everIn: number[];
  private all = 0;
  private day = 0;
  private lastUnit: string | undefined;
  private lastAt = -1;
  private readonly closed = new Map<string, LinearisedMetric>();
  private readonly closedOverlaps = new Map<string, Overlaps>();

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
    this.names = namesOf([...record.metrics, ...pastDefinitions(record.metrics)]);
    const success = namesOf(record.metrics.filter(({ role }) => role === 'success'));
    this.windowed = this.names.map((name) => success.includes(name));
    this.before = this.names.map(() => new Float64Array(this.capacity));
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

  /** Segments in the order in which they were met first; see `segmentData`. */
  get segmentNames(): readonly string[] {
    return this.segments;
  }

  private get running(): LedgerEpoch {
    return this.epochs[this.epochs.length - 1];
  }

  /** Units of the running epoch by arm. */
  get epochUnits(): readonly number[] {
    return this.running.counts;
  }

  beginEpoch(): void {
    this.epochs.push(
      new LedgerEpoch(this.day, this.record.treatments.length + 1, this.names.length, this.capacity),
    );
  }

  /** What comes now comes on this day, counted from the beginning of the experiment; it may be a part of one. */
  setDay(day: number): void {
    this.day = day;
  }

  /** The unit was seen in an arm (0: control) in the running epoch. */
  expose(unit: string, arm: number, segment?: string): void {
    const at = this.indexOf(unit);
    if (!this.running.enter(at, arm, this.day)) return;
    const bit = 1 << arm;
    if (this.seen[at] === 0) {
      this.all += 1;
      this.firstEpoch[at] = this.epochs.length - 1;
      this.segmentOf[at] = this.segmentIndex(segment);
    }
    if ((this.seen[at] & bit) === 0) this.everIn[arm] += 1;
    this.seen[at] |= bit;
  }

  /** Names that no metric uses are passed over. */
  add(unit: string, name: string, value: number): void {
    const isReport = name === this.record.reported;
    const column = this.names.indexOf(name);
    if (column < 0 && !isReport) return;
    const at = this.indexOf(unit);
    if (isReport) this.running.report(at);
    if (column < 0) return;
    if (this.running.arm[at] >= 0) this.running.add(at, column, value, this.day, this.windowed[column]);
    else if (this.seen[at] === 0) this.before[column][at] += value;
  }

  /** Units of the running epoch, by arm, whose first answer brought no report. */
  unreported(): number[] {
    return this.running.unreported(this.index.size);
  }

  /** A metric in the running epoch, by arm; null where an arm has fewer than two units. */
  measure(definition: MetricDefinition): ArmMeasure[] | null {
    const { running } = this;
    if (Math.min(...running.counts) < 2) return null;
    return this.measuresOf(running.arm, this.columnsOf(definition, running));
  }

  /** The metrics' past, of the units that the running epoch was the first to see; see `alikeBefore`. */
  pasts(): MeasuredMetric[] {
    const { running } = this;
    const newest = this.epochs.length - 1;
    const fresh = running.arm.map((arm, unit) => (this.firstEpoch[unit] === newest ? arm : -1));
    return pastDefinitions(this.record.metrics).map((definition) => ({
      definition,
      arms: this.measuresOf(fresh, this.columnsOf(definition, running)),
    }));
  }

  /** A metric over all epochs in which every arm has units; null: there is none. */
  combined(definition: MetricDefinition): ArmMeasure[] | null {
    return this.combinedOf(definition, undefined);
  }

  /** A metric in the running epoch by days since its units were seen there; undefined: too early. */
  windows(definition: MetricDefinition): WindowedMeasure | undefined {
    const { running } = this;
    const fromDays = windowStarts(this.day - running.fromDay);
    if (fromDays.length === 0) return undefined;
    const last = fromDays.length - 1;
    const latest = this.day - fromDays[last];
    const arm = running.arm.map((own, unit) => (running.enteredDay[unit] <= latest ? own : -1));
    const sources = sourcesOf(definition, true).filter(({ window }) => window === 'after');
    const columns = fromDays.flatMap((_, w) =>
      sources.map(({ name }, column) =>
        valuesOf(
          definition,
          column,
          running.inWindows(this.names.indexOf(name), w, w < last ? w + 1 : Infinity),
        ),
      ),
    );
    return { fromDays, arms: momentsByArm(arm, columns, this.index.size, this.everIn.length) };
  }

  /** All metrics over all epochs, by segment; those that every arm has units for. */
  segmentData(arms: readonly Pick<ExperimentArm, 'variant'>[]): SegmentData[] {
    return this.segments.map((value, segment) => {
      const units = arms.map((_, arm) => this.unitsOf(segment, arm));
      return {
        value,
        arms: arms.map(({ variant }, arm) => ({ variant, units: units[arm], weight: units[arm] })),
        metrics: this.record.metrics.flatMap((definition) => {
          const measures = this.combinedOf(definition, segment);
          return measures === null ? [] : [{ definition, arms: measures }];
        }),
      };
    });
  }

  private unitsOf(segment: number, arm: number): number {
    let count = 0;
    for (let unit = 0; unit < this.index.size; unit += 1)
      if (this.segmentOf[unit] === segment && (this.seen[unit] & (1 << arm)) !== 0) count += 1;
    return count;
  }

  private combinedOf(definition: MetricDefinition, segment: number | undefined): ArmMeasure[] | null {
    const parts = this.epochs.flatMap((_, e) => {
      const linear = this.linearised(definition, e, segment);
      return linear === null ? [] : [{ e, linear }];
    });
    if (parts.length === 0) return null;
    const overlaps: EpochOverlap[] = [];
    for (let f = 1; f < parts.length; f += 1)
      for (let e = 0; e < f; e += 1) {
        const found = this.knownOverlaps(
          [definition.name, parts[e].e, parts[f].e, segment],
          parts[e].linear,
          parts[f].linear,
        );
        overlaps.push(...found.map((one) => ({ ...one, e, f })));
      }
    const units =
      segment === undefined ? this.everIn : this.everIn.map((_, arm) => this.unitsOf(segment, arm));
    return combineEpochs(
      parts.map(({ linear }) => linear.estimates),
      overlaps,
      units,
    ).map((estimate) => ({ kind: 'estimate', estimate }));
  }

  /** By unit: the arm in an epoch; −1 outside of the segment. */
  private armsOf({ arm }: LedgerEpoch, segment: number | undefined): Int8Array {
    return segment === undefined
      ? arm
      : arm.map((own, unit) => (this.segmentOf[unit] === segment ? own : -1));
  }

  /** Epochs that are over do not change any more. */
  private knownOverlaps(
    of: readonly [string, number, number, number | undefined],
    first: LinearisedMetric,
    later: LinearisedMetric,
  ): Overlaps {
    const key = JSON.stringify(of);
    const known = this.closedOverlaps.get(key);
    if (known !== undefined) return known;
    const found = overlapsOf(first, later, this.everIn.length);
    if (of[2] < this.epochs.length - 1) this.closedOverlaps.set(key, found);
    return found;
  }

  /** null: an arm has fewer than two units. */
  private linearised(
    definition: MetricDefinition,
    e: number,
    segment: number | undefined,
  ): LinearisedMetric | null {
    const key = JSON.stringify([definition.name, e, segment]);
    const known = this.closed.get(key);
    if (known !== undefined) return known;
    const epoch = this.epochs[e];
    if (Math.min(...epoch.counts) < 2) return null;
    const result = lineariseMetric(
      definition,
      { arm: this.armsOf(epoch, segment), units: this.index.size, arms: this.everIn.length },
      this.columnsOf(definition, epoch),
    );
    if (result !== null && e < this.epochs.length - 1) this.closed.set(key, result);
    return result;
  }

  private measuresOf(arm: Int8Array, columns: readonly Float64Array[]): ArmMeasure[] {
    return momentsByArm(arm, columns, this.index.size, this.everIn.length).map((moments) => ({
      kind: 'moments',
      moments,
    }));
  }

  /** Columns by unit in the order of `estimandOf`. */
  private columnsOf(definition: MetricDefinition, epoch: LedgerEpoch): Float64Array[] {
    return sourcesOf(definition, true).map(({ name, window }, column) => {
      const from = this.names.indexOf(name);
      return valuesOf(definition, column, window === 'before' ? this.before[from] : epoch.sums[from]);
    });
  }

  private segmentIndex(segment: string | undefined): number {
    if (this.record.segment === undefined) return -1;
    const value = segment ?? '(none)';
    const known = this.segments.indexOf(value);
    return known >= 0 ? known : this.segments.push(value) - 1;
  }

  private indexOf(unit: string): number {
    // Values mostly follow the visit that they belong to.
    if (unit === this.lastUnit) return this.lastAt;
    let at = this.index.get(unit);
    if (at === undefined) {
      at = this.index.size;
      this.index.set(unit, at);
      if (at === this.capacity) this.grow();
    }
    this.lastUnit = unit;
    this.lastAt = at;
    return at;
  }

  private grow(): void {
    const wider = 2 * this.capacity;
    const grown = <T extends { set(values: T): void }>(values: T, out: T): T => {
      out.set(values);
      return out;
    };
    for (const [column, values] of this.before.entries())
      this.before[column] = grown(values, new Float64Array(wider));
    this.seen = grown(this.seen, new Uint8Array(wider));
    this.firstEpoch = grown(this.firstEpoch, new Int16Array(wider));
    this.segmentOf = grown(this.segmentOf, new Int16Array(wider));
    for (const epoch of this.epochs) epoch.grow(wider);
    this.capacity = wider;
  }
}

/** A proportion asks of its first column whether it is above zero. */
function valuesOf({ kind }: MetricDefinition, column: number, values: Float64Array): Float64Array {
  return kind === 'proportion' && column === 0 ? values.map((value) => Number(value > 0)) : values;
}
