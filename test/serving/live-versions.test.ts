import { describe, expect, it } from 'vitest';
import { LiveVersions } from '../../src/serving/index.js';

function version(name: string) {
  const made = { name, closed: 0, close: () => Promise.resolve(void (made.closed += 1)) };
  return made;
}

describe('LiveVersions', () => {
  it('lets requests finish on the version they began on, and closes it after the last of them', async () => {
    const live = new LiveVersions<ReturnType<typeof version>>();
    const [a, b] = [version('a'), version('b')];
    await live.add('a', () => Promise.resolve(a));
    const leases = [live.acquire(), live.acquire()];
    await live.add('b', () => Promise.resolve(b));
    expect(live.acquire().version).toBe(a); // adding swaps nothing
    live.makeDefault('b');
    const retired = live.retire('a');
    expect(live.acquire().version).toBe(b);
    expect(live.names).toEqual(['b']);
    leases[0].release();
    leases[0].release(); // counts once
    await Promise.resolve();
    expect(a.closed).toBe(0);
    leases[1].release();
    expect(a.closed).toBe(0); // the third lease is held still
    await expect(Promise.race([retired.then(() => 'closed'), Promise.resolve('held')])).resolves.toBe('held');
  });

  it('closes a drained version once, and all of them in the end', async () => {
    const live = new LiveVersions<ReturnType<typeof version>>();
    const [a, b] = [version('a'), version('b')];
    await live.add('a', () => Promise.resolve(a));
    await live.add('b', () => Promise.resolve(b));
    const lease = live.acquire('b');
    const gone = live.retire('b');
    lease.release();
    await gone;
    expect([a.closed, b.closed]).toEqual([0, 1]);
    const last = live.acquire();
    const closing = live.close();
    expect(() => live.acquire()).toThrow(/closed/);
    expect(a.closed).toBe(0);
    last.release();
    await closing;
    expect([a.closed, b.closed]).toEqual([1, 1]);
  });

  it('changes nothing when a version cannot be loaded', async () => {
    const live = new LiveVersions<ReturnType<typeof version>>();
    expect(() => live.acquire()).toThrow(/No version is live/);
    await live.add('a', () => Promise.resolve(version('a')));
    await expect(live.add('b', () => Promise.reject(new Error('golden rows')))).rejects.toThrow(
      'golden rows',
    );
    expect(live.names).toEqual(['a']);
    expect(live.default).toBe('a');
    expect(() => live.makeDefault('b')).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => live.retire('a')).toThrow(/all requests that name none/);
    await live.add('b', () => Promise.resolve(version('b'))); // and it may be tried again
    expect(live.names).toEqual(['a', 'b']);
  });

  it('loads a version once however many ask for it, and none after it was closed', async () => {
    const live = new LiveVersions<ReturnType<typeof version>>();
    let loads = 0;
    const load = async () => {
      loads += 1;
      await Promise.resolve();
      return version('a');
    };
    const [one, two] = await Promise.all([live.add('a', load), live.add('a', load)]);
    expect(one).toBe(two);
    expect(await live.add('a', load)).toBe(one);
    expect(loads).toBe(1);
    const late = version('late');
    let go = (): void => {};
    const adding = live.add('late', () => new Promise((resolve) => (go = () => resolve(late))));
    const closing = live.close();
    go();
    await expect(adding).rejects.toMatchObject({ code: 'USAGE' });
    await closing;
    expect(late.closed).toBe(1);
  });
});
