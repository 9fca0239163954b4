import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AutoModelError, type Clock, type Rng } from '../../src/platform/index.js';
import { Admission, type AdmissionOptions, type ServedBatch } from '../../src/serving/index.js';
import { oneWorker, play, quantile, type Played } from './support/simulated-service.js';

const options: AdmissionOptions = { concurrency: 2, batch: 8, queue: 256, deadlineMs: 60 };

const latencies = ({ outcomes }: Played): number[] =>
  outcomes.filter(({ refused }) => !refused).map(({ arrivedMs, answeredMs }) => answeredMs - arrivedMs);
const refusedShare = ({ outcomes }: Played): number =>
  outcomes.filter(({ refused }) => refused).length / outcomes.length;

/** A clock that stands still until it is moved. */
function handClock(): Clock & { ms: number } {
  return {
    ms: 0,
    nowMs() {
      return this.ms;
    },
    monotonicMs() {
      return this.ms;
    },
  };
}

/** A service whose batches end when told. */
function handService() {
  const calls: {
    ids: readonly number[];
    done: (answers?: readonly number[]) => void;
    fail: (e: unknown) => void;
  }[] = [];
  const serve = (ids: readonly number[]): Promise<readonly number[]> =>
    new Promise((resolve, reject) =>
      calls.push({ ids, done: (answers = ids) => resolve(answers), fail: reject }),
    );
  return { calls, serve };
}

describe('Admission under simulated load', () => {
  // Capacity: 2 at once, a batch of 8 in 4 + 8 x 2 = 20 ms: 800 requests a second.
  const serviceMs = (size: number): number => 4 + 2 * size;

  it('keeps bounds and order, and settles every request once (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          concurrency: fc.integer({ min: 1, max: 4 }),
          batch: fc.integer({ min: 1, max: 9 }),
          queue: fc.integer({ min: 0, max: 40 }),
          deadlineMs: fc.integer({ min: 1, max: 200 }),
        }),
        fc.integer({ min: 1, max: 3000 }),
        fc.integer(),
        async (drawn, rate, seed) => {
          const played = await play({
            options: drawn,
            rate,
            seconds: 60 / rate,
            seed,
            serviceMs: (size, rng) => (2 + size) * (0.2 + 2 * rng.next()),
          });
          expect(played.mostAtOnce).toBeLessThanOrEqual(drawn.concurrency);
          expect(played.mostWaiting).toBeLessThanOrEqual(drawn.queue);
          expect(Math.max(...played.batches)).toBeLessThanOrEqual(drawn.batch);
          expect(played.outcomes.map(({ id }) => id)).toEqual(played.outcomes.map((_, i) => i));
          // first come, first served
          expect(played.served).toEqual([...played.served].sort((a, b) => a - b));
          const answered = played.outcomes.filter(({ refused }) => !refused).map(({ id }) => id);
          expect(answered).toEqual(played.served);
          expect(answered.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('refuses nothing at half of capacity', async () => {
    const played = await play({ options, rate: 400, seconds: 5, seed: 1, serviceMs });
    expect(refusedShare(played)).toBe(0);
    expect(quantile(latencies(played), 0.99)).toBeLessThan(60);
  });

  it('answers in time under three times the load, refusing about two thirds, at once', async () => {
    const played = await play({ options, rate: 2400, seconds: 5, seed: 2, serviceMs });
    expect(quantile(latencies(played), 0.99)).toBeLessThan(60);
    expect(refusedShare(played)).toBeGreaterThan(0.62);
    expect(refusedShare(played)).toBeLessThan(0.72);
    // the batches are whole: what is left of the capacity is not wasted
    expect(quantile(played.batches, 0.5)).toBe(8);
    const waitedInVain = played.outcomes.filter(
      ({ refused, arrivedMs, answeredMs }) => refused && answeredMs > arrivedMs,
    );
    expect(waitedInVain.length).toBeLessThan(0.01 * played.outcomes.length);
  });

  it('holds with service times that scatter widely', async () => {
    const played = await play({
      options,
      rate: 2400,
      seconds: 5,
      seed: 3,
      serviceMs: (size, rng) => serviceMs(size) * Math.exp(0.5 * rng.normal() - 0.125),
    });
    expect(quantile(latencies(played), 0.99)).toBeLessThan(85);
    expect(refusedShare(played)).toBeLessThan(0.8);
  });

  it('lets none of it through without a deadline: the same load then waits for the whole queue (control)', async () => {
    const played = await play({
      options: { ...options, deadlineMs: 1e9 },
      rate: 2400,
      seconds: 5,
      seed: 2,
      serviceMs,
    });
    expect(quantile(latencies(played), 0.5)).toBeGreaterThan(250);
  });

  describe('with one worker behind it, which takes requests in turn', () => {
    const requestMs = (rng: Rng): number => 4.1 * Math.exp(0.5 * rng.normal() - 0.125);
    const [together, byItself] = [options, { ...options, batch: 1, concurrency: 3 }];
    const played = (own: AdmissionOptions, rate: number, seconds: number): Promise<Played> =>
      play({ options: own, rate, seconds, seed: 8, serviceMs: oneWorker(requestMs) });

    it('answers sooner when no request waits for others that were let in with it', async () => {
      const [slow, quick] = await Promise.all(
        [together, byItself].map(async (own) => quantile(latencies(await played(own, 100, 60)), 0.99)),
      );
      expect(quick).toBeLessThan(0.9 * slow);
    });

    it('keeps it busy, and the deadline, under three times what it can do', async () => {
      const one = await played(byItself, 732, 10);
      expect(one.served.length / 10).toBeGreaterThan(0.97 * 244);
      expect(quantile(latencies(one), 0.99)).toBeLessThan(70);
      expect(quantile(latencies(await played(together, 732, 10)), 0.99)).toBeGreaterThan(70);
    });
  });

  it('serves on when every answer takes longer than the deadline', async () => {
    const played = await play({
      options: { ...options, deadlineMs: 10 },
      rate: 100,
      seconds: 20,
      seed: 4,
      serviceMs: () => 50,
    });
    // two at a time, one by one, 50 ms each: 40 a second at most
    expect(played.served.length).toBeGreaterThan(20 * 20);
  });

  it('is back at once when a slow spell is over', async () => {
    let calls = 0;
    const played = await play({
      options,
      rate: 200,
      seconds: 20,
      seed: 5,
      serviceMs: (size) => ((calls += 1) < 30 ? 400 : serviceMs(size)),
    });
    const late = played.outcomes.filter(({ arrivedMs }) => arrivedMs > 15_000);
    expect(late.filter(({ refused }) => refused)).toEqual([]);
  });
});

describe('Admission', () => {
  const setUp = (changes: Partial<AdmissionOptions> = {}) => {
    const clock = handClock();
    const service = handService();
    const batches: ServedBatch[] = [];
    const admission = new Admission<number, number>(
      { concurrency: 1, batch: 3, queue: 5, deadlineMs: 1e9, ...changes },
      service.serve,
      clock,
      (batch) => batches.push(batch),
    );
    return { clock, admission, batches, ...service };
  };

  it('hands over together those that waited, and says of each batch what it took', async () => {
    const { admission, calls, clock, batches } = setUp();
    const answers = [1, 2, 3, 4, 5].map((id) => admission.submit(id));
    expect(admission.counts).toMatchObject({ admitted: 5, waiting: 4, batches: 1, serving: 1 });
    clock.ms = 7;
    calls[0].done();
    await turnOfTheLoop();
    calls[1].done();
    await turnOfTheLoop();
    calls[2].done();
    expect(await Promise.all(answers)).toEqual([1, 2, 3, 4, 5]);
    expect(calls.map(({ ids }) => ids)).toEqual([[1], [2, 3, 4], [5]]);
    expect(batches[0]).toEqual({ size: 1, ms: 7, waitedMs: 0 });
    expect(batches[1]).toEqual({ size: 3, ms: 0, waitedMs: 7 });
  });

  it('says with a refusal when to come again, and counts it', async () => {
    const { admission, calls, clock } = setUp({ queue: 1 });
    const first = admission.submit(1);
    clock.ms = 300;
    calls[0].done();
    await first;
    const others = [admission.submit(2), admission.submit(3)];
    await expect(admission.submit(4)).rejects.toMatchObject({
      code: 'OVERLOADED',
      retryable: true,
      details: { retryAfterMs: 900 },
    });
    expect(admission.refusal()).toBeInstanceOf(AutoModelError);
    expect(admission.counts.shed).toBe(2);
    calls[1].done();
    await turnOfTheLoop();
    calls[2].done();
    expect(await Promise.all(others)).toEqual([2, 3]);
    expect(admission.refusal()).toBeUndefined();
  });

  it('fails alone what fails in a batch; a service that is lost fails all at once', async () => {
    const { admission, calls } = setUp();
    const bad = new AutoModelError('UNKNOWN_COLUMN', 'no column x');
    const all = [1, 2, 3, 4].map((id) => admission.submit(id).catch((error: unknown) => error));
    calls[0].done();
    await turnOfTheLoop();
    calls[1].fail(bad);
    await turnOfTheLoop();
    calls[2].done();
    await turnOfTheLoop();
    calls[3].fail(bad);
    await turnOfTheLoop();
    calls[4].done();
    expect(await Promise.all(all)).toEqual([1, 2, bad, 4]);
    expect(calls.map(({ ids }) => ids)).toEqual([[1], [2, 3, 4], [2], [3], [4]]);

    const lost = new AutoModelError('WORKER_LOST', 'gone', { retryable: true });
    const more = [5, 6, 7].map((id) => admission.submit(id).catch((error: unknown) => error));
    calls[5].fail(lost);
    await turnOfTheLoop();
    calls[6].fail(lost);
    expect(await Promise.all(more)).toEqual([lost, lost, lost]);
    expect(calls).toHaveLength(7);
  });

  it('takes too few answers for a fault and not for an answer', async () => {
    const { admission, calls } = setUp();
    const answer = admission.submit(1);
    calls[0].done([]);
    await expect(answer).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('lets go of a waiting request whose client has gone, and of none that is being served', async () => {
    const { admission, calls } = setUp();
    const [served, waiting] = [new AbortController(), new AbortController()];
    const first = admission.submit(1, served.signal);
    const second = admission.submit(2, waiting.signal).catch((error: unknown) => error);
    const third = admission.submit(3);
    served.abort(new Error('gone'));
    waiting.abort(new Error('gone'));
    expect(await second).toEqual(new Error('gone'));
    calls[0].done();
    await turnOfTheLoop();
    calls[1].done();
    expect(await Promise.all([first, third])).toEqual([1, 3]);
    expect(calls[1].ids).toEqual([3]);
  });

  it('drops those that can no longer be answered in time, but never the last one', async () => {
    const { admission, calls, clock } = setUp({ deadlineMs: 50 });
    const all = [1, 2, 3].map((id) => admission.submit(id).catch((error: AutoModelError) => error.code));
    clock.ms = 500;
    calls[0].done();
    await turnOfTheLoop();
    calls[1].done();
    expect(await Promise.all(all)).toEqual([1, 'OVERLOADED', 3]);
    expect(admission.counts).toMatchObject({ expired: 1, waiting: 0, batches: 0 });
  });

  it('serves as many at once as it is told to at the time', async () => {
    let atOnce = 1;
    const { admission, calls } = setUp({ concurrency: () => atOnce, batch: 1 });
    const all = [1, 2, 3, 4].map((id) => admission.submit(id));
    expect(admission.counts).toMatchObject({ batches: 1, waiting: 3 });
    atOnce = 3;
    calls[0].done();
    await turnOfTheLoop();
    expect(admission.counts).toMatchObject({ batches: 3, waiting: 0 });
    atOnce = 1;
    expect(admission.counts.batches).toBe(3);
    for (const { done } of calls.slice(1)) done();
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4]);
  });

  it.each([{ concurrency: 0 }, { concurrency: () => 0 }, { batch: 0 }, { batch: 1.5 }])(
    'refuses %j',
    (wrong) => {
      expect(() => setUp(wrong)).toThrow(RangeError);
    },
  );
});
