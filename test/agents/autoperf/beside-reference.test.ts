import { describe, expect, it } from 'vitest';
import { BesideReference } from '../../../src/agents/autoperf/beside-reference.js';
import { Rng } from '../../../src/platform/index.js';
import type { ServingPlan } from '../../../src/schema/index.js';

const plan = (modelThreads: number, candidates: number): ServingPlan => ({
  precision: 'float32',
  tables: 'float32',
  modelThreads,
  modelInstances: 1,
  optimisation: 'all',
  candidates,
});
const [reference, small, two, narrow] = [plan(1, 500), plan(1, 100), plan(2, 500), plan(2, 100)];

/** Milliseconds of a plan where nothing else runs. */
const quiet = ({ modelThreads, candidates }: ServingPlan): number => (1 + candidates / 100) / modelThreads;

/** A machine that gets slower and slower, as another program takes hold of it. */
class SlowingMachine {
  readonly timed: [ServingPlan, number][] = [];
  released = 0;
  private pace = 1;

  constructor(private readonly slowerEachRound = 1.5) {}

  async time(given: ServingPlan, round: number): Promise<{ wallMs: number[]; cpuMs: number }> {
    if (this.timed.at(-1)?.[1] !== round) this.pace *= this.slowerEachRound;
    this.timed.push([given, round]);
    const rng = new Rng(['request', round]);
    const wallMs = Array.from({ length: 9 }, () => this.pace * quiet(given) * (1 + 0.1 * rng.next()));
    return { wallMs, cpuMs: 2 * this.pace * quiet(given) };
  }

  async release(): Promise<void> {
    this.released += 1;
  }
}
const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

describe('BesideReference', () => {
  it('keeps the ratios of plans where the machine gets slower while they are timed', async () => {
    const machine = new SlowingMachine();
    const times = await new BesideReference(machine, reference).of([reference, small, two]);
    for (const [i, own] of [reference, small, two].entries()) {
      expect(times[i].cpuMs / times[0].cpuMs).toBeCloseTo(quiet(own) / quiet(reference), 10);
      expect(middle(times[i].wallMs) / middle(times[0].wallMs)).toBeCloseTo(
        quiet(own) / quiet(reference),
        10,
      );
    }
  });

  it('brings what is timed later to the pace of the first time', async () => {
    const machine = new SlowingMachine();
    const beside = new BesideReference(machine, reference);
    const [first] = await beside.of([reference]);
    const [later] = await beside.of([narrow]);
    expect(later.cpuMs / first.cpuMs).toBeCloseTo(quiet(narrow) / quiet(reference), 10);
    expect(middle(later.wallMs) / middle(first.wallMs)).toBeCloseTo(quiet(narrow) / quiet(reference), 1);
    // What the clock said of it was many times more.
    const { cpuMs } = await machine.time(narrow, 99);
    expect(cpuMs / first.cpuMs).toBeGreaterThan((10 * quiet(narrow)) / quiet(reference));
  });

  it('times every plan once, in turns with the reference, and closes what it opened', async () => {
    const machine = new SlowingMachine(1);
    const beside = new BesideReference(machine, reference);
    const [a] = await beside.of([small]);
    expect(machine.released).toBe(1);
    const timed = machine.timed.length;
    const [again, own] = await beside.of([small, reference]);
    expect(again).toEqual(a);
    expect(machine.timed.length).toBe(timed);
    expect(own.cpuMs).toBeGreaterThan(0);
    for (const round of new Set(machine.timed.map(([, own]) => own)))
      expect(new Set(machine.timed.flatMap(([given, of]) => (of === round ? [given] : [])))).toEqual(
        new Set([reference, small]),
      );
  });
});
