import { cpus } from 'node:os';
import { HeldProcess } from '../../execution/index.js';
import { clock, config as machine, workerEntry } from '../../platform/index.js';
import type { Assignment, TrainingPlan } from '../../schema/index.js';
import type { StepTimes } from '../../training/index.js';

/** What AutoPerf may do with the machine and a training. */
export interface TrainingBench {
  /** Lets all trainings of a plan make steps at once, for a moment. */
  run(plan: TrainingPlan): Promise<TrainingWindow>;
  /** Of one training with this batch size, in a process of its own that scores validation once too. */
  footprint(batchSize: number): Promise<TrainingFootprint>;
  /** Closes what `run` has opened. */
  release(): Promise<void>;
}

export interface TrainingWindow {
  /** of all trainings together */
  readonly rowsPerSecond: number;
  /** processor time of all threads over wall time */
  readonly coresBusy: number;
  readonly rowsPerCoreSecond: number;
  /** cores that other programs kept busy meanwhile; undefined where only some of the machine's cores are ours */
  readonly othersBusy: number | undefined;
  /** of each training */
  readonly times: readonly StepTimes[];
}

export interface TrainingFootprint {
  /** MiB of resident memory at the most */
  readonly memoryMb: number;
  readonly evaluationMs: number;
  readonly rowsPerEpoch: number;
  /** of one step by the graph's own count */
  readonly stepCost: { readonly flops: number; readonly bytes: number };
}

/** What a step worker answers. */
export interface StepReply extends StepTimes {
  readonly cpuMs: number;
  readonly evaluationMs?: number;
  readonly peakMb: number;
  readonly rowsPerEpoch: number;
  readonly stepCost: { readonly flops: number; readonly bytes: number };
}

/** Milliseconds that all cores together were not idle so far; undefined where some of them are not ours to use. */
function busyMs(): number | undefined {
  const all = cpus();
  if (all.length !== machine.threads) return undefined;
  return all.reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

export interface ProcessBenchOptions {
  readonly datasetDir: string;
  readonly model: string;
  readonly assignment: Assignment;
  /** how long trainings make steps before another plan's turn, milliseconds */
  readonly windowMs: number;
  readonly signal: AbortSignal;
}

/** Steps in one turn at least, however long they take. */
const LEAST_STEPS = 2;

/** Trainings in processes of their own, as trial workers are. A plan of n trainings uses the first n. */
export class ProcessBench implements TrainingBench {
  private readonly processes: HeldProcess[] = [];

  constructor(private readonly options: ProcessBenchOptions) {}

  async run(plan: TrainingPlan): Promise<TrainingWindow> {
    const { workers, batchSize, threads, prefetch } = plan;
    while (this.processes.length < workers) this.processes.push(this.newProcess());
    const { windowMs } = this.options;
    const request = this.request({ batchSize, threads, prefetch, ms: windowMs });
    // What is not open yet is opened first, so that all make their steps at the same time.
    await this.all(workers, { ...request, ms: 0, least: 1 });
    const begun = clock.monotonicMs();
    const before = busyMs();
    const replies = await this.all(workers, request);
    const after = busyMs();
    const elapsedMs = clock.monotonicMs() - begun;
    const sum = (of: (reply: StepReply) => number): number => replies.reduce((s, one) => s + of(one), 0);
    return {
      rowsPerSecond: sum(({ rows, wallMs }) => (1000 * rows) / wallMs),
      coresBusy: sum(({ cpuMs, wallMs }) => cpuMs / wallMs),
      rowsPerCoreSecond: (1000 * sum(({ rows }) => rows)) / sum(({ cpuMs }) => cpuMs),
      othersBusy:
        before === undefined || after === undefined
          ? undefined
          : Math.max(0, (after - before - sum(({ cpuMs }) => cpuMs)) / elapsedMs),
      times: replies,
    };
  }

  async footprint(batchSize: number): Promise<TrainingFootprint> {
    const alone = this.newProcess();
    try {
      const request = this.request({ batchSize, threads: 1, prefetch: 1, ms: 0 });
      const { peakMb, evaluationMs, rowsPerEpoch, stepCost } = (await alone.ask(
        { ...request, evaluates: true },
        { signal: this.options.signal },
      )) as StepReply;
      return { memoryMb: peakMb, evaluationMs: evaluationMs ?? 0, rowsPerEpoch, stepCost };
    } finally {
      await alone.close();
    }
  }

  async release(): Promise<void> {
    const { signal } = this.options;
    await Promise.all(this.processes.map((process) => process.ask({ kind: 'close' }, { signal })));
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.splice(0).map((process) => process.close()));
  }

  private all(workers: number, request: object): Promise<StepReply[]> {
    const { signal } = this.options;
    const first = this.processes.slice(0, workers);
    return Promise.all(first.map(async (process) => (await process.ask(request, { signal })) as StepReply));
  }

  private request(more: object) {
    const { datasetDir, model, assignment } = this.options;
    return { kind: 'make', datasetDir, model, assignment, least: LEAST_STEPS, evaluates: false, ...more };
  }

  private newProcess(): HeldProcess {
    return new HeldProcess({ entry: workerEntry('agents/autoperf/step-worker') });
  }
}
