import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { ServedEvent } from '../../src/schema/index.js';
import { EventLog, readEventLog } from '../../src/serving/index.js';
import { Slices } from '../../src/serving/slices.js';
import { frame, scanFrames } from '../../src/serving/frames.js';

const root = mkdtempSync(join(tmpdir(), 'event-log-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(root, String((folders += 1)));

const event = (id: string, more?: ServedEvent['more']): ServedEvent => ({
  id,
  atMs: 5,
  user: 'u',
  item: 'ü1',
  kind: 'click',
  ...(more && { more }),
});

async function stored(dir: string): Promise<string[]> {
  const ids: string[] = [];
  const log = await EventLog.open(dir, { onEvent: ({ id }) => ids.push(id) });
  await log.close();
  return ids;
}

describe('frames', () => {
  it('come back whole, up to the first that is cut or changed (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 6 }),
        fc.nat(),
        fc.nat(),
        (payloads, cut, flip) => {
          const frames = payloads.map((payload) => frame(payload));
          const whole = Buffer.concat(frames);
          const seen: Buffer[] = [];
          expect(scanFrames(whole, (payload) => seen.push(payload))).toBe(whole.length);
          expect(seen.map((payload) => [...payload])).toEqual(payloads.map((payload) => [...payload]));
          const ends = frames.map((_, i) =>
            frames.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0),
          );
          const at = cut % whole.length;
          const wholeFrames = ends.filter((end) => end <= at);
          expect(scanFrames(whole.subarray(0, at), () => {})).toBe(wholeFrames.at(-1) ?? 0);
          const changed = Buffer.from(whole);
          changed[flip % whole.length] ^= 1 + (flip % 255);
          const before = ends.filter((end) => end <= flip % whole.length);
          expect(scanFrames(changed, () => {})).toBe(before.at(-1) ?? 0);
        },
      ),
    );
  });
});

describe('EventLog', () => {
  it('gives back what was appended, in order and once, over any number of segments', async () => {
    const dir = folder();
    const log = await EventLog.open(dir, { segmentBytes: 300 });
    const ids = Array.from({ length: 40 }, (_, i) => `e${i}`);
    for (const id of ids)
      expect(await log.append([event(id, { position: 3 })])).toEqual({ stored: 1, repeated: 0 });
    expect(await log.append([event('e3'), event('new'), event('new')])).toEqual({ stored: 1, repeated: 2 });
    expect(log.events).toBe(41);
    await log.close();
    expect(readdirSync(dir).length).toBeGreaterThan(5);
    const events: ServedEvent[] = [];
    const again = await EventLog.open(dir, { onEvent: (own) => events.push(own) });
    expect(events.map(({ id }) => id)).toEqual([...ids, 'new']);
    expect(events[7]).toEqual(event('e7', { position: 3 }));
    expect(await again.append([event('e39')])).toEqual({ stored: 0, repeated: 1 });
    await again.close();
    await expect(again.append([event('late')])).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('takes many clients at once, the same event from several of them once', async () => {
    const dir = folder();
    const log = await EventLog.open(dir);
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) => log.append([event(`shared${i % 20}`), event(`own${i}`)])),
    );
    expect(results.reduce((sum, { stored: count }) => sum + count, 0)).toBe(220);
    await log.close();
    const ids = await stored(dir);
    expect(ids.length).toBe(220);
    expect(new Set(ids).size).toBe(220);
  });

  it('is whole again after a crash at any byte: what was complete stays, the rest is cut off', async () => {
    const dir = folder();
    const log = await EventLog.open(dir);
    for (let i = 0; i < 4; i += 1) await log.append([event(`e${i}`)]);
    await log.close();
    const path = join(dir, 'events-000001.log');
    const bytes = readFileSync(path);
    const frames = bytes.length / 4;
    for (let cut = 0; cut <= bytes.length; cut += 7) {
      const copy = folder();
      cpSync(dir, copy, { recursive: true });
      truncateSync(join(copy, 'events-000001.log'), cut);
      const ids = await stored(copy);
      expect(ids).toEqual(['e0', 'e1', 'e2', 'e3'].slice(0, Math.floor(cut / frames)));
      const mended = await EventLog.open(copy);
      await mended.append([event('after')]);
      await mended.close();
      expect(await stored(copy)).toEqual([...ids, 'after']);
    }
  });

  it('refuses damage before the end, naming the place', async () => {
    const dir = folder();
    const log = await EventLog.open(dir, { segmentBytes: 100 });
    for (let i = 0; i < 3; i += 1) await log.append([event(`e${i}`)]);
    await log.close();
    const first = join(dir, 'events-000001.log');
    const bytes = readFileSync(first);
    bytes[bytes.length - 2] ^= 255;
    writeFileSync(first, bytes);
    await expect(EventLog.open(dir)).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT',
      details: { path: first },
    });
  });

  it('begins where it is told, with the ids that it is given, and tells what is stored from then on', async () => {
    const dir = folder();
    const log = await EventLog.open(dir, { segmentBytes: 300 });
    for (let i = 0; i < 9; i += 1) await log.append([event(`e${i}`)]);
    const { position } = log;
    const ids = log.rememberedIds();
    expect(position.events).toBe(9);
    for (let i = 9; i < 20; i += 1) await log.append([event(`e${i}`)]);
    // What came after the moment is not in it, however late it is read.
    const from = { position, ids: await ids.state(new Slices()) };
    await log.close();
    rmSync(join(dir, 'events-000001.log')); // what is before is not read, so it may lie elsewhere
    const seen: string[] = [];
    const told: string[] = [];
    const again = await EventLog.open(dir, {
      from,
      onEvent: ({ id }) => seen.push(id),
      onStored: ({ id }) => told.push(id),
    });
    expect(seen).toEqual(Array.from({ length: 11 }, (_, i) => `e${i + 9}`));
    expect(again.events).toBe(20);
    const appended = again.append([event('e2'), event('e15'), event('new')]);
    expect(told).toEqual([]);
    expect(await appended).toEqual({ stored: 1, repeated: 2 });
    expect(told).toEqual(['new']);
    await again.close();
    await expect(
      EventLog.open(dir, { from: { ...from, position: { segment: 99, offset: 5, events: 1 } } }),
    ).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
  });

  it('forgets ids that many others came after, as it says', async () => {
    const dir = folder();
    const log = await EventLog.open(dir, { rememberedIds: 5 });
    for (let i = 0; i < 20; i += 1) await log.append([event(`e${i}`)]);
    expect(await log.append([event('e19'), event('e15')])).toEqual({ stored: 0, repeated: 2 });
    expect(await log.append([event('e1')])).toEqual({ stored: 1, repeated: 0 });
    await log.close();
    const all: string[] = [];
    readEventLog(dir, ({ id }) => all.push(id));
    expect(all.length).toBe(21);
    readEventLog(join(dir, 'nothing here'), () => expect.unreachable());
  });

  it('refuses an event that is too large, and stores none of that call', async () => {
    const dir = folder();
    const log = await EventLog.open(dir);
    const large = event('large', { text: 'x'.repeat(1 << 20) });
    await expect(log.append([event('small'), large])).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await log.append([event('small')])).toEqual({ stored: 1, repeated: 0 });
    await log.close();
    expect(await stored(dir)).toEqual(['small']);
  });

  it('takes no more once nobody knows what is on the disk', async () => {
    const dir = folder();
    const log = await EventLog.open(dir);
    await log.append([event('whole')]);
    const inner = log as unknown as {
      handle: Record<'write' | 'truncate', (...args: unknown[]) => Promise<unknown>>;
    };
    const write = inner.handle.write.bind(inner.handle);
    let writes = 0;
    // Half of the first one reaches the disk, and it cannot be cut off.
    inner.handle.write = async (bytes, at, length) => {
      writes += 1;
      if (writes > 1) return write(bytes, at, length);
      await write(bytes, at, 10);
      throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' });
    };
    inner.handle.truncate = () => Promise.reject(new Error('EIO'));
    // The second call waits in the queue while the first one fails.
    const calls = await Promise.allSettled([log.append([event('half')]), log.append([event('queued')])]);
    const late = await Promise.allSettled([log.append([event('late')])]);
    expect([...calls, ...late].map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await log.close();
    expect(await stored(dir)).toEqual(['whole']);
  });

  const canMount =
    process.platform === 'linux' &&
    spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt']).status === 0;
  it.runIf(canMount)(
    'refuses what a full disk has no room for, keeps the rest, and goes on when there is room',
    () => {
      const disk = folder();
      mkdirSync(disk);
      const script = join(import.meta.dirname, 'fixtures', 'full-disk.mjs');
      const line = 'mount -t tmpfs -o size=200k tmpfs "$0" && exec "$1" "$2" "$0"';
      const { stdout, stderr, status } = spawnSync(
        'unshare',
        ['-rm', 'sh', '-c', line, disk, process.execPath, script],
        {
          encoding: 'utf8',
        },
      );
      expect(status, stderr).toBe(0);
      const { acknowledged, refused, again, found } = JSON.parse(stdout) as {
        acknowledged: string[];
        refused: [string, string][];
        again: object;
        found: string[];
      };
      expect(refused.length).toBeGreaterThanOrEqual(3);
      for (const [, code] of refused) expect(code).toBe('DISK_FULL');
      expect(acknowledged.length).toBeGreaterThan(5);
      expect(again).toEqual({ stored: 2, repeated: 0 });
      expect(found).toEqual(acknowledged);
    },
  );

  it('loses and doubles nothing that was acknowledged when it is killed', async () => {
    const dir = folder();
    const acknowledged = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      await new Promise<void>((resolve, reject) => {
        const script = join(import.meta.dirname, 'fixtures', 'append-events.mjs');
        const child = spawn(process.execPath, [script, dir, String(round)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let text = '';
        child.stdout.on('data', (chunk) => {
          text += String(chunk);
          if (text.length > 2000 * (round + 1)) child.kill('SIGKILL');
        });
        child.on('error', reject);
        child.on('exit', (code) => {
          if (code !== null) reject(new Error(`the appender ended with ${code}`));
          // A line that was cut short acknowledges nothing.
          for (const id of text.slice(0, text.lastIndexOf('\n')).split('\n'))
            if (id !== 'ready') acknowledged.add(id);
          resolve();
        });
      });
      const ids = await stored(dir);
      expect(new Set(ids).size).toBe(ids.length);
      const there = new Set(ids);
      expect([...acknowledged].filter((id) => !there.has(id))).toEqual([]);
    }
    expect(acknowledged.size).toBeGreaterThan(100);
  }, 60_000);
});
