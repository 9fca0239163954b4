import { z } from 'zod';

/** Words of the online half: what is asked of a recommender, what it answers, and what its users then do. */

const Id = z.string().min(1).max(256);
const AtMs = z.number().int().nonnegative().max(8.64e15);

/** Kinds of events that the server writes itself; clients cannot send them. */
export const serverEventKinds = ['served', 'exposure'] as const;

/** What happened, as a client reports it or the server notes it. */
export const ServedEvent = z.strictObject({
  /** names the event: reported twice, it counts once */
  id: Id,
  /** milliseconds since 1970 in UTC */
  atMs: AtMs,
  user: Id,
  /** what the event is about; a `served` or `exposure` event has none */
  item: Id.optional(),
  /** impression, click, like, hide, purchase, ...; `served` and `exposure` are the server's own */
  kind: z.string().min(1).max(64),
  /** the request that showed the item */
  requestId: Id.optional(),
  /** place in the answer, from 0 */
  position: z.number().int().nonnegative().optional(),
  /** dwell seconds, price, rating, ... */
  value: z.number().optional(),
  /** whatever else is known */
  more: z.record(z.string(), z.unknown()).optional(),
});
export type ServedEvent = z.infer<typeof ServedEvent>;

/**
 * What the server notes in `more` of an `exposure`, the event that says when a user first met a variant. Readers ask for no more than
 * experiment and variant: logs of earlier versions have no epoch, and those of other servers may have neither version nor epoch.
 */
export const ExposureNote = z.object({
  experiment: z.string(),
  variant: z.string(),
  version: z.string().optional(),
  /** number of the allocation that put the user there, from 0; where it is left out, the moment of the event says it */
  epoch: z.number().int().nonnegative().optional(),
});
export type ExposureNote = z.infer<typeof ExposureNote>;

export const RecommendRequest = z.strictObject({
  /** made by the server where it is left out; a repeated id has the same answer as long as nothing else changed */
  requestId: Id.optional(),
  user: Id,
  /** items wanted */
  limit: z.number().int().min(1).max(500).default(10),
  /** moment of the request; now where it is left out */
  atMs: AtMs.optional(),
  /** columns of the event table and of the user's table that the client knows better than the server */
  context: z.record(z.string(), z.unknown()).default({}),
  /** only these items may come; the whole catalogue where it is left out */
  candidates: z.array(Id).min(1).max(10_000).optional(),
  /** items that must not come, beside those that the user has seen */
  exclude: z.array(Id).max(10_000).default([]),
  /** say of every item which channels recalled it and what its score is made of */
  explain: z.boolean().default(false),
});
export type RecommendRequest = z.infer<typeof RecommendRequest>;

export const RecommendedItem = z.object({
  item: Id,
  /** place in the answer, from 0 */
  position: z.number().int().nonnegative(),
  score: z.number(),
  /** chance that the policy puts this item at this place, given the places before; 1 without exploration */
  propensity: z.number().gt(0).max(1),
  explanation: z
    .object({
      channels: z.array(
        z.object({ channel: z.string(), score: z.number(), rank: z.number().int().nonnegative() }),
      ),
      parts: z.record(z.string(), z.number()),
    })
    .optional(),
});
export type RecommendedItem = z.infer<typeof RecommendedItem>;

export const RecommendResponse = z.object({
  requestId: Id,
  user: Id,
  /** names composition and artefact that answered */
  version: z.string(),
  /** arm of the user in every experiment that held this request, by experiment */
  variants: z.record(z.string(), z.string()),
  items: z.array(RecommendedItem),
});
export type RecommendResponse = z.infer<typeof RecommendResponse>;

export const RankRequest = z.strictObject({
  requestId: Id.optional(),
  user: Id,
  items: z.array(Id).min(1).max(10_000),
  atMs: AtMs.optional(),
  context: z.record(z.string(), z.unknown()).default({}),
});
export type RankRequest = z.infer<typeof RankRequest>;

export const RankResponse = z.object({
  requestId: Id,
  user: Id,
  version: z.string(),
  /** in the order of the request; an item that the catalogue does not know is scored as an unknown one */
  scores: z.array(z.object({ item: Id, score: z.number(), known: z.boolean() })),
});
export type RankResponse = z.infer<typeof RankResponse>;

export interface Appended {
  readonly stored: number;
  /** events whose id had been reported before */
  readonly repeated: number;
}

/** Gives items for requests. Implemented by a served pipeline, in process and over HTTP, and by simple policies. */
export interface Recommender {
  /** Answers in the order of the requests; those of one call may share a forward pass. */
  recommend(requests: readonly RecommendRequest[]): Promise<readonly RecommendResponse[]>;
}

/** Takes what users did. */
export interface EventSink {
  /** Resolves when all of it is durable, and users' states know of it. */
  append(events: readonly ServedEvent[]): Promise<Appended>;
}

/** What shall answer from now on; what is left out stays as it is. */
export const DeployRequest = z.strictObject({
  /** hash of an artefact of the project, or its beginning */
  artefact: z.string().min(1).max(64).optional(),
  /** content of a pipeline.json */
  pipeline: z.record(z.string(), z.unknown()).optional(),
});
export type DeployRequest = z.infer<typeof DeployRequest>;

export const DeployResponse = z.object({
  /** what answers now, and what did before */
  version: z.string(),
  previous: z.string(),
});
export type DeployResponse = z.infer<typeof DeployResponse>;

/** What a face may ask of a served pipeline. */
export interface OnlineService extends Recommender, EventSink {
  rank(request: RankRequest): Promise<RankResponse>;
  /** Whether requests can be answered now, and why not. */
  readiness(): { readonly ready: boolean; readonly reason?: string; readonly version: string };
  /** Counts and gauges of the service by name, for metrics: users, items, events, model milliseconds, ... */
  gauges(): Readonly<Record<string, number>>;
  /** Finishes what is under way, takes a snapshot and frees everything. */
  close(): Promise<void>;
}

/** A service as a server puts it on the network. */
export interface HostedService extends OnlineService {
  /**
   * Loads another version beside the one that answers and then changes over; no request fails. Absent where nothing can be
   * changed. Rejects with an AutoModelError, and with nothing changed, when the new version cannot be had.
   */
  deploy?(request: DeployRequest): Promise<DeployResponse>;
  /** Requests that it ranks side by side at present; default 1. More at once only wait inside. */
  sideBySide?(): number;
}
