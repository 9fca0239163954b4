import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openLoop, quantiles } from '../../bench/serving/open-loop.mjs';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serverOf(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const request = () => ({ method: 'POST', path: '/recommend', body: { user: 'ü' } });

describe('the load generator', () => {
  it('sends as many requests as it should, each whole, and sees a known delay', async () => {
    const bodies: string[] = [];
    const url = await serverOf((incoming, outgoing) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (part: string) => (body += part));
      incoming.on('end', () => {
        bodies.push(body);
        setTimeout(() => outgoing.end('{"ä":1}'), 30);
      });
    });
    const load = await openLoop({ url, rate: 200, seconds: 1.5, warmUpSeconds: 0.3, seed: 4, request });
    expect(load.errors).toBe(0);
    // Poisson of mean 300
    expect(load.requests).toBeGreaterThan(300 - 5 * Math.sqrt(300));
    expect(load.requests).toBeLessThan(300 + 5 * Math.sqrt(300));
    expect(bodies.length).toBeGreaterThan(load.requests);
    expect(new Set(bodies)).toEqual(new Set(['{"user":"ü"}']));
    expect(load.ms.p50).toBeGreaterThan(29);
    expect(load.sockets).toBeLessThan(150);
  });

  it('shows a server that stalls in its percentiles, as one that waits for answers would not', async () => {
    // Answers at once, but stands still for half a second of every two.
    const begin = performance.now();
    const url = await serverOf((_, outgoing) => {
      const at = (performance.now() - begin) % 2000;
      setTimeout(() => outgoing.end('{}'), at < 500 ? 500 - at : 0);
    });
    const open = await openLoop({ url, rate: 100, seconds: 2, seed: 2, request });
    // A quarter of all arrivals falls into the stall and waits for its end.
    expect(open.ms.p95).toBeGreaterThan(250);
    // One request after the other, the latency of each taken from when it was sent: a stall makes one of them slow.
    const closed: number[] = [];
    while (closed.length < 100 || Math.max(...closed) < 250) {
      const sent = performance.now();
      await (await fetch(url)).text();
      closed.push(performance.now() - sent);
    }
    expect(closed.filter((ms) => ms > 250).length).toBeLessThan(0.05 * closed.length);
  });

  it('counts refusals apart, with or without Retry-After', async () => {
    let asked = 0;
    const url = await serverOf((_, outgoing) => {
      asked += 1;
      if (asked % 4 === 0) outgoing.setHeader('retry-after', '1').statusCode = 503;
      if (asked % 4 === 1) outgoing.statusCode = 429;
      outgoing.end('{}');
    });
    const load = await openLoop({ url, rate: 200, seconds: 1, seed: 3, request });
    expect(load.refused.share).toBeGreaterThan(0.4);
    expect(load.refused.share).toBeLessThan(0.6);
    expect(load.refused.withoutRetryAfter).toBe(load.statuses[429]);
    expect(load.statuses[503]).toBeGreaterThan(0);
    expect(load.errors).toBe(0);
  });

  it('counts what is never answered, and connections that break, as errors that took long', async () => {
    let asked = 0;
    const url = await serverOf((incoming, outgoing) => {
      asked += 1;
      if (asked % 10 === 0) incoming.socket.destroy();
      else if (asked % 10 !== 1) outgoing.end('{}');
    });
    const load = await openLoop({ url, rate: 100, seconds: 1, drainSeconds: 0.3, seed: 5, request });
    expect(load.errors).toBeGreaterThan(0.15 * load.requests);
    expect(load.ms.p95).toBeGreaterThan(300);
  });

  it('takes quantiles from above', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
    expect(quantiles(hundred)).toEqual({ p50: 50, p95: 95, p99: 99, most: 100 });
    expect(quantiles([])).toEqual({ p50: null, p95: null, p99: null, most: null });
  });
});
