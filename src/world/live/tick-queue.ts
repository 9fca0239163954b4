/**
 * Who asks next, by tick: a calendar queue with one list per tick, threaded through the users, since a user has at most one request
 * ahead. Nothing is allocated per request.
 */
export class TickQueue {
  private readonly first: Int32Array;
  private readonly next: Int32Array;
  private due = new Int32Array(64);

  constructor(ticks: number, users: number) {
    this.first = new Int32Array(ticks).fill(-1);
    this.next = new Int32Array(users).fill(-1);
  }

  put(tick: number, user: number): void {
    this.next[user] = this.first[tick];
    this.first[tick] = user;
  }

  /** Empties a tick. @returns its users in order of second, then of number: a view that the next call overwrites */
  take(tick: number, second: Float64Array): Int32Array {
    let count = 0;
    for (let user = this.first[tick]; user >= 0; user = this.next[user]) {
      if (count === this.due.length) {
        const wider = new Int32Array(2 * count);
        wider.set(this.due);
        this.due = wider;
      }
      this.due[count++] = user;
    }
    this.first[tick] = -1;
    return this.due.subarray(0, count).sort((a, b) => second[a] - second[b] || a - b);
  }
}
