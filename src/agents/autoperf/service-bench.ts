import { basename } from 'node:path';
import { cpuUsage } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { withCandidates, type Composition } from '../../pipeline/index.js';
import { clock, Rng } from '../../platform/index.js';
import type { CtrDataset, RecommendRequest, RecommendResponse, ServingPlan } from '../../schema/index.js';
import type { DeployableService } from '../serving/deployable-service.js';
import { formatQuality } from './format-quality.js';
import { formatKey, keyOf } from './plan-key.js';
import type { Format, PlanBench, TimedRequests } from './plan-serving.js';

export interface ServiceBenchOptions {
  /** opened for this alone: its event log gets the requests of the measurement */
  readonly service: DeployableService;
  /** folder of the artefact */
  readonly artefact: string;
  readonly composition: Composition;
  /** validation rows of the artefact's dataset, for what rounding costs */
  readonly dataset: CtrDataset;
  /** one per user, the same for every plan */
  readonly requests: readonly RecommendRequest[];
  readonly metricMargin: number;
  /** how long a plan is loaded; default 5 */
  readonly loadSeconds?: number;
  readonly signal: AbortSignal;
}

/** A plan as the service of this process carries it out. What HTTP adds (bench:serving measures it) is not in it. */
export class ServiceBench implements PlanBench {
  private readonly bytes = new Map<string, number>();
  /** versions that are live, by plan */
  private readonly live = new Map<string, string>();

  constructor(private readonly options: ServiceBenchOptions) {}

  async time(plan: ServingPlan, round: number, rounds: number): Promise<TimedRequests> {
    await this.serveWith(plan);
    const { requests } = this.options;
    // Every round has requests of its own, the same ones for every plan.
    const own =
      requests.length < rounds ? requests : requests.filter((_, n) => n % rounds === Math.max(0, round));
    const wallMs: number[] = [];
    const before = cpuUsage();
    for (const request of own) {
      const begun = clock.monotonicMs();
      await this.ask(request);
      wallMs.push(clock.monotonicMs() - begun);
    }
    const { user, system } = cpuUsage(before);
    return { wallMs, cpuMs: (user + system) / 1000 / own.length };
  }

  async underLoad(plan: ServingPlan, rate: number): Promise<number[]> {
    await this.serveWith(plan);
    const { requests, loadSeconds = 5, signal } = this.options;
    const rng = new Rng(['under-load', rate]);
    const begun = clock.monotonicMs();
    const answers: Promise<number>[] = [];
    let dueMs = 0;
    for (let n = 0; ; n += 1) {
      dueMs += (-Math.log(1 - rng.next()) * 1000) / rate;
      if (dueMs > loadSeconds * 1000) break;
      const waitMs = begun + dueMs - clock.monotonicMs();
      if (waitMs > 1) await sleep(waitMs, undefined, { signal });
      const arrivedMs = begun + dueMs;
      // From when it was due, so that a busy loop cannot hide behind its own delay.
      answers.push(this.ask(requests[n % requests.length]).then(() => clock.monotonicMs() - arrivedMs));
    }
    return Promise.all(answers);
  }

  async answers(plan: ServingPlan): Promise<readonly RecommendResponse[]> {
    await this.serveWith(plan);
    const { service, requests } = this.options;
    const all: RecommendResponse[] = [];
    for (const request of requests) all.push(...(await service.recommend([{ ...request, explain: true }])));
    return all;
  }

  async memoryMb(plan: ServingPlan): Promise<number> {
    const key = `${formatKey(plan)} ${plan.modelInstances}`;
    if (!this.bytes.has(key)) {
      const version = await this.serveWith(plan);
      const { modelBytes, itemBytes, stateBytes } = this.options.service.describe(version);
      this.bytes.set(key, modelBytes + itemBytes + stateBytes);
    }
    return (this.bytes.get(key) ?? 0) / 2 ** 20;
  }

  async release(): Promise<void> {
    const { service } = this.options;
    service.assignBy(undefined);
    const { version: usual } = service.readiness();
    for (const version of new Set(this.live.values())) if (version !== usual) await service.retire(version);
    this.live.clear();
  }

  async formatQuality(format: Format) {
    if (format.precision === 'float32' && format.tables === 'float32') return undefined;
    const { artefact, dataset, metricMargin } = this.options;
    return formatQuality(artefact, format, dataset, metricMargin);
  }

  private async ask(request: RecommendRequest): Promise<void> {
    this.options.signal.throwIfAborted();
    await this.options.service.recommend([request]);
  }

  /** Has requests answered as the plan says, with a version that stays live until `release`. */
  private async serveWith(plan: ServingPlan): Promise<string> {
    const { service, artefact, composition } = this.options;
    const { candidates, modelThreads: threads, modelInstances: instances, ...rest } = plan;
    const key = keyOf(plan);
    const version =
      this.live.get(key) ??
      (await service.deploy({
        artefact: basename(artefact),
        composition: withCandidates(composition, candidates),
        resources: { threads, instances, ...rest },
        makeDefault: false,
      }));
    this.live.set(key, version);
    service.assignBy(() => ({ variants: {}, version }));
    return version;
  }
}
