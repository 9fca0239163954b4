import { describe, expect, it } from 'vitest';
import { Slots } from '../../../src/training/engines/slots.js';

describe('Slots', () => {
  it('lets so many run at once, the others in order, and gives a place back after a failure', async () => {
    const slots = new Slots(2);
    const begun: number[] = [];
    const finish: ((error?: Error) => void)[] = [];
    const task = (n: number) =>
      slots.take(
        () =>
          new Promise<number>((resolve, reject) => {
            begun.push(n);
            finish[n] = (error) => (error === undefined ? resolve(n) : reject(error));
          }),
      );
    const tasks = [0, 1, 2, 3].map(task);
    await Promise.resolve();
    expect(begun).toEqual([0, 1]);
    finish[1](new Error('broken'));
    await expect(tasks[1]).rejects.toThrow('broken');
    expect(begun).toEqual([0, 1, 2]);
    finish[0]();
    finish[2]();
    expect(await tasks[2]).toBe(2);
    expect(begun).toEqual([0, 1, 2, 3]);
    finish[3]();
    expect(await Promise.all([tasks[0], tasks[3]])).toEqual([0, 3]);
  });
});
