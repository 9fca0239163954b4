import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startServer } from '../../src/http/index.js';
import type { RunningServer, ServerOptions } from '../../src/schema/index.js';
import { PopularService } from './support/popular-service.js';

const running: RunningServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(
  service = new PopularService(),
  changes: Partial<ServerOptions> = {},
): Promise<RunningServer> {
  const server = await startServer(async () => service, {
    host: '127.0.0.1',
    port: 0,
    tokens: [],
    closeMs: 2000,
    ...changes,
  });
  running.push(server);
  return server;
}

interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

function post(server: RunningServer, path: string, body: unknown, agent?: Agent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const asked = request(`${server.url}${path}`, { method: 'POST', headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: JSON.parse(text) }),
      );
    });
    asked.on('error', reject).end(JSON.stringify(body));
  });
}

async function open(server: RunningServer): Promise<Socket & { received: string }> {
  const socket = Object.assign(connect(server.port, '127.0.0.1'), { received: '' });
  sockets.push(socket);
  socket.setEncoding('utf8').on('data', (text: string) => (socket.received += text));
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

const head = (length: number): string =>
  `POST /events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;

describe('startServer', () => {
  it('listens on a free port and answers over a socket, connections being kept', async () => {
    const server = await start();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect(server.authenticated).toBe(false);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const event = { id: 'e', user: 'a', item: 'red', kind: 'click' };
    expect((await post(server, '/events', event, agent)).body).toEqual({ stored: 1, repeated: 0 });
    const answered = await post(server, '/recommend', { user: 'b' }, agent);
    expect(answered).toMatchObject({ status: 200, body: { items: [{ item: 'red' }] } });
    expect(answered.headers['content-length']).toBeDefined();
    expect(Object.keys(agent.freeSockets)).toHaveLength(1);
    agent.destroy();
  });

  it('refuses a port that is taken, and a host that others reach without tokens', async () => {
    const { port } = await start();
    await expect(start(undefined, { port })).rejects.toMatchObject({
      code: 'ADDRESS_UNAVAILABLE',
      details: { systemCode: 'EADDRINUSE', port },
    });
    await expect(start(undefined, { host: '0.0.0.0' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const guarded = await start(undefined, { host: '0.0.0.0', tokens: ['a-token-of-some-length'] });
    expect(guarded.authenticated).toBe(true);
  });

  it('opens nothing where it cannot listen, and says meanwhile that it is alive and not ready', async () => {
    const { port } = await start();
    let opened = 0;
    const counted = async (): Promise<PopularService> => {
      opened += 1;
      return new PopularService();
    };
    await expect(startServer(counted, { host: '127.0.0.1', port, tokens: [] })).rejects.toThrow('EADDRINUSE');
    expect(opened).toBe(0);
    const free = await start();
    await free.close();
    let opens = (): void => {};
    const pending = startServer(
      () => new Promise((resolve) => (opens = () => resolve(new PopularService()))),
      { host: '127.0.0.1', port: free.port, tokens: [] },
    );
    const url = `http://127.0.0.1:${free.port}`;
    while ((await fetch(`${url}/health`).catch(() => undefined)) === undefined);
    const early = await fetch(`${url}/ready`);
    expect(early.status).toBe(503);
    expect(early.headers.get('retry-after')).toBe('1');
    expect(await early.json()).toMatchObject({ error: { code: 'NOT_READY' } });
    opens();
    running.push(await pending);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
  });

  it('lets go of its port when the service cannot be opened', async () => {
    const { port, close } = await start();
    await close();
    const failing = (): Promise<never> => Promise.reject(new Error('no artefact'));
    await expect(startServer(failing, { host: '127.0.0.1', port, tokens: [] })).rejects.toThrow(
      'no artefact',
    );
    expect((await start(undefined, { port })).port).toBe(port);
  });

  it('tells of the process in its metrics', async () => {
    const server = await start();
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(text).toContain('process_resident_memory_bytes');
  });
});

describe('slow and hostile clients', () => {
  const hasty: Partial<ServerOptions> = { headersMs: 200, requestMs: 400 };

  it('are answered 408 and closed when headers or body drip in, and others are served meanwhile', async () => {
    const server = await start(undefined, hasty);
    const [dripping, bodiless] = [await open(server), await open(server)];
    dripping.write('POST /events HTTP/1.1\r\nhost: 127.0.0.1\r\n');
    const drip = setInterval(() => dripping.write('x-more: 1\r\n'), 50);
    bodiless.write(`${head(50)}{"id":`);
    const meanwhile = await post(server, '/recommend', { user: 'a' });
    expect(meanwhile.status).toBe(200);
    await Promise.all([once(dripping, 'close'), once(bodiless, 'close')]);
    clearInterval(drip);
    for (const { received } of [dripping, bodiless]) {
      expect(received).toMatch(/^HTTP\/1\.1 408 /);
      expect(JSON.parse(received.split('\r\n\r\n')[1])).toMatchObject({
        error: { code: 'REQUEST_TOO_SLOW' },
      });
    }
  });

  it('keep only so many connections open: those of an address, and others not', async () => {
    const server = await start(undefined, { connections: 10, connectionsPerAddress: 3 });
    const held = await Promise.all([open(server), open(server), open(server)]);
    const surplus = await open(server);
    if (!surplus.closed) await once(surplus, 'close');
    expect(held.some(({ closed }) => closed)).toBe(false);
    held[0].destroy();
    await once(held[0], 'close');
    // what one lets go another may have
    for (let tries = 0; ; tries += 1) {
      const answered = await post(server, '/recommend', { user: 'a' }).catch(() => undefined);
      if (answered !== undefined) break;
      expect(tries).toBeLessThan(50);
    }
  });

  it('are told that a body is too large before it is there, also one without a length', async () => {
    const server = await start(undefined, { bodyBytes: 1000 });
    const announced = await open(server);
    announced.write(head(1e9));
    while (!announced.received.includes('\r\n\r\n')) await once(announced, 'data');
    expect(announced.received).toMatch(/^HTTP\/1\.1 413 /);
    const endless = await open(server);
    endless.write(
      'POST /events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    for (let i = 0; i < 20; i += 1) endless.write(`64\r\n${' '.repeat(100)}\r\n`);
    while (!endless.received.includes('\r\n\r\n')) await once(endless, 'data');
    expect(endless.received).toMatch(/^HTTP\/1\.1 413 /);
    expect((await post(server, '/recommend', { user: 'a' })).status).toBe(200);
  });

  it.each([
    [undefined, 3],
    [3, 5],
  ])('are under way two more than are ranked side by side: %s gives %i', async (sideBySide, atOnce) => {
    const service = Object.assign(new PopularService(), {
      sideBySide: sideBySide === undefined ? undefined : () => sideBySide,
    });
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    service.before = () => held;
    const server = await start(service, { deadlineMs: 10_000 });
    const answers = Array.from({ length: 9 }, (_, n) => post(server, '/recommend', { user: `u${n}` }));
    const waiting = async (): Promise<boolean> =>
      (await (await fetch(`${server.url}/metrics`)).text()).includes(
        `automodel_admission_requests{state="waiting"} ${9 - atOnce}\n`,
      );
    while (!(await waiting()));
    expect(service.batches).toHaveLength(atOnce);
    release();
    for (const answer of answers) expect((await answer).status).toBe(200);
  });

  it('that go before they have their answer leave the queue', async () => {
    const service = new PopularService();
    let release = (): void => {};
    service.before = () => new Promise((resolve) => (release = resolve));
    const server = await start(service, { concurrency: 1, batch: 4 });
    const first = post(server, '/recommend', { user: 'a' });
    while (service.batches.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    const body = JSON.stringify({ user: 'b' });
    const leaving = await open(server);
    leaving.write(`${head(body.length).replace('/events', '/recommend')}${body}`);
    const metric = async (line: string): Promise<boolean> =>
      (await (await fetch(`${server.url}/metrics`)).text()).split('\n').includes(line);
    while (!(await metric('automodel_admission_requests{state="waiting"} 1')));
    leaving.destroy();
    while (!(await metric('automodel_http_requests_total{route="/recommend",status="408"} 1')));
    release();
    expect((await first).status).toBe(200);
    expect(service.batches).toEqual([1]);
  });

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'headers without end',
      `GET /health HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
    [
      'a host name that is none',
      'GET /health HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    [
      'two lengths',
      'POST /events HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
  ])('are refused in the one shape: %s', async (_, text, status) => {
    const socket = await open(await start());
    socket.write(text);
    await once(socket, 'close');
    expect(socket.received).toMatch(status);
    expect(JSON.parse(socket.received.split('\r\n\r\n')[1])).toMatchObject({
      error: { code: expect.any(String) },
    });
  });
});

it('a burst is answered as far as there is time for it, and the rest told at once when to come again', async () => {
  const service = new PopularService();
  service.before = () => new Promise((resolve) => setTimeout(resolve, 20));
  const server = await start(service, { concurrency: 1, batch: 4, queue: 8, deadlineMs: 10_000 });
  const agent = new Agent({ keepAlive: true });
  const burst = await Promise.all(
    Array.from({ length: 100 }, (_, i) => post(server, '/recommend', { user: String(i) }, agent)),
  );
  const answered = burst.filter(({ status }) => status === 200);
  const refused = burst.filter(({ status }) => status === 503);
  expect(answered.length + refused.length).toBe(100);
  // one that is served and eight that wait, at the least
  expect(answered.length).toBeGreaterThanOrEqual(9);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.every(({ headers }) => /^[1-9]\d*$/.test(headers['retry-after'] ?? ''))).toBe(true);
  expect(Math.max(...service.batches)).toBeLessThanOrEqual(4);
  agent.destroy();
});

describe('close', () => {
  it('answers what is under way, takes nothing new, then closes the service', async () => {
    const service = new PopularService();
    let release = (): void => {};
    service.before = () => new Promise((resolve) => (release = resolve));
    const server = await start(service);
    const agent = new Agent({ keepAlive: true });
    const underWay = post(server, '/recommend', { user: 'a' }, agent);
    while (service.batches.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const closed = server.close();
    await expect(post(server, '/recommend', { user: 'b' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(service.closed).toBe(false);
    release();
    const answered = await underWay;
    expect(answered).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(await closed).toBe(0);
    expect(service.closed).toBe(true);
    expect(service.batches).toHaveLength(1);
    agent.destroy();
  });

  it('does not wait for ever: what takes too long is cut off, and said', async () => {
    const service = new PopularService();
    service.before = () => new Promise(() => {});
    const server = await start(service, { closeMs: 50 });
    const underWay = post(server, '/recommend', { user: 'a' }).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    while (service.batches.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await server.close()).toBe(1);
    expect(await underWay).toBe('ECONNRESET');
    expect(service.closed).toBe(true);
  });

  it('is not held up by connections that nothing is asked on, and happens once', async () => {
    const service = new PopularService();
    const server = await start(service);
    const idle = await open(server);
    const [first, second] = await Promise.all([server.close(), server.close()]);
    expect([first, second]).toEqual([0, 0]);
    if (!idle.closed) await once(idle, 'close');
  });
});
