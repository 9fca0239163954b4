import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpRecommender, startServer, type ConnectionOptions } from '../../../src/http/index.js';
import {
  RecommendRequest,
  type RunningServer,
  type ServedEvent,
  type ServerOptions,
} from '../../../src/schema/index.js';
import { PopularService } from '../support/popular-service.js';

const clients: HttpRecommender[] = [];
const servers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((close) => close()));
});

/** A client that notes how long it would have waited, and waits a moment. */
function clientOf(url: string, more: Partial<ConnectionOptions> = {}) {
  const waits: number[] = [];
  const client = new HttpRecommender({
    url,
    pause: async (ms) => {
      waits.push(ms);
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
    ...more,
  });
  clients.push(client);
  return { client, waits };
}

async function serve(service = new PopularService(), changes: Partial<ServerOptions> = {}) {
  const server: RunningServer = await startServer(async () => service, {
    host: '127.0.0.1',
    port: 0,
    tokens: [],
    ratePerSecond: 0,
    closeMs: 500,
    ...changes,
  });
  servers.push(() => server.close());
  return { service, server };
}

/** A server that answers as it is told to. */
async function answering(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of incoming.setEncoding('utf8')) text += part;
  return text;
}

const asked = (user: string, more: object = {}): RecommendRequest =>
  RecommendRequest.parse({ user, requestId: `of ${user}`, ...more });
const event = (n: number, more: Partial<ServedEvent> = {}): ServedEvent => ({
  id: `e${n}`,
  atMs: n,
  user: `u${n % 7}`,
  item: `i${n % 11}`,
  kind: 'click',
  ...more,
});
const events = (count: number): ServedEvent[] => Array.from({ length: count }, (_, n) => event(n));

describe('HttpRecommender', () => {
  it('answers as the service itself does, in the order of the requests, and stores what it is told once', async () => {
    const { service, server } = await serve();
    const { client } = clientOf(server.url);
    const told = events(1234);
    expect(await client.append(told)).toEqual({ stored: 1234, repeated: 0 });
    // The order of events is that in which they were given.
    expect([...service.events.keys()]).toEqual(told.map(({ id }) => id));
    expect(await client.append([...told.slice(5, 9), event(9000)])).toEqual({ stored: 1, repeated: 4 });
    const requests = Array.from({ length: 60 }, (_, n) => asked(`u${n}`, { limit: 3 }));
    expect(await client.recommend(requests)).toEqual(await service.recommend(requests));
    expect(await client.recommend([])).toEqual([]);
    expect(await client.append([])).toEqual({ stored: 0, repeated: 0 });
    expect(client.askedAgain).toBe(0);
  });

  it('keeps its connections, no more of them than it may, with requests side by side', async () => {
    const sockets = new Set<unknown>();
    let underWay = 0;
    let most = 0;
    const { url } = await answering(async (incoming, outgoing) => {
      sockets.add(incoming.socket);
      underWay += 1;
      most = Math.max(most, underWay);
      const { user, requestId } = JSON.parse(await textOf(incoming)) as RecommendRequest;
      await new Promise((resolve) => setTimeout(resolve, 2));
      underWay -= 1;
      outgoing.end(JSON.stringify({ requestId, user, version: 'v', variants: {}, items: [] }));
    });
    const { client } = clientOf(url, { connections: 3 });
    const users = Array.from({ length: 40 }, (_, n) => `u${n}`);
    const answers = await client.recommend(users.map((user) => asked(user)));
    expect(answers.map(({ user }) => user)).toEqual(users);
    expect([most, sockets.size]).toEqual([3, 3]);
  });

  it('sends events in bodies that the server takes, however large they are', async () => {
    const { service, server } = await serve();
    const { client } = clientOf(server.url);
    const large = Array.from({ length: 30 }, (_, n) => event(n, { more: { text: 'é'.repeat(40_000) } }));
    expect(await client.append(large)).toEqual({ stored: 30, repeated: 0 });
    expect(service.events.get('e29')).toEqual(large[29]);
    const huge = [event(77, { more: { text: 'x'.repeat(1 << 21) } })];
    await expect(client.append(huge)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining(`${server.url}/events answers 413`),
    });
  });

  it('waits as long as a 503 says, asks again, and gives up after so many tries', async () => {
    const { service, server } = await serve();
    service.unready = 'loading';
    const { client, waits } = clientOf(server.url, { tries: 3 });
    const waiting = expect(client.recommend([asked('u')])).rejects.toMatchObject({
      code: 'OVERLOADED',
      retryable: true,
      message: expect.stringMatching(/\/recommend refuses for the moment \(503, tried 3 times\): loading/),
      details: { url: `${server.url}/recommend`, status: 503, said: 'NOT_READY', retryAfterMs: 1000 },
    });
    await waiting;
    expect(waits).toEqual([1000, 1000]);
    const patient = clientOf(server.url, {
      pause: async () => void (service.unready = undefined),
    });
    expect(await patient.client.recommend([asked('u')])).toHaveLength(1);
    expect(patient.client.askedAgain).toBe(1);
  });

  it('does not wait for a server that wants to be left alone for longer than it may take', async () => {
    const { url } = await answering((_, outgoing) => {
      outgoing.writeHead(503, { 'retry-after': '3600' });
      outgoing.end();
    });
    const { client, waits } = clientOf(url);
    await expect(client.recommend([asked('u')])).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(waits).toEqual([]);
  });

  it('sends events again whose answer was lost: they are stored once', async () => {
    const { service, server } = await serve();
    let lose = 2;
    // A proxy that hands everything on and loses the first answers.
    const { url } = await answering(async (incoming, outgoing) => {
      const answer = await fetch(server.url + incoming.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: await textOf(incoming),
      });
      const text = await answer.text();
      if (lose > 0) {
        lose -= 1;
        incoming.socket.destroy();
      } else outgoing.writeHead(answer.status).end(text);
    });
    const { client, waits } = clientOf(url);
    expect(await client.append(events(5))).toEqual({ stored: 0, repeated: 5 });
    expect(service.events.size).toBe(5);
    expect(waits).toEqual([100, 200]);
  });

  it('names an address where nobody listens, and one where something else does', async () => {
    const { url, server } = await answering((_, outgoing) => outgoing.end('<p>hello</p>'));
    await expect(clientOf(url).client.recommend([asked('u')])).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${url}/recommend answers 200 and is no AutoModel server`,
    });
    server.close();
    server.closeAllConnections();
    const { client, waits } = clientOf(url, { tries: 2 });
    await expect(client.append([event(1)])).rejects.toMatchObject({
      code: 'ADDRESS_UNAVAILABLE',
      message: expect.stringMatching(
        /http:\/\/127.0.0.1:\d+\/events gives no answer: .*ECONNREFUSED.*, tried 2 times/,
      ),
      remedy: expect.stringContaining('automodel serve'),
    });
    expect(waits).toEqual([100]);
  });

  it('does not wait for ever for an answer', async () => {
    const { url } = await answering(() => {});
    const { client } = clientOf(url, { timeoutMs: 30, tries: 1 });
    await expect(client.recommend([asked('u')])).rejects.toMatchObject({
      code: 'ADDRESS_UNAVAILABLE',
      message: `${url}/recommend gives no answer within 30 ms`,
    });
  });

  it('shows its token, and says what to do without one, and never what it was', async () => {
    const token = 'a-token-of-some-length';
    const { server } = await serve(undefined, { tokens: [token] });
    expect(await clientOf(server.url, { token }).client.recommend([asked('u')])).toHaveLength(1);
    for (const wrong of [undefined, 'another-token-of-some-length']) {
      const refused = await clientOf(server.url, { token: wrong })
        .client.recommend([asked('u')])
        .catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'CONFIG_INVALID', details: { status: 401 } });
      expect((refused as { remedy: string }).remedy).toContain('--token-file');
      expect(JSON.stringify([refused, (refused as Error).message])).not.toContain('another-token');
    }
  });

  it('passes on whose fault a request is, without asking again', async () => {
    const { server } = await serve();
    const { client } = clientOf(server.url);
    await expect(client.recommend([asked('u', { context: { weather: 1 } })])).rejects.toMatchObject({
      code: 'UNKNOWN_COLUMN',
      message: expect.stringContaining('names weather'),
      remedy: 'Leave it out.',
      details: { column: 'weather', status: 400 },
    });
    await expect(client.append([event(1, { kind: 'served' })])).rejects.toMatchObject({ code: 'USAGE' });
    const { url } = await answering((_, outgoing) => outgoing.end('{"requestId":"r","user":"u"}'));
    await expect(clientOf(url).client.recommend([asked('u')])).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      details: { url: `${url}/recommend`, member: 'version' },
    });
    expect(client.askedAgain).toBe(0);
  });

  it.each([
    [{ url: 'localhost:8080' }],
    [{ url: 'ftp://localhost' }],
    [{ url: 'http://localhost', token: 'two words' }],
    [{ url: 'http://localhost', connections: 0 }],
    [{ url: 'http://localhost', tries: 1.5 }],
  ])('refuses %j', (options) => {
    expect(() => new HttpRecommender(options)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('puts a path of the address before those of the routes', async () => {
    const paths: (string | undefined)[] = [];
    const { url } = await answering((incoming, outgoing) => {
      paths.push(incoming.url);
      outgoing.end('{"stored":1,"repeated":0}');
    });
    await clientOf(`${url}/behind/a/proxy/`).client.append([event(1)]);
    expect(paths).toEqual(['/behind/a/proxy/events']);
  });
});
