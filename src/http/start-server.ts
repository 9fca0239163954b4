import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { AutoModelError, log } from '../platform/index.js';
import type { HostedService, RunningServer, ServerOptions } from '../schema/index.js';
import { Access } from './access.js';
import { createApp } from './app.js';
import { limitConnections } from './connections.js';
import { refusalBody, refusalHeaders, type Refusal } from './refusal.js';
import { within } from './within.js';

/** Bytes of all headers together. */
const HEADER_BYTES = 16_384;
/** A connection on which nothing moves is closed after so long, also one whose answer nobody reads; longer than load balancers wait. */
const IDLE_MS = 75_000;

/**
 * Puts a service on the network. Connections are bounded in number, and requests in bytes and in the time that they may take to
 * arrive, so that no client can keep the server from the others.
 * @param open opens the service, once it is sure that it may be put there
 * @throws CONFIG_INVALID for a host that others reach and no tokens, and for weak tokens; ADDRESS_UNAVAILABLE
 */
export async function startServer(
  open: () => Promise<HostedService>,
  options: ServerOptions,
): Promise<RunningServer> {
  const access = new Access(options.host, options.tokens, options.adminTokens);
  const headersMs = options.headersMs ?? 5000;
  const requestMs = options.requestMs ?? 10_000;
  let closing = false;
  // Listens first: a port that is taken is known before anything is loaded, and who watches sees that the process lives.
  let answer: RequestListener = starting;
  const underWay = new Set<ServerResponse>();
  let onQuiet: (() => void) | undefined;
  const server = createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(1000, headersMs / 2),
      keepAliveTimeout: IDLE_MS,
      maxHeaderSize: HEADER_BYTES,
    },
    (incoming, outgoing) => {
      underWay.add(outgoing);
      outgoing.once('close', () => {
        underWay.delete(outgoing);
        if (underWay.size === 0) onQuiet?.();
      });
      if (closing) outgoing.shouldKeepAlive = false;
      answer(incoming, outgoing);
    },
  );
  server.setTimeout(IDLE_MS);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseRaw(error, socket));
  const connections = options.connections ?? 1024;
  limitConnections(server, connections, options.connectionsPerAddress ?? Math.ceil(connections / 2));
  const { port } = await listening(server, options.host, options.port);
  const stopped = new Promise<void>((resolve) => server.once('close', resolve));
  let service: HostedService;
  try {
    service = await open();
  } catch (error) {
    server.close();
    server.closeAllConnections();
    throw error;
  }
  const app = createApp(service, {
    access,
    ratePerSecond: options.ratePerSecond ?? 1000,
    bodyBytes: options.bodyBytes ?? 1 << 20,
    answerMs: options.answerMs ?? 10_000,
    admission: {
      concurrency: () => options.concurrency ?? (service.sideBySide?.() ?? 1) + 2,
      batch: options.batch ?? 1,
      queue: options.queue ?? 256,
      deadlineMs: options.deadlineMs ?? 60,
    },
    closing: () => closing,
    processMetrics: true,
  });
  const routed = getRequestListener(app.fetch, { errorHandler: malformed });
  answer = (incoming, outgoing) => void routed(incoming, outgoing);

  const close = async (): Promise<number> => {
    closing = true;
    server.close();
    const quiet = new Promise<void>((resolve) => (onQuiet = resolve));
    for (const outgoing of underWay) outgoing.shouldKeepAlive = false;
    if (underWay.size > 0) await within(options.closeMs ?? 10_000, quiet);
    const cutOff = underWay.size;
    server.closeAllConnections();
    await stopped;
    await service.close();
    return cutOff;
  };
  let closed: Promise<number> | undefined;
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    host: options.host,
    port,
    authenticated: access.authenticated,
    stopped,
    close: () => (closed ??= close()),
  };
}

async function listening(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new AutoModelError(
          'ADDRESS_UNAVAILABLE',
          `Cannot listen on ${host}, port ${port}: ${cause.message}`,
          {
            remedy:
              cause.code === 'EADDRINUSE'
                ? 'Another process listens there: stop it, or choose another --port.'
                : 'Choose another --host or --port.',
            details: { host, port, systemCode: cause.code },
            cause,
          },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  server.on('error', (error) => log.error({ err: error }, 'the server has a fault'));
  return server.address() as AddressInfo;
}

/** What is answered until the service is open. */
const starting: RequestListener = (incoming, outgoing) => {
  if (incoming.url === '/health') {
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end('{"status":"alive"}');
    return;
  }
  const refusal: Refusal = {
    status: 503,
    code: 'NOT_READY',
    message: 'The service is being opened',
    remedy: 'Wait until GET /ready answers 200.',
    retryAfterMs: 1000,
  };
  outgoing.writeHead(refusal.status, { ...refusalHeaders(refusal), connection: 'close' });
  outgoing.end(refusalBody(refusal));
};

/** A request that is HTTP and yet none that can be asked, as one with a host name that is no name. */
function malformed(): Response {
  return new Response(refusalBody(unreadable), { status: 400, headers: refusalHeaders(unreadable) });
}

const unreadable: Refusal = {
  status: 400,
  code: 'REQUEST_MALFORMED',
  message: 'This is not a request of HTTP/1.1 that can be read',
  remedy: 'Use an HTTP client.',
};

/** What is no HTTP at all, or came too slowly, never reaches the routes: it is answered on the bare socket, which is closed. */
function refuseRaw(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const slow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const large = error.code === 'HPE_HEADER_OVERFLOW';
  const line = slow
    ? '408 Request Timeout'
    : large
      ? '431 Request Header Fields Too Large'
      : '400 Bad Request';
  const body = refusalBody({
    ...unreadable,
    ...(slow && { code: 'REQUEST_TOO_SLOW', message: 'The request took too long to arrive' }),
    ...(large && { code: 'HEADERS_TOO_LARGE', message: `The headers have more than ${HEADER_BYTES} bytes` }),
  });
  socket.end(
    `HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  // A client that does not read its answer keeps nothing open.
  socket.destroySoon();
}
