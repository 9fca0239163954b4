import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { OnlineService } from '../schema/index.js';
import type { AdmissionCounts, ServedBatch } from '../serving/index.js';

const seconds = [0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What a server says of itself to Prometheus. */
export class ServerMetrics {
  private readonly registry = new Registry();
  private readonly requests = new Counter({
    name: 'automodel_http_requests_total',
    help: 'Requests answered, by route and status.',
    labelNames: ['route', 'status'],
    registers: [this.registry],
  });
  private readonly latency = new Histogram({
    name: 'automodel_http_request_seconds',
    help: 'Time from the headers of a request to its answer.',
    labelNames: ['route', 'status'],
    buckets: seconds,
    registers: [this.registry],
  });
  private readonly batchSize = new Histogram({
    name: 'automodel_batch_size',
    help: 'Requests that were handed to the service together.',
    buckets: [1, 2, 3, 4, 6, 8, 12, 16, 32],
    registers: [this.registry],
  });
  private readonly batchSeconds = new Histogram({
    name: 'automodel_batch_seconds',
    help: 'Time that the service took for a batch.',
    buckets: seconds,
    registers: [this.registry],
  });
  private readonly waited = new Histogram({
    name: 'automodel_queue_seconds',
    help: 'Time that the first request of a batch had waited.',
    buckets: seconds,
    registers: [this.registry],
  });
  private readonly admission = new Gauge({
    name: 'automodel_admission_requests',
    help: 'Requests by what became of them: admitted, shed and expired since the start; waiting and serving now.',
    labelNames: ['state'],
    registers: [this.registry],
  });
  private readonly ready = new Gauge({
    name: 'automodel_ready',
    help: '1 when requests can be answered.',
    registers: [this.registry],
  });
  private readonly serviceGauges = new Map<string, Gauge>();

  /** @param ofTheProcess also CPU, memory, garbage collection and the delay of the event loop */
  constructor(
    private readonly service: OnlineService,
    private readonly counts: () => Readonly<Record<string, AdmissionCounts>>,
    ofTheProcess: boolean,
  ) {
    if (ofTheProcess) collectDefaultMetrics({ register: this.registry });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  answered(route: string, status: number, ms: number): void {
    const labels = { route, status: String(status) };
    this.requests.inc(labels);
    this.latency.observe(labels, ms / 1000);
  }

  served({ size, ms, waitedMs }: ServedBatch): void {
    this.batchSize.observe(size);
    this.batchSeconds.observe(ms / 1000);
    this.waited.observe(waitedMs / 1000);
  }

  /** The text of /metrics. */
  text(): Promise<string> {
    this.ready.set(this.service.readiness().ready ? 1 : 0);
    const totals: Record<string, number> = {};
    for (const counts of Object.values(this.counts()))
      for (const state of ['admitted', 'shed', 'expired', 'waiting', 'serving'] as const)
        totals[state] = (totals[state] ?? 0) + counts[state];
    for (const [state, value] of Object.entries(totals)) this.admission.set({ state }, value);
    for (const [name, value] of Object.entries(this.service.gauges())) this.gauge(name).set(value);
    return this.registry.metrics();
  }

  private gauge(name: string): Gauge {
    const words = name
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replace(/\W+/g, '_')
      .toLowerCase();
    let gauge = this.serviceGauges.get(words);
    if (gauge === undefined) {
      gauge = new Gauge({
        name: `automodel_service_${words}`,
        help: `${name} of the service.`,
        registers: [this.registry],
      });
      this.serviceGauges.set(words, gauge);
    }
    return gauge;
  }
}
