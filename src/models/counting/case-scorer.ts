import { AutoModelError } from '../../platform/index.js';
import { FIRST_VALUE_ID } from '../../schema/index.js';
import type { NextItemCases, NextItemDataset } from '../../schema/index.js';
import type { ItemMatrix } from './co-occurrence.js';
import { WorstFirst } from '../../stats/index.js';
import { TopListsBuilder, type TopLists } from '../../training/index.js';
import type { NextItemRanker } from './counting-model.js';

/** Histories that cases refer to. */
export type CaseLog = Pick<NextItemDataset, 'events' | 'offsets' | 'itemCount'>;

/**
 * What a next-item count model says of one history: a sparse vector over items (in `evidence`) plus a multiple of a
 * vector that all cases share. Score of item j = evidence[j] + shared[j] x (the returned weight).
 */
export interface CaseEvidence {
  /** [itemCount], not negative */
  readonly shared: Float32Array;
  readonly parameters: number;
  /** Adds the evidence of events[begin .. end), newest last; returns the weight of `shared`, not negative. */
  gather(events: Int32Array, begin: number, end: number, evidence: SparseEvidence): number;
}

/** A dense vector that remembers which entries were touched, so that clearing and ranking cost only those. */
export class SparseEvidence {
  readonly values: Float32Array;
  readonly touched: Int32Array;
  private readonly isTouched: Uint8Array;
  count = 0;

  constructor(size: number) {
    this.values = new Float32Array(size);
    this.touched = new Int32Array(size);
    this.isTouched = new Uint8Array(size);
  }

  /** values += weight x row of the matrix */
  addRow(matrix: ItemMatrix, row: number, weight: number): void {
    const { columns, values } = matrix;
    const end = matrix.begins[row + 1];
    for (let n = matrix.begins[row]; n < end; n += 1) {
      const column = columns[n];
      if (this.isTouched[column] === 0) {
        this.isTouched[column] = 1;
        this.touched[this.count++] = column;
      }
      this.values[column] += weight * values[n];
    }
  }

  has(item: number): boolean {
    return this.isTouched[item] === 1;
  }

  clear(): void {
    for (let n = 0; n < this.count; n += 1) {
      this.values[this.touched[n]] = 0;
      this.isTouched[this.touched[n]] = 0;
    }
    this.count = 0;
  }
}

/** Turns evidence into the answers of a fitted next-item model. Ranking touches only items with evidence. */
export class CaseScorer implements NextItemRanker {
  readonly task = 'next-item';
  readonly parameters: number;
  private readonly evidence: SparseEvidence;
  /** candidate ids by falling `shared`, ties by id; and ascending */
  private readonly byShared: Int32Array;
  private readonly byId: Int32Array;
  /** position of an id in `byShared` */
  private readonly place: Int32Array;
  /** number of the case in whose history an item lies; and that history without repeats */
  private readonly seenBy: Int32Array;
  private readonly seen: Int32Array;
  private seenCount = 0;
  private caseNumber = 0;

  constructor(
    private readonly log: CaseLog,
    private readonly model: CaseEvidence,
  ) {
    const { itemCount } = log;
    const { shared } = model;
    this.parameters = model.parameters;
    this.evidence = new SparseEvidence(itemCount);
    this.seenBy = new Int32Array(itemCount);
    this.seen = new Int32Array(itemCount);
    this.byId = Int32Array.from(
      { length: Math.max(0, itemCount - FIRST_VALUE_ID) },
      (_, n) => n + FIRST_VALUE_ID,
    );
    this.byShared = this.byId.slice().sort((a, b) => shared[b] - shared[a] || a - b);
    this.place = new Int32Array(itemCount).fill(itemCount);
    for (let n = 0; n < this.byShared.length; n += 1) this.place[this.byShared[n]] = n;
  }

  scoreCase(cases: NextItemCases, index: number, out: Float32Array): void {
    const weight = this.open(cases, index);
    for (let item = 0; item < out.length; item += 1) {
      out[item] = this.isCandidate(item) ? this.score(item, weight) : -Infinity;
    }
    this.evidence.clear();
  }

  scoreAll(cases: NextItemCases, index: number, out: Float32Array): void {
    const weight = this.open(cases, index);
    for (let item = 0; item < out.length; item += 1) out[item] = this.score(item, weight);
    this.evidence.clear();
  }

  rankCases(cases: NextItemCases, k: number): TopLists {
    const lists = new TopListsBuilder(cases.count, k);
    const heap = new WorstFirst(k);
    for (let c = 0; c < cases.count; c += 1) {
      const weight = this.open(cases, c);
      for (let n = 0; n < this.evidence.count; n += 1) {
        const item = this.evidence.touched[n];
        if (this.isCandidate(item)) heap.offer(item, this.score(item, weight));
      }
      this.offerUntouched(heap, weight, k);
      const isFull = heap.size === k && k > 0;
      const tiesAtCut = isFull
        ? this.compare(heap.worstScore, weight).tied - heap.countOf(heap.worstScore)
        : 0;
      const history = this.seen.subarray(0, this.seenCount);
      lists.add(c, { ...heap.drain(), tiesAtCut }, history, (item) => this.score(item, weight));
      this.evidence.clear();
    }
    return lists.build();
  }

  rankTargets(cases: NextItemCases): Float32Array {
    const { targets } = cases;
    if (targets === undefined) {
      throw new AutoModelError('TEST_SEALED', 'The targets of these cases are sealed', {
        remedy: 'Rank the cases and let the scorer open the sealed file.',
      });
    }
    return Float32Array.from({ length: cases.count }, (_, c) => {
      const target = targets[c];
      if (target < FIRST_VALUE_ID || target >= this.log.itemCount) return Number.POSITIVE_INFINITY;
      const weight = this.open(cases, c);
      const { above, tied } = this.compare(this.score(target, weight), weight);
      const others = this.isCandidate(target) ? tied - 1 : tied;
      this.evidence.clear();
      return 1 + above + others / 2;
    });
  }

  /** Gathers the evidence of a case and marks its history; returns the weight of the shared vector. */
  private open(cases: NextItemCases, index: number): number {
    const { events, offsets } = this.log;
    const begin = offsets[cases.users[index]];
    const end = cases.historyEnds[index];
    this.caseNumber += 1;
    this.seenCount = 0;
    for (let at = begin; at < end; at += 1) {
      const item = events[at];
      if (this.seenBy[item] === this.caseNumber) continue;
      this.seenBy[item] = this.caseNumber;
      this.seen[this.seenCount++] = item;
    }
    return this.model.gather(events, begin, end, this.evidence);
  }

  private isCandidate(item: number): boolean {
    return item >= FIRST_VALUE_ID && this.seenBy[item] !== this.caseNumber;
  }

  private score(item: number, weight: number): number {
    return Math.fround(this.evidence.values[item] + weight * this.model.shared[item]);
  }

  /** Items without evidence score weight x shared, so the best k of them lead the common order. */
  private offerUntouched(heap: WorstFirst, weight: number, k: number): void {
    const order = weight === 0 ? this.byId : this.byShared;
    let offered = 0;
    for (let n = 0; n < order.length && offered < k; n += 1) {
      const item = order[n];
      if (this.evidence.has(item) || !this.isCandidate(item)) continue;
      heap.offer(item, Math.fround(weight * this.model.shared[item]));
      offered += 1;
    }
  }

  /** How many candidates score above `own`, and how many exactly it. */
  private compare(own: number, weight: number): { readonly above: number; readonly tied: number } {
    const { byShared, evidence } = this;
    const untouched = (n: number): number => Math.fround(weight * this.model.shared[byShared[n]]);
    let low = 0;
    for (let high = byShared.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (untouched(middle) > own) low = middle + 1;
      else high = middle;
    }
    let above = low;
    for (let n = 0; n < this.seenCount; n += 1) if (this.place[this.seen[n]] < low) above -= 1;
    let tied = 0;
    for (let n = low; n < byShared.length && untouched(n) === own; n += 1) {
      if (!evidence.has(byShared[n]) && this.isCandidate(byShared[n])) tied += 1;
    }
    for (let n = 0; n < evidence.count; n += 1) {
      const item = evidence.touched[n];
      if (!this.isCandidate(item)) continue;
      if (this.place[item] < low) above -= 1;
      const score = this.score(item, weight);
      if (score > own) above += 1;
      else if (score === own) tied += 1;
    }
    return { above, tied };
  }
}
