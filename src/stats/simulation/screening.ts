import type { Rng } from '../../platform/index.js';
import type { GateWorld } from './gate-world.js';

/** Everything that a simulated run draws of its candidates; position 0 is the baseline. Reused from run to run. */
export class Candidates {
  /** true score */
  readonly truth: Float64Array;
  /** what the users of the search share and of the gate share add to it: the same for every run of a candidate */
  readonly onSearch: Float64Array;
  readonly onGate: Float64Array;
  /** screening score: truth, search users and the luck of one seed */
  readonly screened: Float64Array;
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  /** sd of its runs over seeds */
  readonly seedSd: Float64Array;
  /** luck of its racing seeds, in their order, as far as they were run */
  readonly racingLuck: number[][];
  /** mean luck of the gate seeds, NaN until they are run, and their sd */
  readonly gateLuck: Float64Array;
  readonly gateSpread: Float64Array;

  constructor(readonly count: number) {
    const scores = () => new Float64Array(count + 1);
    this.truth = scores();
    this.onSearch = scores();
    this.onGate = scores();
    this.screened = scores();
    this.seedSd = scores();
    this.racingLuck = Array.from({ length: count + 1 }, () => []);
    this.gateLuck = scores();
    this.gateSpread = scores();
    this.parent = new Int32Array(count + 1);
    this.depth = new Int32Array(count + 1);
  }

  /**
   * Screens candidates [from, to): each mutates the best screening score so far, and is as good as its parent but for the
   * carrier, whose gain its descendants inherit.
   * @param best the best so far
   * @returns the best after them
   */
  screen(
    world: GateWorld,
    rng: Rng,
    from: number,
    to: number,
    best: number,
    carrier: number,
    gain: number,
  ): number {
    const { truth, onSearch, onGate, screened, parent, depth, seedSd, racingLuck, gateLuck } = this;
    const { kinship, unstable } = world;
    const fresh = (Math.sqrt(1 - kinship * kinship) * world.userSe) / Math.SQRT2;
    for (let c = from; c < to; c += 1) {
      parent[c] = best;
      depth[c] = depth[best] + 1;
      truth[c] = truth[best] + (c === carrier ? gain : 0);
      onSearch[c] = kinship * onSearch[best] + fresh * rng.normal();
      onGate[c] = kinship * onGate[best] + fresh * rng.normal();
      seedSd[c] = unstable !== undefined && rng.next() < unstable.share ? unstable.sd : 1;
      screened[c] = truth[c] + onSearch[c] + seedSd[c] * rng.normal();
      racingLuck[c].length = 0;
      gateLuck[c] = Number.NaN;
      if (screened[c] > screened[best]) best = c;
    }
    return best;
  }

  /** Score of a candidate on its n-th racing seed: the same whenever it is asked for. */
  racingScore(rng: Rng, c: number, repeat: number): number {
    const luck = this.racingLuck[c];
    while (luck.length <= repeat) luck.push(this.seedSd[c] * rng.normal());
    return this.truth[c] + this.onSearch[c] + luck[repeat];
  }

  /** Runs a candidate on the gate's seeds. */
  runAtGate(rng: Rng, c: number, seeds: number): void {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < seeds; i += 1) {
      const luck = this.seedSd[c] * rng.normal();
      sum += luck;
      squares += luck * luck;
    }
    this.gateLuck[c] = sum / seeds;
    this.gateSpread[c] = Math.sqrt(Math.max(0, squares - (sum * sum) / seeds) / (seeds - 1));
  }

  /** Draws the baseline, whose luck at the gate comes from its calibration: mean and sd of its first runs. */
  begin(world: GateWorld, rng: Rng, gateLuck: number, gateSpread: number): void {
    this.parent[0] = -1;
    this.depth[0] = 0;
    this.truth[0] = 0;
    this.onSearch[0] = (world.userSe / Math.SQRT2) * rng.normal();
    this.onGate[0] = (world.userSe / Math.SQRT2) * rng.normal();
    this.seedSd[0] = 1;
    this.screened[0] = this.onSearch[0] + rng.normal();
    this.gateLuck[0] = gateLuck;
    this.gateSpread[0] = gateSpread;
  }

  /** Steps from one candidate up to the common ancestor and down to the other. */
  kin(a: number, b: number): number {
    let steps = 0;
    while (a !== b) {
      if (this.depth[a] >= this.depth[b]) a = this.parent[a];
      else b = this.parent[b];
      steps += 1;
    }
    return steps;
  }

  /** The n best screening scores among candidates [1, to), best first. */
  leaders(to: number, n: number): number[] {
    const top: number[] = [];
    for (let c = 1; c < to; c += 1) {
      if (top.length === n && this.screened[c] <= this.screened[top[n - 1]]) continue;
      let at = top.length;
      while (at > 0 && this.screened[top[at - 1]] < this.screened[c]) at -= 1;
      top.splice(at, 0, c);
      if (top.length > n) top.pop();
    }
    return top;
  }
}
