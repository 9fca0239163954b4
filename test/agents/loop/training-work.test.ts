import { describe, expect, it } from 'vitest';
import { trainingWork } from '../../../src/agents/loop/training-work.js';

const rungs = [1 / 9, 1 / 3, 1];

describe('trainingWork', () => {
  it('counts rows and arithmetic: a model of more FLOPs costs more, one without any still reads its rows', () => {
    const work = (flopsPerSample: number) => trainingWork({ samples: 1000, flopsPerSample }, 0, rungs);
    expect(work(0)).toBeGreaterThan(0);
    expect(work(1e6)).toBeGreaterThan(2 * work(0));
    expect(trainingWork({ samples: 2000, flopsPerSample: 1e6 }, 0, rungs)).toBeCloseTo(2 * work(1e6), 12);
  });

  it('counts what a rung adds, so that all rungs together cost one whole training', () => {
    const whole = trainingWork({ samples: 900, flopsPerSample: 10 }, 0, rungs);
    const parts = [100, 300, 900].map((samples, rung) =>
      trainingWork({ samples, flopsPerSample: 10 }, rung, rungs),
    );
    expect(parts.reduce((a, b) => a + b)).toBeCloseTo(whole, 12);
  });
});
