import { beforeEach, describe, expect, it } from 'vitest';
import { AutoModelError } from '../../src/platform/index.js';
import { DeployableService, PopularService } from './support/popular-service.js';
import {
  adminToken,
  hasMetric,
  openApp,
  refusalIn,
  token,
  until,
  type Ask,
  type OpenedApp,
} from './support/open-app.js';

let service: PopularService;
let ask: Ask;
let logged: OpenedApp['logged'];
beforeEach(() => {
  service = new PopularService();
  ({ ask, logged } = openApp(service));
});

const click = (id: string, item: string, user = 'ann') => ({ id, user, item, kind: 'click' });

describe('POST /events', () => {
  it('takes one or several, each once', async () => {
    const one = await ask('/events', { ...click('e1', 'red'), atMs: 7 });
    expect([one.status, await one.json()]).toEqual([200, { stored: 1, repeated: 0 }]);
    const several = await ask('/events', {
      events: [click('e1', 'red'), click('e2', 'blue'), click('e2', 'blue')],
    });
    expect(await several.json()).toEqual({ stored: 1, repeated: 2 });
    expect([...service.events.keys()]).toEqual(['e1', 'e2']);
    expect(service.events.get('e1')?.atMs).toBe(7);
    // the moment of arrival, where the client did not say when
    expect(service.events.get('e2')?.atMs).toBeGreaterThan(1.7e12);
  });

  it.each([
    [{ ...click('e', 'red'), kind: 'served' }, 'kind'],
    [{ ...click('e', 'red'), kind: 'exposure' }, 'kind'],
    [{ events: [click('e', 'red'), { ...click('f', 'red'), kind: 'exposure' }] }, 'events[1].kind'],
    [{ ...click('e', 'red'), colour: 'red' }, 'colour'],
    [{ id: 'e', item: 'red', kind: 'click' }, 'user'],
    [{ ...click('', 'red') }, 'id'],
    [{ ...click('e', 'red'), position: -1 }, 'position'],
    [{ events: [] }, 'events'],
    [{ events: [click('e', 'red')], more: 1 }, 'more'],
    [[click('e', 'red')], ''],
    ['null', ''],
  ])('names what is wrong in %j: %s', async (body, member) => {
    const refused = await refusalIn(await ask('/events', body));
    expect(refused).toMatchObject({ status: 400, code: 'BODY_INVALID' });
    expect(refused.members[0]).toBe(member);
    expect(refused.message).toContain(member === '' ? 'The body' : `The member ${member} `);
    expect(service.events.size).toBe(0);
  });

  it('answers only when the events are durable', async () => {
    let durable = (): void => {};
    service.before = () => new Promise((resolve) => (durable = resolve));
    let answered = false;
    const answer = Promise.resolve(ask('/events', click('e1', 'red'))).then((response) => {
      answered = true;
      return response;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answered).toBe(false);
    durable();
    expect((await answer).status).toBe(200);
  });

  it('says that it cannot store them, to come again, and nothing of the disk', async () => {
    service.before = () => {
      throw new AutoModelError('DISK_FULL', 'No space left while writing /srv/secret/events.log');
    };
    const response = await ask('/events', click('e1', 'red'));
    expect(response.headers.get('retry-after')).toBe('1');
    const refused = await refusalIn(response);
    expect(refused).toMatchObject({ status: 503, code: 'DISK_FULL' });
    expect(JSON.stringify(refused)).not.toContain('secret');
  });

  it('passes on that an event is too large', async () => {
    service.before = () => {
      throw new AutoModelError('LIMIT_EXCEEDED', 'The event e1 has 2000000 bytes', { details: { limit: 1 } });
    };
    expect(await refusalIn(await ask('/events', click('e1', 'red')))).toMatchObject({
      status: 413,
      code: 'LIMIT_EXCEEDED',
      details: { limit: 1 },
    });
  });
});

describe('POST /recommend', () => {
  it('recommends, and something else after the user has seen it', async () => {
    await ask('/events', {
      events: [click('e1', 'red'), click('e2', 'red', 'bob'), click('e3', 'blue', 'bob')],
    });
    const first = await ask('/recommend', { user: 'cid', limit: 1, requestId: 'r1' });
    expect(first.status).toBe(200);
    expect(await first.json()).toEqual({
      requestId: 'r1',
      user: 'cid',
      version: 'popular-1',
      variants: {},
      items: [{ item: 'red', position: 0, score: 2, propensity: 1 }],
    });
    await ask('/events', click('e4', 'red', 'cid'));
    const second = (await (await ask('/recommend', { user: 'cid' })).json()) as { items: { item: string }[] };
    expect(second.items.map(({ item }) => item)).toEqual(['blue']);
  });

  it.each([
    [{}, 'user'],
    [{ user: 'a', limit: 0 }, 'limit'],
    [{ user: 'a', candidates: [] }, 'candidates'],
    [{ user: 'a', exclude: ['b', 3] }, 'exclude[1]'],
    [{ user: 'a', contxt: {} }, 'contxt'],
    [{ user: 'a'.repeat(257) }, 'user'],
  ])('names what is wrong in %j: %s', async (body, member) => {
    const refused = await refusalIn(await ask('/recommend', body));
    expect(refused.status).toBe(400);
    expect(refused.members[0]).toBe(member);
    expect(service.batches).toEqual([]);
  });

  it('hands over together what waits, and one bad request fails alone', async () => {
    const held: (() => void)[] = [];
    service.before = () => new Promise((resolve) => void held.push(resolve));
    const answers = ['a', 'b', 'c', 'd', 'e'].map((user) =>
      ask('/recommend', user === 'd' ? { user, context: { weather: 'wet' } } : { user }),
    );
    await until(() => hasMetric(ask, 'automodel_admission_requests{state="waiting"} 3'));
    expect(service.batches).toEqual([1, 1]);
    service.before = () => {};
    for (const release of held) release();
    const responses = await Promise.all(answers);
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 400, 200]);
    expect(service.batches).toEqual([1, 1, 3, 1, 1, 1]);
    expect(await refusalIn(responses[3])).toMatchObject({
      code: 'UNKNOWN_COLUMN',
      details: { column: 'weather' },
    });
  });

  it('sheds at once what cannot be answered in time, before it reads it', async () => {
    const waiting: (() => void)[] = [];
    service.before = () => new Promise((resolve) => void waiting.push(resolve));
    const { ask: askBusy } = openApp(service, {
      admission: { concurrency: 1, batch: 1, queue: 1, deadlineMs: 1000 },
    });
    const first = askBusy('/recommend', { user: 'a' });
    await until(() => waiting.length === 1);
    const second = askBusy('/recommend', { user: 'b' });
    await until(() => hasMetric(askBusy, 'automodel_admission_requests{state="waiting"} 1'));
    const shed = await askBusy('/recommend', 'this is not JSON');
    expect(shed.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await refusalIn(shed)).toMatchObject({ status: 503, code: 'OVERLOADED' });
    waiting[0]();
    await first;
    await until(() => waiting.length === 2);
    waiting[1]();
    expect((await second).status).toBe(200);
  });

  it('gives up on a service that does not answer', async () => {
    service.before = () => new Promise(() => {});
    const { ask: askSoon } = openApp(service, { answerMs: 10 });
    expect(await refusalIn(await askSoon('/recommend', { user: 'a' }))).toMatchObject({
      status: 504,
      code: 'TIMED_OUT',
    });
  });

  it('hides what a fault says, and names the request under which the log has it', async () => {
    service.before = () => {
      throw new Error('cannot read /srv/secret');
    };
    const response = await ask('/recommend', { user: 'a' });
    const refused = await refusalIn(response);
    expect(refused).toMatchObject({ status: 500, code: 'INTERNAL' });
    const request = response.headers.get('x-request-id');
    expect(refused.remedy).toContain(request);
    expect(logged).toMatchObject([{ request, err: { message: 'cannot read /srv/secret' } }]);
    expect(JSON.stringify(refused)).not.toMatch(/secret|\.ts:|\n *at /);
  });
});

it('a service that breaks where nobody expects it gets the one shape too', async () => {
  service.readiness = () => {
    throw new Error('secret');
  };
  for (const [path, body] of [['/recommend', { user: 'a' }], ['/ready'], ['/metrics']] as const) {
    const refused = await refusalIn(await ask(path, body));
    expect(refused).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(refused.message).not.toContain('secret');
  }
});

describe('POST /rank', () => {
  it('scores in the order of the request', async () => {
    await ask('/events', click('e1', 'red'));
    const response = await ask('/rank', { user: 'ann', items: ['blue', 'red'], requestId: 'r' });
    expect(await response.json()).toEqual({
      requestId: 'r',
      user: 'ann',
      version: 'popular-1',
      scores: [
        { item: 'blue', score: 0, known: false },
        { item: 'red', score: 1, known: true },
      ],
    });
  });

  it('names what is wrong', async () => {
    expect((await refusalIn(await ask('/rank', { user: 'a', items: ['b', ''] }))).message).toContain(
      'items[1]',
    );
  });
});

describe('POST /admin/deploy', () => {
  it('is there only where the service offers it', async () => {
    expect((await refusalIn(await ask('/admin/deploy', {}))).status).toBe(404);
    expect(
      Object.keys(((await (await ask('/openapi.json')).json()) as { paths: object }).paths),
    ).not.toContain('/admin/deploy');
  });

  it('changes over, or says why not and changes nothing', async () => {
    const deployable = new DeployableService();
    const { ask: askIt } = openApp(deployable);
    const done = await askIt('/admin/deploy', { artefact: 'popular-2' });
    expect(await done.json()).toEqual({ version: 'popular-2', previous: 'popular-1' });
    expect(await refusalIn(await askIt('/admin/deploy', { artefact: 'nothing' }))).toMatchObject({
      status: 422,
      code: 'FILE_NOT_FOUND',
      message: 'There is no artefact nothing',
    });
    expect(deployable.version).toBe('popular-2');
    expect((await refusalIn(await askIt('/admin/deploy', { path: '/etc' }))).message).toContain('path');
  });

  it('takes its own token where there is one', async () => {
    const deployable = new DeployableService();
    const { ask: askIt } = openApp(deployable, { adminTokens: [adminToken] });
    expect(await refusalIn(await askIt('/admin/deploy', {}))).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    });
    const headers = { authorization: `Bearer ${adminToken}` };
    expect((await askIt('/admin/deploy', { artefact: 'popular-3' }, { headers })).status).toBe(200);
    expect((await askIt('/recommend', { user: 'a' }, { headers })).status).toBe(200);
  });
});

describe('watching', () => {
  it('GET /health says that the process lives, /ready whether it can answer', async () => {
    expect(await (await ask('/health')).json()).toEqual({ status: 'alive' });
    expect(await (await ask('/ready')).json()).toEqual({ ready: true, version: 'popular-1' });
    service.unready = 'the artefact is being loaded';
    const response = await ask('/ready');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ready: false,
      reason: 'the artefact is being loaded',
      version: 'popular-1',
    });
    expect((await ask('/health')).status).toBe(200);
    expect(await refusalIn(await ask('/recommend', { user: 'a' }))).toMatchObject({
      status: 503,
      code: 'NOT_READY',
      message: 'the artefact is being loaded',
    });
  });

  it('is not ready while it is being closed, and answers all the same', async () => {
    const { ask: askIt } = openApp(service, { closing: () => true });
    expect((await askIt('/ready')).status).toBe(503);
    expect((await askIt('/recommend', { user: 'a' })).status).toBe(200);
  });

  it('GET /metrics counts requests by route and status, batches, and what the service counts', async () => {
    await ask('/recommend', { user: 'a' });
    await ask('/recommend', {});
    await ask('/rank', { user: 'a', items: ['b'] }, { headers: { authorization: 'Bearer wrong' } });
    await ask('/no/such/path/4711');
    const response = await ask('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    for (const line of [
      'automodel_http_requests_total{route="/recommend",status="200"} 1',
      'automodel_http_requests_total{route="/recommend",status="400"} 1',
      'automodel_http_requests_total{route="/rank",status="401"} 1',
      'automodel_http_requests_total{route="other",status="404"} 1',
      'automodel_http_request_seconds_count{route="/recommend",status="200"} 1',
      'automodel_batch_size_sum 1',
      'automodel_admission_requests{state="admitted"} 1',
      'automodel_service_model_milliseconds 12.5',
      'automodel_ready 1',
    ])
      expect(text.split('\n')).toContain(line);
    // paths that clients make up must not fill the memory
    expect(text).not.toContain('4711');
  });

  it('GET /openapi.json is OpenAPI 3.1 of every route, from the schemas that check', async () => {
    const { ask: askIt } = openApp(new DeployableService());
    const description = (await (
      await askIt('/openapi.json', undefined, { headers: { authorization: '' } })
    ).json()) as {
      openapi: string;
      paths: Record<string, object>;
      components: { schemas: Record<string, { required?: string[]; additionalProperties?: unknown }> };
    };
    expect(description.openapi).toBe('3.1.0');
    expect(Object.keys(description.paths).sort()).toEqual(
      [
        '/recommend',
        '/events',
        '/rank',
        '/health',
        '/ready',
        '/metrics',
        '/openapi.json',
        '/admin/deploy',
      ].sort(),
    );
    const { RecommendRequest, ClientEvent } = description.components.schemas;
    expect(RecommendRequest).toMatchObject({ required: ['user'], additionalProperties: false });
    expect(ClientEvent.required).toEqual(['id', 'user', 'kind']);
    expect(description.paths['/events']).toMatchObject({
      post: {
        security: [{ token: [] }],
        requestBody: {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/EventsRequest' } } },
        },
        responses: { 429: { headers: { 'Retry-After': {} } } },
      },
    });
    // every reference leads somewhere
    const text = JSON.stringify(description);
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(Object.keys(description.components.schemas)).toContain(name);
    expect(Object.keys(description.components.schemas).length).toBeGreaterThan(10);
  });

  it('says which method a path takes, and that others are not there', async () => {
    expect(await refusalIn(await ask('/recommend'))).toMatchObject({
      status: 405,
      details: { allowed: ['POST'] },
    });
    expect(await refusalIn(await ask('/health', {}))).toMatchObject({ status: 405 });
    expect(await refusalIn(await ask('/recommend/'))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });
});

it('the token of the tests is one that is asked for', async () => {
  expect(
    (await ask('/recommend', { user: 'a' }, { headers: { authorization: `bearer  ${token}` } })).status,
  ).toBe(200);
});
