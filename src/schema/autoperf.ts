import { z } from 'zod';

/** What AutoPerf decides and what it says of it: the resources that serve one composition with one model. */

/** How products of weights are computed. */
export const Precision = z.enum(['float32', 'int8']);
export type Precision = z.infer<typeof Precision>;

/** How embedding tables are kept in memory. */
export const TableStorage = z.enum(['float32', 'float16', 'int8']);
export type TableStorage = z.infer<typeof TableStorage>;

/** How far ONNX Runtime rewrites a graph when it opens it; the usual level first. */
export const graphOptimisations = ['all', 'extended', 'basic', 'disabled'] as const;
export const GraphOptimisation = z.enum(graphOptimisations);
export type GraphOptimisation = z.infer<typeof GraphOptimisation>;

export const ServingPlan = z.strictObject({
  /** of products with weights inside the graph */
  precision: Precision,
  /** of embedding tables */
  tables: TableStorage,
  /** threads of one forward pass */
  modelThreads: z.number().int().min(1).max(256),
  /** the model so many times, each on threads of its own: requests that overlap are ranked side by side */
  modelInstances: z.number().int().min(1).max(64),
  /** of the graph by ONNX Runtime */
  optimisation: GraphOptimisation,
  /** candidates that go to the ranking model at most */
  candidates: z.number().int().min(1).max(10_000),
});
export type ServingPlan = z.infer<typeof ServingPlan>;

/** What a user allows. A limit that is left out does not bind. */
export const PerfLimits = z.strictObject({
  /** requests per second that must be served, Poisson */
  rate: z.number().positive(),
  /** milliseconds from arrival to answer, 99th percentile at that rate */
  p99Ms: z.number().positive().optional(),
  /** MiB of tables and weights, the encoded catalogue, histories and remembered ids, all threads together */
  memoryMb: z.number().positive().optional(),
  /** of processor time, in the currency of `pricePerCoreHour` */
  costPerThousand: z.number().positive().optional(),
  /** what a core costs for an hour */
  pricePerCoreHour: z.number().positive().default(0.04),
  /** how much of the primary metric rounding may cost at most, absolute */
  metricMargin: z.number().positive().default(0.001),
  /** which share of the value of an answer fewer candidates may cost at most */
  valueMargin: z.number().positive().max(1).default(0.01),
});
export type PerfLimits = z.infer<typeof PerfLimits>;
export type PerfLimitsInput = z.input<typeof PerfLimits>;

export const limitNames = ['p99', 'memory', 'cost', 'quality'] as const;
export type LimitName = (typeof limitNames)[number];

/** A limit that a plan breaks: what it is and what is allowed, in the limit's own unit. */
export const BrokenLimit = z.object({
  limit: z.enum(limitNames),
  is: z.number().nullable(),
  allowed: z.number(),
});
export type BrokenLimit = z.infer<typeof BrokenLimit>;

/** Quality of a plan against the reference (float32, most candidates), larger is better. */
export const PlanQuality = z.object({
  /** the task's primary metric, or `value@10`: share of the summed probabilities of an answer's first ten items */
  metric: z.string(),
  /** plan minus reference */
  difference: z.number(),
  /** one-sided 95 % lower bound of the difference over users */
  lower: z.number(),
  users: z.number().int().nonnegative(),
  /** loss that is allowed: `lower` must not lie further below zero */
  margin: z.number().positive(),
});
export type PlanQuality = z.infer<typeof PlanQuality>;

export const PlanFigures = z.object({
  plan: ServingPlan,
  /** of one request at a time, milliseconds */
  serviceMs: z.number().nonnegative(),
  /** at the wanted rate; null where the queue would only grow */
  p50Ms: z.number().nonnegative().nullable(),
  p99Ms: z.number().nonnegative().nullable(),
  utilisation: z.number().nonnegative(),
  memoryMb: z.number().nonnegative(),
  costPerThousand: z.number().nonnegative(),
  /** what was compared with the reference; empty of the reference itself */
  quality: z.array(PlanQuality),
  /** empty: the plan keeps every limit */
  breaks: z.array(BrokenLimit),
});
export type PlanFigures = z.infer<typeof PlanFigures>;

/** What single requests cost in one format on a number of threads. */
export const ServiceKernel = z.object({
  precision: Precision,
  tables: TableStorage,
  modelThreads: z.number().int(),
  optimisation: GraphOptimisation,
  /** milliseconds of a request before its first candidate, and of each candidate */
  requestMs: z.number().nonnegative(),
  candidateMs: z.number().nonnegative(),
  /** largest |measured - predicted| / measured over the numbers of candidates that were tried */
  error: z.number().nonnegative(),
  /** what the slope amounts to; null where the work of a candidate is not known */
  flopsPerSecond: z.number().positive().nullable(),
});
export type ServiceKernel = z.infer<typeof ServiceKernel>;

export const PlanServingResult = z.object({
  model: z.string(),
  artefact: z.string(),
  /** those that applied; null: no limit */
  limits: z.object({
    rate: z.number(),
    p99Ms: z.number().nullable(),
    memoryMb: z.number().nullable(),
    costPerThousand: z.number().nullable(),
    pricePerCoreHour: z.number(),
    metricMargin: z.number(),
    valueMargin: z.number(),
  }),
  machine: z.object({ threads: z.number().int() }),
  /** different requests that single plans were timed with */
  requests: z.number().int(),
  /** as trained, all candidates, one instance on one thread */
  reference: PlanFigures,
  /** the cheapest plan that keeps every limit */
  chosen: PlanFigures,
  measured: z.array(PlanFigures),
  hopeless: z.number().int().nonnegative(),
  kernels: z.array(ServiceKernel),
  /** pipeline.json and serving.json were written */
  applied: z.boolean(),
  /** id of the experiment that was written into a file, to ramp the plan; null: none was asked for, or nothing is cheaper */
  experiment: z.string().nullable(),
});
export type PlanServingResult = z.infer<typeof PlanServingResult>;
