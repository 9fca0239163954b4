import { FIRST_VALUE_ID } from '../../schema/index.js';
import type { NextItemCases, NextItemDataset } from '../../schema/index.js';
import type { ItemMatrix } from './co-occurrence.js';
import type { FittedNextItemCounting, RankedCases } from './counting-model.js';

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

/** Turns evidence into the two answers of a fitted next-item model. Ranking touches only items with evidence. */
export class CaseScorer implements FittedNextItemCounting {
  readonly task = 'next-item';
  readonly parameters: number;
  private readonly evidence: SparseEvidence;
  /** ids from FIRST_VALUE_ID on by falling `shared`, ties by id */
  private readonly order: Int32Array;
  /** case number (plus one) in whose history an item lies */
  private readonly seenBy: Int32Array;
  private caseNumber = 0;

  constructor(
    private readonly dataset: NextItemDataset,
    private readonly model: CaseEvidence,
  ) {
    this.parameters = model.parameters;
    this.evidence = new SparseEvidence(dataset.itemCount);
    this.seenBy = new Int32Array(dataset.itemCount);
    const { shared } = model;
    this.order = Int32Array.from(
      { length: Math.max(0, dataset.itemCount - FIRST_VALUE_ID) },
      (_, n) => n + FIRST_VALUE_ID,
    ).sort((a, b) => shared[b] - shared[a] || a - b);
  }

  scoreCase(cases: NextItemCases, index: number, out: Float32Array): void {
    const weight = this.open(cases, index);
    for (let item = 0; item < out.length; item += 1) {
      out[item] = this.isCandidate(item) ? this.score(item, weight) : -Infinity;
    }
    this.evidence.clear();
  }

  rankCases(cases: NextItemCases, k: number): RankedCases {
    const items = new Int32Array(cases.count * k);
    const scores = new Float32Array(cases.count * k).fill(-Infinity);
    const tiesAtCut = new Int32Array(cases.count).fill(1);
    const heap = new WorstFirst(k);
    for (let c = 0; c < cases.count; c += 1) {
      const weight = this.open(cases, c);
      heap.size = 0;
      for (let n = 0; n < this.evidence.count; n += 1) {
        const item = this.evidence.touched[n];
        if (this.isCandidate(item)) heap.offer(item, this.score(item, weight));
      }
      this.offerUntouched(heap, weight, k);
      const listed = heap.size;
      if (listed > 0) tiesAtCut[c] = this.countTies(heap.scores[0], weight);
      heap.drainInto(items, scores, c * k);
      this.evidence.clear();
    }
    return { items, scores, tiesAtCut };
  }

  /** Gathers the evidence of a case and marks its history; returns the weight of the shared vector. */
  private open(cases: NextItemCases, index: number): number {
    const { events, offsets } = this.dataset;
    const begin = offsets[cases.users[index]];
    const end = cases.historyEnds[index];
    this.caseNumber += 1;
    for (let at = begin; at < end; at += 1) this.seenBy[events[at]] = this.caseNumber;
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
    let offered = 0;
    for (let n = 0; n < this.order.length && offered < k; n += 1) {
      const item = this.order[n];
      if (this.evidence.has(item) || !this.isCandidate(item)) continue;
      heap.offer(item, Math.fround(weight * this.model.shared[item]));
      offered += 1;
    }
  }

  /** Candidates, listed or not, whose score is exactly `cut`. */
  private countTies(cut: number, weight: number): number {
    let ties = 0;
    for (let n = 0; n < this.evidence.count; n += 1) {
      const item = this.evidence.touched[n];
      if (this.isCandidate(item) && this.score(item, weight) === cut) ties += 1;
    }
    const untouched = (n: number): number => Math.fround(weight * this.model.shared[this.order[n]]);
    let low = 0;
    for (let high = this.order.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (untouched(middle) > cut) low = middle + 1;
      else high = middle;
    }
    for (let n = low; n < this.order.length && untouched(n) === cut; n += 1) {
      const item = this.order[n];
      if (!this.evidence.has(item) && this.isCandidate(item)) ties += 1;
    }
    return ties;
  }
}

/** Binary heap of the best k seen so far with the worst of them on top (lower score, then larger id). */
class WorstFirst {
  readonly items: Int32Array;
  readonly scores: Float32Array;
  size = 0;

  constructor(private readonly capacity: number) {
    this.items = new Int32Array(capacity);
    this.scores = new Float32Array(capacity);
  }

  offer(item: number, score: number): void {
    if (this.size < this.capacity) {
      let at = this.size++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!this.isWorse(item, score, this.items[parent], this.scores[parent])) break;
        this.move(parent, at);
        at = parent;
      }
      this.items[at] = item;
      this.scores[at] = score;
    } else if (this.capacity > 0 && this.isWorse(this.items[0], this.scores[0], item, score)) {
      this.sinkFromTop(item, score);
    }
  }

  /** Empties the heap into out[at ..], best first. */
  drainInto(items: Int32Array, scores: Float32Array, at: number): void {
    while (this.size > 0) {
      const last = this.size - 1;
      items[at + last] = this.items[0];
      scores[at + last] = this.scores[0];
      this.size = last;
      if (last > 0) this.sinkFromTop(this.items[last], this.scores[last]);
    }
  }

  private sinkFromTop(item: number, score: number): void {
    let at = 0;
    for (let child = 1; child < this.size; child = 2 * at + 1) {
      const right = child + 1;
      if (
        right < this.size &&
        this.isWorse(this.items[right], this.scores[right], this.items[child], this.scores[child])
      ) {
        child = right;
      }
      if (!this.isWorse(this.items[child], this.scores[child], item, score)) break;
      this.move(child, at);
      at = child;
    }
    this.items[at] = item;
    this.scores[at] = score;
  }

  private move(from: number, to: number): void {
    this.items[to] = this.items[from];
    this.scores[to] = this.scores[from];
  }

  private isWorse(itemA: number, scoreA: number, itemB: number, scoreB: number): boolean {
    return scoreA < scoreB || (scoreA === scoreB && itemA > itemB);
  }
}
