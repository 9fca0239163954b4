import { describe, expect, it } from 'vitest';
import { Turns } from '../../../src/training/engines/turns.js';

describe('Turns', () => {
  it('runs one task after the other, in the order of the calls', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const task = (name: string, pauses: number) =>
      turns.take(async () => {
        log.push(`${name} begins`);
        for (let i = 0; i < pauses; i += 1) await Promise.resolve();
        log.push(`${name} ends`);
        return name;
      });
    expect(await Promise.all([task('a', 9), task('b', 0), task('c', 3)])).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('hands a failure to its own caller alone', async () => {
    const turns = new Turns();
    const failing = turns.take(() => Promise.reject(new Error('mine')));
    const fine = turns.take(() => Promise.resolve(7));
    await expect(failing).rejects.toThrow('mine');
    expect(await fine).toBe(7);
  });
});
