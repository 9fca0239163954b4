import type { Context, MiddlewareHandler } from 'hono';
import { clock, type Logger } from '../platform/index.js';
import type { Access } from './access.js';
import type { ServerMetrics } from './metrics.js';
import type { RateLimit } from './rate-limit.js';
import { refusalBody, refusalHeaders, type Refusal } from './refusal.js';
import { methods, openPaths } from './routes.js';

/** What a request carries while it is answered. */
export interface ServerEnv {
  Bindings: { readonly incoming?: { readonly socket: { readonly remoteAddress?: string } } };
  Variables: { requestId: string; admin: boolean };
}

export function refuse(c: Context<ServerEnv>, refusal: Refusal): Response {
  return c.body(refusalBody(refusal), refusal.status, refusalHeaders(refusal));
}

/**
 * Stands before every route: gives the request an id, lets in who may ask and has requests left, and notes for log and metrics what
 * came of it.
 */
export function guard(
  access: Access,
  limit: RateLimit,
  metrics: ServerMetrics,
  log: Pick<Logger, 'info'>,
): MiddlewareHandler<ServerEnv> {
  const start = `${clock.nowMs().toString(36)}-${process.pid.toString(36)}`;
  let requests = 0;

  const turnedAway = async (c: Context<ServerEnv>): Promise<Refusal | undefined> => {
    if (openPaths.has(c.req.path)) return undefined;
    const address = c.env?.incoming?.socket.remoteAddress ?? 'unknown';
    const client = access.clientOf(c.req.raw.headers);
    // Wrong tokens count against the address that they come from.
    const known = 'name' in client;
    const tooMany = await limit.take(known && access.authenticated ? client.name : address);
    if (tooMany !== undefined || !known) return tooMany ?? (client as Refusal);
    c.set('admin', client.admin);
    return undefined;
  };

  return async (c, next) => {
    const begunMs = clock.monotonicMs();
    requests += 1;
    const id = `${start}-${requests.toString(36)}`;
    c.set('requestId', id);
    c.header('x-request-id', id);
    c.header('cache-control', 'no-store');
    const refusal = await turnedAway(c);
    if (refusal === undefined) await next();
    else c.res = refuse(c, refusal);
    const route = methods.has(c.req.path) ? c.req.path : 'other';
    const ms = clock.monotonicMs() - begunMs;
    const { status } = c.res;
    metrics.answered(route, status, ms);
    log.info({ request: id, method: c.req.method, route, status, ms }, 'answered');
  };
}
