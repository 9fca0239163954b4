/**
 * Hands each task to the member that has the fewest under way, the first of several. A member that cannot work any more is passed over as
 * long as another one can: it would fail at once and always be the least busy.
 */
export class LeastBusy<Member extends { readonly isLost: boolean }> {
  private readonly underWay: number[];

  constructor(readonly members: readonly Member[]) {
    if (members.length === 0) throw new RangeError('nobody is there to work');
    this.underWay = members.map(() => 0);
  }

  async take<T>(task: (member: Member) => Promise<T>): Promise<T> {
    const at = this.next();
    this.underWay[at] += 1;
    try {
      return await task(this.members[at]);
    } finally {
      this.underWay[at] -= 1;
    }
  }

  private next(): number {
    const rank = (at: number): number => (this.members[at].isLost ? Infinity : this.underWay[at]);
    let best = 0;
    for (let at = 1; at < this.members.length; at += 1) if (rank(at) < rank(best)) best = at;
    return best;
  }
}
