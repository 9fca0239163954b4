import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCheckpoint, type StateArray } from '../../../src/training/checkpoint/checkpoint-file.js';
import type { StepRates, TrainingEngine } from '../../../src/training/engines/training-engine.js';
import { resolveRecipe, type EpochProgress } from '../../../src/training/index.js';
import { TrainingLoop, type LoopOptions } from '../../../src/training/loop/training-loop.js';
import { LearningRates } from '../../../src/training/tables/learning-rates.js';
import type { Assignment } from '../../../src/schema/index.js';

/** An engine that only counts; ten steps are an epoch. */
class CountingEngine implements TrainingEngine {
  readonly stepsPerEpoch = 10;
  readonly samplesPerEpoch = 100;
  readonly parameterCount = 1;
  readonly flopsPerSample = 1;
  readonly timings = { prepareMs: 0, computeMs: 0, updateMs: 0 };
  readonly rates: StepRates[] = [];
  position = 0;
  kept = 0;
  restored = 0;
  losses: (step: number) => number = (step) => 1 / step;

  async step(step: number, rates: StepRates) {
    expect(step).toBe(this.position + 1);
    this.position = step;
    this.rates.push(rates);
    return { loss: this.losses(step), observables: { gate: step } };
  }
  settle(): void {}
  async evaluate() {
    return Float32Array.of(this.position);
  }
  async keepBest() {
    this.kept = this.position;
  }
  async restoreBest() {
    this.restored = this.kept;
  }
  async exportState(): Promise<ReadonlyMap<string, StateArray>> {
    return new Map([['position', Int32Array.of(this.position, this.kept)]]);
  }
  async importState(state: ReadonlyMap<string, StateArray>) {
    [this.position, this.kept] = state.get('position')!;
  }
  async close() {}
}

function loop(
  engine: TrainingEngine,
  assignment: Assignment,
  extra: Partial<LoopOptions> = {},
): TrainingLoop {
  const recipe = resolveRecipe('ctr', {
    'recipe.evaluationsPerEpoch': 1,
    'recipe.patience': 2,
    ...assignment,
  });
  return new TrainingLoop(engine, {
    recipe,
    evaluate: () => 0,
    learningRates: new LearningRates(),
    key: 'k',
    ...extra,
  });
}

/** Metric by evaluation step. */
const metrics = (values: Readonly<Record<number, number>>) => (scores: Float32Array) => values[scores[0]];

describe('TrainingLoop', () => {
  it('decays, stops early and restores the best', async () => {
    const engine = new CountingEngine();
    const evaluate = metrics({ 10: 0.6, 20: 0.7, 30: 0.65, 40: 0.69, 50: 0.9 });
    const result = await loop(
      engine,
      { 'recipe.patience': 2, 'recipe.decayPatience': 1 },
      { evaluate },
    ).run();
    expect(result).toMatchObject({ steps: 40, bestStep: 20, bestMetric: 0.7 });
    expect([engine.kept, engine.restored]).toEqual([20, 20]);
    expect(engine.rates[29].dense).toBe(1e-3);
    expect(engine.rates[30].dense).toBeCloseTo(1e-4, 10);
    expect(result.history.map((entry) => entry.learningRate)).toEqual([1e-3, 1e-3, 1e-3, 1e-3 * 0.1]);
  });

  it('reports means since the last evaluation', async () => {
    const engine = new CountingEngine();
    engine.losses = (step) => step;
    const reports: EpochProgress[] = [];
    const result = await loop(
      engine,
      { 'recipe.maxEpochs': 2 },
      { onProgress: (report) => reports.push(report) },
    ).run();
    expect(reports.map(({ step, loss, epoch }) => [step, loss, epoch])).toEqual([
      [10, 5.5, 1],
      [20, 15.5, 2],
    ]);
    expect(result.observables).toEqual({ gate: 15.5 });
  });

  it.each([
    [{ 'recipe.maxEpochs': 3 }, { fidelity: 0.5 }, [10, 20]], // 15 is rounded to whole evaluations
    [{ 'recipe.maxEpochs': 9 }, { fidelity: 1 / 9 }, [10]],
    [{ 'recipe.maxEpochs': 2, 'recipe.evaluationsPerEpoch': 2 }, {}, [5, 10, 15, 20]],
    [{ 'recipe.maxEpochs': 4, 'recipe.evaluationsPerEpoch': 0.5 }, {}, [20, 40]],
    [{ 'recipe.maxEpochs': 9 }, { fixedEpochs: 1.3, evaluate: undefined }, [10, 13]],
    [{ 'recipe.maxEpochs': 1 }, { fidelity: 0.001 }, [10]],
  ])('evaluates where %j with %j says', async (assignment, extra, steps) => {
    const patient = { 'recipe.patience': 99, ...assignment };
    const { history } = await loop(new CountingEngine(), patient, extra).run();
    expect(history.map((entry) => entry.step)).toEqual(steps);
  });

  it('never evaluates a refit and keeps its last weights', async () => {
    const engine = new CountingEngine();
    const result = await loop(engine, {}, { fixedEpochs: 2, evaluate: undefined }).run();
    expect(result).toMatchObject({ steps: 20, bestStep: 20, bestMetric: undefined });
    expect([engine.kept, engine.restored]).toEqual([0, 0]);
  });

  it('writes a checkpoint every so many steps and after every evaluation', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'loop-')), 'c');
    const engine = new CountingEngine();
    const seen: number[] = [];
    engine.losses = () => {
      seen.push(existsSync(path) ? (readCheckpoint(path).progress as { step: number }).step : 0);
      return 1;
    };
    await loop(engine, { 'recipe.maxEpochs': 2 }, { checkpoint: { path, everySteps: 4 } }).run();
    expect(seen).toEqual([0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 10, 10, 12, 12, 12, 12, 16, 16, 16, 16]);
  });

  it('without an interval writes one checkpoint, at the end of a share of the budget', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'loop-')), 'c');
    const engine = new CountingEngine();
    engine.losses = () => {
      expect(existsSync(path)).toBe(false);
      return 1;
    };
    await loop(engine, { 'recipe.maxEpochs': 4 }, { checkpoint: { path }, fidelity: 0.5 }).run();
    expect((readCheckpoint(path).progress as { step: number }).step).toBe(20);
  });

  it('without an interval keeps nothing of a whole training', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'loop-')), 'c');
    await loop(new CountingEngine(), { 'recipe.maxEpochs': 2 }, { checkpoint: { path } }).run();
    expect(existsSync(path)).toBe(false);
  });

  it('writes one after a step when the time has come', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'loop-')), 'c');
    const engine = new CountingEngine();
    const seen: number[] = [];
    engine.losses = () => {
      seen.push(existsSync(path) ? (readCheckpoint(path).progress as { step: number }).step : 0);
      return 1;
    };
    await loop(engine, { 'recipe.maxEpochs': 1 }, { checkpoint: { path, everyMs: 0 } }).run();
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('starts afresh when the checkpoint is beyond its budget', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'loop-')), 'c');
    const assignment = { 'recipe.maxEpochs': 9 };
    const extra = { checkpoint: { path }, resume: true };
    await loop(new CountingEngine(), assignment, { ...extra, fidelity: 1 / 3 }).run();
    const lower = new CountingEngine();
    const result = await loop(lower, assignment, { ...extra, fidelity: 1 / 9 }).run();
    expect([lower.rates.length, result.steps]).toEqual([10, 10]);
  });

  it('does not go on after an early stop that was already saved', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'loop-')), 'c');
    const evaluate = metrics({ 10: 0.9, 20: 0.1, 30: 0.1 });
    const extra = { checkpoint: { path, everySteps: 5 }, resume: true, evaluate };
    await loop(new CountingEngine(), { 'recipe.patience': 1 }, extra).run();
    const again = new CountingEngine();
    const result = await loop(again, { 'recipe.patience': 1 }, extra).run();
    expect([again.rates.length, again.restored, result.bestStep]).toEqual([0, 10, 10]);
  });

  it('names the step of a loss that is not finite', async () => {
    const engine = new CountingEngine();
    engine.losses = (step) => (step === 7 ? NaN : 1);
    await expect(loop(engine, {}).run()).rejects.toMatchObject({
      code: 'LOSS_NOT_FINITE',
      details: { step: 7 },
    });
  });
});
