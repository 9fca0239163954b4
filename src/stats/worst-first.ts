/** Binary heap of the best k offers so far, the worst of them on top: lower score first, then larger id. */
export class WorstFirst {
  private readonly items: Int32Array;
  private readonly scores: Float32Array;
  size = 0;

  constructor(private readonly capacity: number) {
    this.items = new Int32Array(capacity);
    this.scores = new Float32Array(capacity);
  }

  /** Score of the worst one kept; only when there is one. */
  get worstScore(): number {
    return this.scores[0];
  }

  countOf(score: number): number {
    let count = 0;
    for (let n = 0; n < this.size; n += 1) if (this.scores[n] === score) count += 1;
    return count;
  }

  offer(item: number, score: number): void {
    if (this.size < this.capacity) {
      this.rise(item, score);
    } else if (this.capacity > 0 && isWorse(this.items[0], this.scores[0], item, score)) {
      this.sinkFromTop(item, score);
    }
  }

  /** Empties the heap: what it kept, best first. */
  drain(): { readonly items: Int32Array; readonly scores: Float32Array } {
    const items = new Int32Array(this.size);
    const scores = new Float32Array(this.size);
    while (this.size > 0) {
      const last = this.size - 1;
      items[last] = this.items[0];
      scores[last] = this.scores[0];
      this.size = last;
      if (last > 0) this.sinkFromTop(this.items[last], this.scores[last]);
    }
    return { items, scores };
  }

  private rise(item: number, score: number): void {
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isWorse(item, score, this.items[parent], this.scores[parent])) break;
      this.move(parent, at);
      at = parent;
    }
    this.items[at] = item;
    this.scores[at] = score;
  }

  private sinkFromTop(item: number, score: number): void {
    let at = 0;
    for (let child = 1; child < this.size; child = 2 * at + 1) {
      const right = child + 1;
      if (right < this.size && this.isWorseAt(right, child)) child = right;
      if (!isWorse(this.items[child], this.scores[child], item, score)) break;
      this.move(child, at);
      at = child;
    }
    this.items[at] = item;
    this.scores[at] = score;
  }

  private isWorseAt(a: number, b: number): boolean {
    return isWorse(this.items[a], this.scores[a], this.items[b], this.scores[b]);
  }

  private move(from: number, to: number): void {
    this.items[to] = this.items[from];
    this.scores[to] = this.scores[from];
  }
}

function isWorse(itemA: number, scoreA: number, itemB: number, scoreB: number): boolean {
  return scoreA < scoreB || (scoreA === scoreB && itemA > itemB);
}
