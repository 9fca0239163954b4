import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { z } from 'zod';
import { clock, log as ownLog, packageVersion, type AutoModelError, type Logger } from '../platform/index.js';
import {
  DeployRequest,
  RankRequest,
  RecommendRequest,
  type HostedService,
  type RankResponse,
  type RecommendResponse,
  type ServedEvent,
} from '../schema/index.js';
import { Admission, type AdmissionOptions } from '../serving/index.js';
import type { Access } from './access.js';
import { checkBody } from './check-body.js';
import { guard, refuse, type ServerEnv } from './guard.js';
import { ClientEvent, EventBatch } from './messages.js';
import { ServerMetrics } from './metrics.js';
import { RateLimit } from './rate-limit.js';
import { readBody } from './read-body.js';
import { refusalOf, type Refusal } from './refusal.js';
import { methods, routes } from './routes.js';
import { within } from './within.js';

export interface AppOptions {
  readonly access: Access;
  readonly ratePerSecond: number;
  readonly bodyBytes: number;
  readonly answerMs: number;
  readonly admission: AdmissionOptions;
  /** the server is being closed: it answers, and says that it is not ready for more */
  readonly closing: () => boolean;
  /** metrics tell of the process too */
  readonly processMetrics: boolean;
  /** what went wrong, and at level info every request; default: the log of the process */
  readonly log?: Pick<Logger, 'info' | 'error'>;
}

interface Endpoint<Schema extends z.ZodType> {
  readonly path: string;
  /** of the body; may depend on it */
  readonly schema: (body: unknown) => Schema;
  /** why no request can be answered at all, asked before the body is read */
  readonly before?: (c: Context<ServerEnv>) => Refusal | AutoModelError | undefined;
  readonly answer: (body: z.output<Schema>, signal: AbortSignal) => Promise<object>;
  readonly purpose?: 'deploy';
}

/** The routes of a service, without a socket: `app.request(path, init)` answers. */
export function createApp(service: HostedService, options: AppOptions): OpenAPIHono<ServerEnv> {
  const app = new OpenAPIHono<ServerEnv>();
  const { log = ownLog } = options;
  const recommending = new Admission<RecommendRequest, RecommendResponse>(
    options.admission,
    (requests) => service.recommend(requests),
    clock,
    (batch) => metrics.served(batch),
  );
  const ranking = new Admission<RankRequest, RankResponse>(
    { ...options.admission, batch: 1 },
    async ([request]) => [await service.rank(request)],
    clock,
  );
  const metrics = new ServerMetrics(
    service,
    () => ({ recommend: recommending.counts, rank: ranking.counts }),
    options.processMetrics,
  );
  app.use('*', guard(options.access, new RateLimit(options.ratePerSecond), metrics, log));

  const notReady = (): Refusal | undefined => {
    const { ready, reason } = service.readiness();
    if (ready) return undefined;
    return {
      status: 503,
      code: 'NOT_READY',
      message: reason ?? 'The service is not ready',
      remedy: 'Wait until GET /ready answers 200.',
      retryAfterMs: 1000,
    };
  };

  function endpoint<Schema extends z.ZodType>({
    path,
    schema,
    before,
    answer,
    purpose,
  }: Endpoint<Schema>): void {
    app.post(path, async (c) => {
      const refused = (error: unknown): Response =>
        refuse(c, refusalOf(error, { requestId: c.get('requestId'), purpose: purpose ?? 'answer', log }));
      const early = before?.(c);
      if (early !== undefined) return 'status' in early ? refuse(c, early) : refused(early);
      const read = await readBody(c.req.raw, options.bodyBytes);
      if ('refusal' in read) return refuse(c, read.refusal);
      const checked = checkBody(schema(read.value), read.value);
      if ('refusal' in checked) return refuse(c, checked.refusal);
      try {
        const answered = await within(options.answerMs, answer(checked.body, c.req.raw.signal));
        if ('late' in answered) return refuse(c, tooLate(options.answerMs));
        return c.json(answered.value);
      } catch (error) {
        return c.req.raw.signal.aborted ? refuse(c, gone) : refused(error);
      }
    });
  }

  endpoint({
    path: routes.recommend.path,
    schema: () => RecommendRequest,
    before: () => notReady() ?? recommending.refusal(),
    answer: (request, signal) => recommending.submit(request, signal),
  });
  endpoint({
    path: routes.rank.path,
    schema: () => RankRequest,
    before: () => notReady() ?? ranking.refusal(),
    answer: (request, signal) => ranking.submit(request, signal),
  });
  endpoint({
    path: routes.events.path,
    schema: (body) => (isBatch(body) ? EventBatch : ClientEvent),
    answer: (body) => service.append(eventsOf(body)),
  });
  const { deploy } = service;
  if (deploy !== undefined)
    endpoint({
      path: routes.deploy.path,
      schema: () => DeployRequest,
      before: (c) => (c.get('admin') ? undefined : notAdmin),
      answer: (request) => deploy.call(service, request),
      purpose: 'deploy',
    });

  app.get(routes.health.path, (c) => c.json({ status: 'alive' }));
  app.get(routes.ready.path, (c) => {
    const readiness = options.closing()
      ? { ...service.readiness(), ready: false, reason: 'The server is being closed' }
      : service.readiness();
    return c.json(readiness, readiness.ready ? 200 : 503);
  });
  app.get(routes.metrics.path, async (c) =>
    c.body(await metrics.text(), 200, { 'content-type': metrics.contentType }),
  );
  const description = describe(app, deploy !== undefined);
  app.get(routes.openapi.path, (c) => c.json(description));

  app.notFound((c) => {
    const method = methods.get(c.req.path);
    const exists = method !== undefined && (c.req.path !== routes.deploy.path || deploy !== undefined);
    return refuse(c, exists ? wrongMethod(method) : notFound);
  });
  app.onError((error, c) =>
    refuse(c, refusalOf(error, { requestId: c.get('requestId'), purpose: 'answer', log })),
  );
  return app;
}

/** OpenAPI 3.1 of the routes, made of the schemas that check requests. */
function describe(app: OpenAPIHono<ServerEnv>, withDeploy: boolean): object {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  for (const route of Object.values(routes))
    if (route !== routes.deploy || withDeploy) app.openAPIRegistry.registerPath(route);
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'AutoModel', version: packageVersion, description: 'Recommendations and what users did.' },
  });
}

function isBatch(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, 'events');
}

function eventsOf(body: ClientEvent | z.infer<typeof EventBatch>): readonly ServedEvent[] {
  const events = 'events' in body ? body.events : [body];
  const nowMs = clock.nowMs();
  return events.map((event) => ({ ...event, atMs: event.atMs ?? nowMs }));
}

const notFound: Refusal = {
  status: 404,
  code: 'NOT_FOUND',
  message: 'There is no such path',
  remedy: 'GET /openapi.json lists all paths.',
};
/** Nobody reads it; it is counted, and no fault of the server. */
const gone: Refusal = {
  status: 408,
  code: 'CLIENT_GONE',
  message: 'The client closed the connection before it had its answer',
  remedy: 'Wait longer.',
};
const wrongMethod = (method: string): Refusal => ({
  status: 405,
  code: 'METHOD_NOT_ALLOWED',
  message: `The path is asked with ${method}`,
  remedy: `Use ${method}.`,
  details: { allowed: [method] },
});
const notAdmin: Refusal = {
  status: 403,
  code: 'FORBIDDEN',
  message: 'This token may ask and not change what is served',
  remedy: 'Use a token for administration.',
};
const tooLate = (answerMs: number): Refusal => ({
  status: 504,
  code: 'TIMED_OUT',
  message: `The service gave no answer within ${answerMs} ms`,
  remedy: 'Send the request again; events are not counted twice.',
});
