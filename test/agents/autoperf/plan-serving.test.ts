import { describe, expect, it } from 'vitest';
import {
  planServing,
  type Format,
  type PlanBench,
  type PlanGrid,
} from '../../../src/agents/autoperf/plan-serving.js';
import { Rng } from '../../../src/platform/index.js';
import { PerfLimits, type RecommendResponse, type ServingPlan } from '../../../src/schema/index.js';

const grid: PlanGrid = {
  formats: [
    { precision: 'float32', tables: 'float32' },
    { precision: 'int8', tables: 'float32' },
    { precision: 'int8', tables: 'float16' },
  ],
  cores: 2,
  modelThreads: [1, 2],
  modelInstances: [1, 2],
  candidates: [500, 400, 300, 200, 100],
};
const single = { modelThreads: 1, modelInstances: 1, optimisation: 'all' };
const doubled = { ...single, modelInstances: 2 };
const threaded = { ...single, modelThreads: 2 };
const exactFormat = { precision: 'float32', tables: 'float32' };
const io = { onProgress: () => undefined };
const limits = (given: Partial<PerfLimits>): PerfLimits => PerfLimits.parse({ rate: 60, ...given });

interface Machine {
  readonly int8Loss?: number;
  /** share of an answer's value that is lost below 300 candidates */
  readonly valueLoss?: number;
  /** factor of the time by graph optimisation */
  readonly levels?: (plan: ServingPlan) => number;
  /** factor by which load slows requests beyond the queue */
  readonly underLoad?: (plan: ServingPlan) => number;
  /** how much slower everything is at the nth time that something is timed */
  readonly disturbed?: (nth: number) => number;
}

/** A machine whose times are known: 1 ms + 10 µs a candidate, in int8 4 µs; two threads take 0.6 of the time and a fifth more work, a second instance 15 MiB. */
class KnownMachine implements PlanBench {
  readonly calls: string[] = [];
  released = 0;
  private readonly rng = new Rng(4);

  constructor(private readonly machine: Machine = {}) {}

  static serviceMs({ precision, tables, modelThreads, candidates }: ServingPlan): number {
    const decoding = tables === 'float16' ? 1.08 : 1;
    return (
      decoding * (modelThreads === 2 ? 0.6 : 1) * (1 + candidates * (precision === 'int8' ? 0.004 : 0.01))
    );
  }

  async time(plan: ServingPlan) {
    this.note('time', plan);
    const slower = this.machine.disturbed?.(this.calls.length) ?? 1;
    const ms = slower * (this.machine.levels?.(plan) ?? 1) * KnownMachine.serviceMs(plan);
    const wallMs = Array.from({ length: 50 }, () => ms * (0.95 + 0.1 * this.rng.next()));
    return { wallMs, cpuMs: ms * (plan.modelThreads === 2 ? 2 : 1) };
  }

  async release() {
    this.released += 1;
  }

  async underLoad(plan: ServingPlan, rate: number) {
    this.note('load', plan);
    const factor = this.machine.underLoad?.(plan) ?? 1;
    const busy = (rate * KnownMachine.serviceMs(plan)) / 1000 / plan.modelInstances;
    return Array.from(
      { length: 200 },
      (_, i) => factor * KnownMachine.serviceMs(plan) * (1 + (busy * i) / 100),
    );
  }

  async answers({ candidates }: ServingPlan): Promise<RecommendResponse[]> {
    const kept = candidates < 300 ? 1 - (this.machine.valueLoss ?? 0) : 1;
    const logit = (p: number): number => Math.log(p / (1 - p));
    return Array.from({ length: 30 }, (_, user) => ({
      requestId: `r${user}`,
      user: `u${user}`,
      version: 'v',
      variants: {},
      items: [
        {
          item: 'a',
          position: 0,
          score: 1,
          propensity: 1,
          explanation: { channels: [], parts: { model: logit((0.2 + 0.01 * user) * kept) } },
        },
      ],
    }));
  }

  async memoryMb({ tables, modelInstances }: ServingPlan): Promise<number> {
    return (tables === 'float16' ? 45 : 85) + 15 * modelInstances;
  }

  async formatQuality({ precision }: Format) {
    if (precision === 'float32') return undefined;
    const loss = this.machine.int8Loss ?? 0;
    return { metric: 'auc', difference: -loss, lower: -loss - 1e-5, users: 900, margin: 0.001 };
  }

  private note(what: string, { precision, modelThreads, candidates }: ServingPlan): void {
    this.calls.push(`${what} ${precision} ${modelThreads} ${candidates}`);
  }
}

describe('planServing', () => {
  it('finds the cheapest plan that keeps quality, and its own lines predict the machine', async () => {
    const bench = new KnownMachine({ valueLoss: 0.1 });
    const { chosen, kernels, reference } = await planServing(bench, grid, limits({ p99Ms: 40 }), io, 5000);
    expect(chosen?.plan).toEqual({ precision: 'int8', tables: 'float32', ...single, candidates: 300 });
    expect(chosen?.costPerThousand).toBeCloseTo((2.2 * 0.04) / 3600, 6);
    expect(reference.plan).toEqual({ ...exactFormat, ...single, candidates: 500 });
    const slopes = kernels.map(({ model }) => model.candidateMs);
    for (const [i, slope] of [0.01, 0.006, 0.004, 0.0024, 0.00432, 0.002592].entries())
      expect(Math.abs(slopes[i] / slope - 1)).toBeLessThan(0.05);
    expect(kernels[2].model.flopsPerSecond).toBeGreaterThan(2 * kernels[0].model.flopsPerSecond!);
  });

  it('draws the same lines on a machine that grows slower all the time', async () => {
    const loaded = new KnownMachine({ valueLoss: 0.1, disturbed: (nth) => 1 + nth / 40 });
    const { chosen, kernels } = await planServing(loaded, grid, limits({ p99Ms: 200 }), io, 5000);
    expect(loaded.calls.length).toBeGreaterThan(100);
    expect(chosen?.plan).toEqual({ precision: 'int8', tables: 'float32', ...single, candidates: 300 });
    const [first] = kernels;
    for (const [i, slope] of [0.01, 0.006, 0.004, 0.0024, 0.00432, 0.002592].entries()) {
      const ratio = kernels[i].model.candidateMs / first.model.candidateMs;
      expect(Math.abs((ratio * 0.01) / slope - 1)).toBeLessThan(0.12);
    }
    // One after the other, the last kernel would have been timed at three times the price of the first.
    expect(1 + loaded.calls.length / 40).toBeGreaterThan(3);
    expect(loaded.released).toBeGreaterThan(5);
  });

  it('takes fewer candidates where answers lose nothing, and float32 where rounding costs too much', async () => {
    const none = await planServing(new KnownMachine(), grid, limits({}), io);
    expect(none.chosen?.plan).toEqual({
      precision: 'int8',
      tables: 'float32',
      ...single,
      candidates: 100,
    });
    const rounded = new KnownMachine({ int8Loss: 0.004 });
    const exact = await planServing(rounded, grid, limits({}), io);
    expect(exact.chosen?.plan).toEqual({ ...exactFormat, ...single, candidates: 100 });
    expect(exact.measured.some(({ plan }) => plan.precision === 'int8')).toBe(false);
    expect(exact.hopeless).toBe(30);
  });

  it('uses a second thread where one cannot keep up', async () => {
    const bench = new KnownMachine({ valueLoss: 0.1, int8Loss: 0.1 });
    const one = { ...grid, modelInstances: [1] };
    const { chosen } = await planServing(bench, one, limits({ rate: 300 }), io);
    expect(chosen?.plan).toEqual({ ...exactFormat, ...threaded, candidates: 300 });
    const tight = await planServing(
      new KnownMachine({ valueLoss: 0.1, int8Loss: 0.1 }),
      one,
      limits({ rate: 300, memoryMb: 90 }),
      io,
    );
    expect(tight.chosen).toBeUndefined();
  });

  it('uses a second instance rather than a thread: as many requests side by side for less work', async () => {
    const bench = new KnownMachine({ valueLoss: 0.1, int8Loss: 0.1 });
    const { chosen, reference, measured } = await planServing(bench, grid, limits({ rate: 300 }), io);
    expect(chosen?.plan).toEqual({ ...exactFormat, ...doubled, candidates: 300 });
    expect(chosen?.memoryMb).toBe(reference.memoryMb + 15);
    // Of one request at a time only one instance works: it costs what it costs, and it is not timed again.
    const [one] = reference.breaks;
    expect(one.limit).toBe('p99');
    expect(chosen!.serviceMs).toBeCloseTo(4, 1);
    for (const { plan } of measured)
      expect(plan.modelThreads * plan.modelInstances).toBeLessThanOrEqual(grid.cores);
  });

  it('has no room for a second instance where memory is the limit', async () => {
    const bench = new KnownMachine({ valueLoss: 0.1, int8Loss: 0.1 });
    const { chosen } = await planServing(bench, grid, limits({ rate: 300, memoryMb: 110 }), io);
    expect(chosen?.plan).toEqual({ ...exactFormat, ...threaded, candidates: 300 });
  });

  it('has each precision’s graph optimised as far as it gains by it', async () => {
    // int8 is quicker by a tenth where less is rewritten; float32 is not.
    const levels = ({ precision, optimisation }: ServingPlan): number =>
      precision === 'int8' ? { all: 1, extended: 1.3, basic: 0.9, disabled: 0.95 }[optimisation] : 1;
    const bench = new KnownMachine({ valueLoss: 0.1, levels });
    const { chosen, kernels, reference } = await planServing(bench, grid, limits({}), io);
    expect(chosen?.plan).toEqual({
      precision: 'int8',
      tables: 'float32',
      ...single,
      optimisation: 'basic',
      candidates: 300,
    });
    expect(reference.plan.optimisation).toBe('all');
    for (const { precision, optimisation } of kernels)
      expect(optimisation).toBe(precision === 'int8' ? 'basic' : 'all');
    // control: a machine on which the level changes nothing keeps what is usual
    const { kernels: usual } = await planServing(new KnownMachine(), grid, limits({}), io);
    expect(new Set(usual.map(({ optimisation }) => optimisation))).toEqual(new Set(['all']));
  });

  it('keeps tables in half the memory where memory is the limit', async () => {
    const bench = new KnownMachine({ valueLoss: 0.1 });
    const { chosen } = await planServing(bench, grid, limits({ memoryMb: 80 }), io);
    expect(chosen?.plan).toEqual({ precision: 'int8', tables: 'float16', ...single, candidates: 300 });
  });

  it('believes the measurement under load rather than the queue', async () => {
    const bench = new KnownMachine({ underLoad: ({ precision }) => (precision === 'int8' ? 50 : 1) });
    const { chosen, measured } = await planServing(bench, grid, limits({ p99Ms: 20 }), io);
    expect(chosen?.plan.precision).toBe('float32');
    expect(measured.some(({ plan, breaks }) => plan.precision === 'int8' && breaks[0].limit === 'p99')).toBe(
      true,
    );
  });

  it('does not measure what is hopeless, and chooses nothing then', async () => {
    const bench = new KnownMachine();
    const search = await planServing(bench, grid, limits({ p99Ms: 0.5 }), io);
    expect(search.chosen).toBeUndefined();
    expect(search.hopeless).toBe(45);
    expect(bench.calls.some((call) => call.startsWith('load'))).toBe(false);
    expect(search.measured).toHaveLength(1);
  });
});
