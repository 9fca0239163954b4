import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdWindow } from '../../src/serving/index.js';
import { Slices } from '../../src/serving/slices.js';

describe('IdWindow', () => {
  it('knows the newest ids, and no id that was never added (property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.string(), { maxLength: 200 }), (most, ids) => {
        const window = new IdWindow(most);
        const distinct: string[] = [];
        for (const id of ids) {
          if (!window.has(id)) distinct.push(id);
          window.add(id);
          for (const known of distinct.slice(-most)) expect(window.has(known)).toBe(true);
          expect(window.has(`never ${id}`)).toBe(false);
        }
      }),
    );
  });

  it('forgets what is older than twice its size', () => {
    const window = new IdWindow(10);
    for (let i = 0; i < 31; i += 1) window.add(`e${i}`);
    expect(window.has('e0')).toBe(false);
    expect(window.has('e10')).toBe(false);
    expect(window.has('e20')).toBe(true);
    expect(() => new IdWindow(0)).toThrow(RangeError);
  });

  it('takes 16 to 32 bytes an id, and no more than twice the window of them', () => {
    const window = new IdWindow(5000);
    const empty = window.bytes;
    for (let i = 0; i < 5000; i += 1) window.add(`e${i}`);
    expect((window.bytes - empty) / 5000).toBeGreaterThanOrEqual(16);
    expect((window.bytes - empty) / 5000).toBeLessThanOrEqual(33);
    for (let i = 5000; i < 40_000; i += 1) window.add(`e${i}`);
    expect(window.bytes).toBeLessThanOrEqual(2 * 5000 * 33);
  });

  it('takes no new id for an old one among a hundred thousand, and is back from its state', async () => {
    const window = new IdWindow(100_000);
    for (let i = 0; i < 100_000; i += 1) window.add(`event-${i}`);
    const frozen = window.freeze();
    window.add('event-100001');
    let rests = 0;
    const slices = new Slices(0, async () => void (rests += 1));
    const again = new IdWindow(100_000, await frozen.state(slices));
    expect(rests).toBeGreaterThan(10);
    let wrong = 0;
    for (let i = 0; i < 100_000; i += 1) {
      if (again.has(`event-${i + 100_000}`)) wrong += 1;
      if (!again.has(`event-${i}`)) wrong += 1;
    }
    expect(wrong).toBe(0);
    again.add('one more');
    expect(again.has('event-5')).toBe(true); // the generation before is known still
  });
});
