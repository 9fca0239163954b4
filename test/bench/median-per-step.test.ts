import { expect, it } from 'vitest';
import { medianPerStep } from '../../bench/training/median-per-step.mjs';

const totals = (steps: readonly (readonly [number, number])[]) => {
  let [atMs, computeMs] = [1000, 0];
  return steps.map(([step, compute]) => ({ atMs: (atMs += step), computeMs: (computeMs += compute) }));
};

it('the parts of a step are measured as the step is: no slow start, no stray interval', () => {
  // The first interval compiles for 900 ms, one is disturbed, the others take 8 ms of 10 to compute.
  const marks = totals([
    [900, 900],
    [10, 8],
    [200, 190],
    [10, 8],
  ]);
  expect(medianPerStep(marks, 'atMs', 2)).toBe(5);
  expect(medianPerStep(marks, 'computeMs', 2)).toBe(4);
});

it('of an even number of intervals it is the mean of the middle two', () => {
  const marks = totals([
    [1, 1],
    [10, 2],
    [20, 4],
  ]);
  expect(medianPerStep(marks, 'atMs', 1)).toBe(15);
  expect(medianPerStep(marks, 'computeMs', 1)).toBe(3);
});
