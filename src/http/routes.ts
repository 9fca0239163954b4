import { createRoute } from '@hono/zod-openapi';
import type { z } from 'zod';
import { components } from './messages.js';

const { Alive, ErrorAnswer, Readiness } = components;

const json = (schema: z.ZodType) => ({ 'application/json': { schema } });
const refusal = (description: string) => ({ description, content: json(ErrorAnswer) });
const retryAfter = (description: string) => ({
  ...refusal(description),
  headers: { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' as const } } },
});

const refused = {
  400: refusal('The body does not fit; the answer names the member at fault.'),
  401: refusal('The token is missing or not known.'),
  403: refusal('Not allowed with this token, or sent to another host name.'),
  413: refusal('The body is too large.'),
  415: refusal('The body is not said to be JSON.'),
  429: retryAfter('Too many requests of this client.'),
  500: refusal('A fault of the server.'),
  503: retryAfter('Overloaded, not ready, or a disk or worker that does not do its work.'),
  504: refusal('The service did not answer in time.'),
};

const security = [{ token: [] }];

function post<const Path extends string>(
  path: Path,
  summary: string,
  request: z.ZodType,
  answer: z.ZodType,
  more: object = {},
) {
  return createRoute({
    method: 'post',
    path,
    summary,
    security,
    request: { body: { required: true, content: json(request) } },
    responses: { 200: { description: 'Done.', content: json(answer) }, ...refused, ...more },
  });
}

/** Every route, as /openapi.json describes it. */
export const routes = {
  recommend: post(
    '/recommend',
    'Items for a user, best first.',
    components.RecommendRequest,
    components.RecommendResponse,
  ),
  events: post(
    '/events',
    'Takes one event, or several as {"events": [...]}. The answer means that they are durable; an event that was reported before counts once.',
    components.EventsRequest,
    components.EventsResponse,
  ),
  rank: post('/rank', 'Scores given items for a user.', components.RankRequest, components.RankResponse),
  deploy: post(
    '/admin/deploy',
    'Changes over to another artefact or composition; no request fails.',
    components.DeployRequest,
    components.DeployResponse,
    { 422: refusal('What should be deployed is not there or does not fit; nothing was changed.') },
  ),
  health: createRoute({
    method: 'get',
    path: '/health',
    summary: 'Whether the process lives.',
    responses: { 200: { description: 'It does.', content: json(Alive) } },
  }),
  ready: createRoute({
    method: 'get',
    path: '/ready',
    summary: 'Whether requests can be answered now.',
    responses: {
      200: { description: 'They can.', content: json(Readiness) },
      503: { description: 'They cannot; the answer says why.', content: json(Readiness) },
    },
  }),
  metrics: createRoute({
    method: 'get',
    path: '/metrics',
    summary: 'Metrics for Prometheus.',
    security,
    responses: { 200: { description: 'Text format.' }, 401: refused[401], 429: refused[429] },
  }),
  openapi: createRoute({
    method: 'get',
    path: '/openapi.json',
    summary: 'This description.',
    responses: { 200: { description: 'OpenAPI 3.1.' } },
  }),
} as const;

/** Asked by who watches over the server, or to learn how to ask: no token is needed. */
export const openPaths: ReadonlySet<string> = new Set(['/health', '/ready', '/openapi.json']);
/** path → method */
export const methods: ReadonlyMap<string, string> = new Map(
  Object.values(routes).map(({ path, method }) => [path, method.toUpperCase()]),
);
