/** How fast trials finish, from the first one that was seen on; what was before it is not known. */
export class Pace {
  private first: { readonly seconds: number; readonly done: number } | undefined;
  private last = { seconds: 0, done: 0 };

  constructor(private readonly now: () => number) {}

  /** So many trials are done now. */
  at(done: number): void {
    this.last = { seconds: this.now(), done };
    this.first ??= this.last;
  }

  /** Seconds that so many more would take; undefined before two of them show a pace. */
  secondsFor(trials: number): number | undefined {
    if (this.first === undefined) return undefined;
    const done = this.last.done - this.first.done;
    return done <= 0 ? undefined : ((this.last.seconds - this.first.seconds) / done) * Math.max(0, trials);
  }
}
