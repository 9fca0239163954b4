import { FIRST_VALUE_ID } from '../../schema/index.js';
import type { TopK } from '../../stats/index.js';

/** Top-k lists of n cases, best first; n*k entries, row by row. */
export interface TopLists {
  readonly k: number;
  readonly items: Int32Array;
  readonly scores: Float32Array;
  /** per case, candidates outside the list whose score equals the last listed score [n] */
  readonly tiesAtCut: Int32Array;
  readonly repeats: Repeats;
}

/**
 * What a list would have to give way to if the case's target were an item of the user's own history: the distinct items
 * of the history that score no lower than the last listed one (all of them when the list holds every candidate). Those
 * of case c are [ends[c - 1] .. ends[c]).
 */
export interface Repeats {
  readonly ends: Int32Array;
  readonly items: Int32Array;
  readonly scores: Float32Array;
}

/** Collects the lists of cases one after the other. */
export class TopListsBuilder {
  private readonly items: Int32Array;
  private readonly scores: Float32Array;
  private readonly tiesAtCut: Int32Array;
  private readonly repeatEnds: Int32Array;
  private readonly repeatItems: number[] = [];
  private readonly repeatScores: number[] = [];

  constructor(
    cases: number,
    private readonly k: number,
  ) {
    this.items = new Int32Array(cases * k);
    this.scores = new Float32Array(cases * k).fill(-Infinity);
    this.tiesAtCut = new Int32Array(cases);
    this.repeatEnds = new Int32Array(cases);
  }

  /**
   * The list of case `index`, best first and at most k long. Cases come in order.
   * @param history distinct ids of the case's history; those below the first item id are passed over
   */
  add(index: number, top: TopK, history: Iterable<number>, scoreOf: (item: number) => number): void {
    const { k } = this;
    this.items.set(top.items, index * k);
    this.scores.set(top.scores, index * k);
    this.tiesAtCut[index] = top.tiesAtCut;
    const cut = top.items.length < k || k === 0 ? -Infinity : top.scores[k - 1];
    for (const item of history) {
      if (item < FIRST_VALUE_ID) continue;
      const score = scoreOf(item);
      if (!(score >= cut)) continue;
      this.repeatItems.push(item);
      this.repeatScores.push(score);
    }
    this.repeatEnds[index] = this.repeatItems.length;
  }

  build(): TopLists {
    return {
      k: this.k,
      items: this.items,
      scores: this.scores,
      tiesAtCut: this.tiesAtCut,
      repeats: {
        ends: this.repeatEnds,
        items: Int32Array.from(this.repeatItems),
        scores: Float32Array.from(this.repeatScores),
      },
    };
  }
}
