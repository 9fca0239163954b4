import { z } from 'zod';
import {
  DeployRequest,
  DeployResponse,
  RankRequest,
  RankResponse,
  RecommendRequest,
  RecommendResponse,
  ServedEvent,
  serverEventKinds,
} from '../schema/index.js';

/** Bodies of requests and answers: what is checked is what /openapi.json shows. */

const theServersOwn: readonly string[] = serverEventKinds;

/** An event as clients report it. */
export const ClientEvent = ServedEvent.extend({
  atMs: ServedEvent.shape.atMs
    .optional()
    .describe('Milliseconds since 1970 in UTC; the moment of arrival where left out.'),
  kind: ServedEvent.shape.kind
    .refine((kind) => !theServersOwn.includes(kind), {
      error: `the kinds ${theServersOwn.join(' and ')} are written by the server alone`,
    })
    .describe('impression, click, like, hide, purchase, ...'),
}).meta({ id: 'ClientEvent' });
export type ClientEvent = z.infer<typeof ClientEvent>;

export const EventBatch = z.strictObject({ events: z.array(ClientEvent).min(1).max(1000) });
export const EventsRequest = z.union([ClientEvent, EventBatch]);

export const EventsResponse = z.object({
  stored: z.number().int().nonnegative().describe('Events that are durable now and were not known before.'),
  repeated: z.number().int().nonnegative().describe('Events whose id had been reported before.'),
});

export const Alive = z.object({ status: z.literal('alive') });

export const Readiness = z.object({
  ready: z.boolean(),
  reason: z.string().optional().describe('Why not.'),
  version: z.string().describe('Composition and artefact that answer.'),
});

export const ErrorAnswer = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    remedy: z.string().describe('What to do about it.'),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});

/** The same, under the names that they have in /openapi.json. */
export const components = {
  RecommendRequest: RecommendRequest.meta({ id: 'RecommendRequest' }),
  RecommendResponse: RecommendResponse.meta({ id: 'RecommendResponse' }),
  RankRequest: RankRequest.meta({ id: 'RankRequest' }),
  RankResponse: RankResponse.meta({ id: 'RankResponse' }),
  EventsRequest: EventsRequest.meta({ id: 'EventsRequest' }),
  EventsResponse: EventsResponse.meta({ id: 'EventsResponse' }),
  Alive: Alive.meta({ id: 'Alive' }),
  Readiness: Readiness.meta({ id: 'Readiness' }),
  DeployRequest: DeployRequest.meta({ id: 'DeployRequest' }),
  DeployResponse: DeployResponse.meta({ id: 'DeployResponse' }),
  ErrorAnswer: ErrorAnswer.meta({ id: 'ErrorAnswer' }),
} as const;
