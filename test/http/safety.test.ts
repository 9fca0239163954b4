import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Access, isLoopback } from '../../src/http/access.js';
import { PopularService } from './support/popular-service.js';
import { openApp, refusalIn, token } from './support/open-app.js';

describe('who may ask', () => {
  it.each(['/recommend', '/events', '/rank', '/metrics', '/nowhere'])('%s asks for a token', async (path) => {
    const { ask } = openApp(new PopularService());
    for (const authorization of ['', 'Bearer', 'Bearer ', `Basic ${token}`, `Bearer ${token}x`, token]) {
      const response = await ask(path, path === '/metrics' ? undefined : {}, { headers: { authorization } });
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await refusalIn(response)).toMatchObject({ status: 401, code: 'UNAUTHORISED' });
    }
  });

  it('takes each of several tokens', async () => {
    const tokens = ['the-first-token-of-two', 'the-second-token-of-two'];
    const { ask } = openApp(new PopularService(), { tokens });
    for (const one of tokens)
      expect(
        (await ask('/recommend', { user: 'a' }, { headers: { authorization: `Bearer ${one}` } })).status,
      ).toBe(200);
    expect((await ask('/recommend', { user: 'a' })).status).toBe(401);
  });

  it('asks nobody on loopback without tokens, but only under a name of this machine', async () => {
    const { ask } = openApp(new PopularService(), { tokens: [] });
    for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:9'])
      expect((await ask('/recommend', { user: 'a' }, { headers: { authorization: '', host } })).status).toBe(
        200,
      );
    const rebound = await ask('/recommend', { user: 'a' }, { headers: { host: 'evil.example:8080' } });
    expect(await refusalIn(rebound)).toMatchObject({ status: 403, code: 'HOST_REFUSED' });
  });

  it('refuses to start without tokens where others can reach it, and with weak ones', () => {
    for (const host of ['0.0.0.0', '::', '192.168.0.7', 'example.org', '127.evil.org'])
      expect(() => new Access(host, [])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => new Access('0.0.0.0', [token])).not.toThrow();
    for (const weak of ['', 'short', 'with a space in the token', 'umläute-im-token-xx'])
      expect(() => new Access('127.0.0.1', [weak])).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    expect(() => new Access('127.0.0.1', [], [token])).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
    try {
      void new Access('127.0.0.1', ['secret-short']);
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain('secret-short');
    }
  });

  it('knows this machine', () => {
    for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])
      expect(isLoopback(host)).toBe(true);
    for (const host of ['', '0.0.0.0', '128.0.0.1', 'localhost.evil.org', '127.0.0.1.evil.org'])
      expect(isLoopback(host)).toBe(false);
  });
});

describe('how much', () => {
  afterEach(() => void vi.useRealTimers());

  it('refuses a client that is too fast, until the second is over, and no other', async () => {
    const tokens = [token, 'another-token-of-length'];
    const { ask } = openApp(new PopularService(), { ratePerSecond: 3, tokens });
    vi.useFakeTimers({ toFake: ['Date'] });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i += 1) statuses.push((await ask('/recommend', { user: 'a' })).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const refused = await ask('/recommend', { user: 'a' });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refusalIn(refused)).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' });
    const headers = { authorization: `Bearer ${tokens[1]}` };
    expect((await ask('/recommend', { user: 'a' }, { headers })).status).toBe(200);
    expect((await ask('/health')).status).toBe(200);
    vi.setSystemTime(Date.now() + 1001);
    expect((await ask('/recommend', { user: 'a' })).status).toBe(200);
  });

  it('counts wrong tokens by address', async () => {
    const { ask } = openApp(new PopularService(), { ratePerSecond: 2 });
    vi.useFakeTimers({ toFake: ['Date'] });
    const headers = { authorization: 'Bearer guessed-guessed-guessed' };
    const statuses: number[] = [];
    for (let i = 0; i < 3; i += 1)
      statuses.push((await ask('/recommend', {}, { headers, address: '10.9.9.9' })).status);
    expect(statuses).toEqual([401, 401, 429]);
    expect((await ask('/recommend', {}, { headers, address: '10.9.9.8' })).status).toBe(401);
    expect((await ask('/recommend', { user: 'a' }, { address: '10.9.9.9' })).status).toBe(200);
  });

  it('refuses a body that is too large, whether it says so or not', async () => {
    const { ask } = openApp(new PopularService(), { bodyBytes: 100 });
    const large = { user: 'a', exclude: ['b'.repeat(100)] };
    for (const headers of [{}, { 'content-length': '130' }] as Record<string, string>[]) {
      const refused = await refusalIn(await ask('/recommend', large, { headers }));
      expect(refused).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE', details: { limit: 100 } });
    }
    expect((await ask('/recommend', { user: 'a', exclude: ['b'.repeat(50)] })).status).toBe(200);
  });
});

describe('what', () => {
  const { ask } = openApp(new PopularService());

  it('wants JSON that says so: pages of other sites cannot send it unasked', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])
      expect(
        await refusalIn(await ask('/events', '{}', { headers: { 'content-type': type } })),
      ).toMatchObject({ status: 415, code: 'MEDIA_TYPE' });
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect((await ask('/recommend', { user: 'a' }, { headers })).status).toBe(200);
  });

  it.each(['', '{', 'nope', '{"user":"a"}x', '{"user":"a",}', '\ud800', "{'user':'a'}"])(
    'refuses what is no JSON: %j',
    async (text) => {
      expect(await refusalIn(await ask('/recommend', text))).toMatchObject({
        status: 400,
        code: 'BODY_INVALID',
      });
    },
  );

  it('refuses members that could reach a prototype', async () => {
    const planted = [
      '{"user":"a","__proto__":{"admin":true}}',
      '{"user":"a","context":{"__proto__":{"admin":true}}}',
      '{"user":"a","context":{"x":[{"\\u005f_proto__":1}]}}',
    ];
    for (const text of planted)
      expect((await refusalIn(await ask('/recommend', text))).message).toContain('__proto__');
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    // an innocent name that every object has
    expect((await ask('/recommend', '{"user":"a","context":{"constructor":1}}')).status).toBe(200);
  });

  it('refuses what lies too deep to be written out again', async () => {
    const nested = (depth: number): string =>
      `{"user":"a","context":{"x":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
    expect((await refusalIn(await ask('/recommend', nested(1500)))).message).toContain('inside each other');
    expect((await ask('/recommend', nested(20))).status).toBe(200);
  });

  it('never fails at any JSON, on any route, and every refusal has the one shape (property)', async () => {
    const near = fc.record(
      {
        user: fc.oneof(fc.string(), fc.anything()),
        limit: fc.oneof(fc.integer(), fc.double(), fc.string()),
        items: fc.array(fc.oneof(fc.string(), fc.integer())),
        candidates: fc.array(fc.string()),
        context: fc.dictionary(fc.string(), fc.jsonValue()),
        id: fc.string(),
        kind: fc.oneof(fc.string(), fc.constantFrom('served', 'click')),
        atMs: fc.oneof(fc.integer(), fc.double()),
        events: fc.array(fc.record({ id: fc.string(), user: fc.string(), kind: fc.string() })),
        more: fc.dictionary(fc.string(), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/recommend', '/events', '/rank'),
        fc.oneof(
          fc.json(),
          near.map(
            (value) =>
              JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? 1 : inner)) ?? 'null',
          ),
        ),
        async (path, text) => {
          const response = await ask(path, text);
          expect([200, 400, 413]).toContain(response.status);
          if (response.status !== 200) await refusalIn(response);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never fails at any bytes (property)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (text) => {
        const response = await ask('/events', text);
        expect(response.status).toBe(400);
      }),
      { numRuns: 100 },
    );
  });
});
