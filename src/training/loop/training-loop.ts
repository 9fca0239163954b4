import { existsSync } from 'node:fs';
import { AutoModelError, clock } from '../../platform/index.js';
import { readCheckpoint, writeCheckpoint } from '../checkpoint/checkpoint-file.js';
import type { TrainingEngine } from '../engines/training-engine.js';
import type { LearningRates } from '../tables/learning-rates.js';
import type { HistoryEntry } from './fitted-model.js';
import { IntervalMeans } from './interval-means.js';
import { Plateau } from './plateau.js';
import { parseProgress, type Progress } from './progress.js';
import type { Evaluate, TrainOptions } from './train-options.js';

export interface LoopOptions extends Pick<
  TrainOptions,
  'recipe' | 'onProgress' | 'checkpoint' | 'resume' | 'signal' | 'fidelity' | 'fixedEpochs'
> {
  /** undefined: no validation */
  readonly evaluate: Evaluate | undefined;
  readonly learningRates: LearningRates;
  /** hash of what a checkpoint must agree with */
  readonly key: string;
}

export interface LoopResult {
  readonly steps: number;
  readonly bestStep: number;
  readonly bestMetric: number | undefined;
  readonly history: readonly HistoryEntry[];
  readonly observables: Readonly<Record<string, number>>;
}

/** Steps, evaluations, plateau, early stop, checkpoints. Knows no model and no data: an engine makes the steps. */
export class TrainingLoop {
  private readonly plateau: Plateau;
  private readonly interval = new IntervalMeans();
  private history: HistoryEntry[] = [];
  private observables: Readonly<Record<string, number>> = {};
  private step = 0;
  private stopped = false;
  /** when the last checkpoint was written, or the training began */
  private savedMs = clock.monotonicMs();
  private readonly totalSteps: number;
  private readonly stepsPerEvaluation: number;

  constructor(
    private readonly engine: TrainingEngine,
    private readonly options: LoopOptions,
  ) {
    const { recipe, fixedEpochs, fidelity = 1 } = options;
    this.stepsPerEvaluation = Math.max(1, Math.round(engine.stepsPerEpoch / recipe.evaluationsPerEpoch));
    const fullSteps = Math.max(1, Math.ceil((fixedEpochs ?? recipe.maxEpochs) * engine.stepsPerEpoch - 1e-9));
    this.totalSteps = fidelity === 1 ? fullSteps : rungSteps(fullSteps, fidelity, this.stepsPerEvaluation);
    this.plateau = new Plateau(recipe);
  }

  /**
   * Trains to the end of the budget or an early stop, and leaves the best weights in the engine.
   * @throws LOSS_NOT_FINITE, INTERRUPTED (after a checkpoint), DISK_FULL, and what the engine throws
   */
  async run(): Promise<LoopResult> {
    await this.resume();
    const begun = this.step;
    while (this.step < this.totalSteps && !this.stopped) {
      await this.stopWhenAborted();
      await this.makeStep();
      if (this.step % this.stepsPerEvaluation === 0 || this.step === this.totalSteps) await this.evaluate();
      else if (this.isDue()) await this.saveCheckpoint();
    }
    const { checkpoint, fidelity = 1 } = this.options;
    const goesOn = fidelity < 1 && this.step > begun;
    if (goesOn && checkpoint?.everySteps === undefined) await this.saveCheckpoint();
    this.engine.settle();
    const { state } = this.plateau;
    if (state.best !== undefined) await this.engine.restoreBest();
    return {
      steps: this.step,
      bestStep: state.best === undefined ? this.step : state.bestStep,
      bestMetric: state.best,
      history: this.history,
      observables: this.observables,
    };
  }

  private isDue(): boolean {
    const { everySteps = Infinity, everyMs = Infinity } = this.options.checkpoint ?? {};
    return this.step % everySteps === 0 || clock.monotonicMs() - this.savedMs >= everyMs;
  }

  private async makeStep(): Promise<void> {
    const { recipe, learningRates } = this.options;
    const { factor } = this.plateau.state;
    const step = this.step + 1;
    const rates = { dense: recipe.learningRate * factor, embedding: recipe.embeddingLearningRate * factor };
    learningRates.record(step, rates.embedding);
    const result = await this.engine.step(step, rates, this.totalSteps);
    if (!Number.isFinite(result.loss)) {
      throw new AutoModelError(
        'LOSS_NOT_FINITE',
        `The loss is ${result.loss} at step ${step}, learning rate ${rates.dense}`,
        {
          remedy:
            'Use smaller learning rates or a smaller clipNorm, and check the numeric columns for huge values.',
          details: { step, learningRate: rates.dense, embeddingLearningRate: rates.embedding },
        },
      );
    }
    this.step = step;
    this.interval.add(result);
  }

  private async evaluate(): Promise<void> {
    const { evaluate, onProgress } = this.options;
    const { engine, step, interval } = this;
    const learningRate = this.options.recipe.learningRate * this.plateau.state.factor;
    let metric: number | undefined;
    if (evaluate !== undefined) {
      metric = evaluate(await engine.evaluate());
      if (!Number.isFinite(metric)) {
        throw new AutoModelError(
          'PREDICTIONS_INVALID',
          `The validation metric is ${metric} after step ${step}`,
          {
            remedy: 'Check the metric and the validation labels.',
            details: { step },
          },
        );
      }
      const { improved, stop } = this.plateau.judge(metric, step);
      if (improved) await engine.keepBest();
      this.stopped = stop;
    }
    const epoch = step / engine.stepsPerEpoch;
    this.observables = interval.observables;
    this.history.push({ step, epoch, loss: interval.loss, metric, learningRate });
    const timings = { ...engine.timings };
    onProgress?.({ step, totalSteps: this.totalSteps, epoch, loss: interval.loss, metric, timings });
    interval.clear();
    if (this.options.checkpoint?.everySteps !== undefined) await this.saveCheckpoint();
  }

  private async stopWhenAborted(): Promise<void> {
    const { signal, checkpoint } = this.options;
    if (signal?.aborted !== true) return;
    await this.saveCheckpoint();
    throw new AutoModelError('INTERRUPTED', `Training was interrupted after step ${this.step}`, {
      remedy: checkpoint === undefined ? 'Start it again.' : 'Resume it: the checkpoint holds this step.',
      retryable: true,
      details: { step: this.step },
    });
  }

  private async saveCheckpoint(): Promise<void> {
    const { checkpoint, key, learningRates } = this.options;
    if (checkpoint === undefined) return;
    const arrays = await this.engine.exportState();
    const progress: Progress = {
      version: 1,
      key,
      step: this.step,
      stopped: this.stopped,
      plateau: this.plateau.state,
      learningRates: learningRates.toJson(),
      history: this.history,
      sums: this.interval.sums,
      observables: { ...this.observables },
    };
    writeCheckpoint(checkpoint.path, { progress, arrays });
    this.savedMs = clock.monotonicMs();
  }

  private async resume(): Promise<void> {
    const { resume, checkpoint, key, learningRates } = this.options;
    if (resume !== true || checkpoint === undefined || !existsSync(checkpoint.path)) return;
    const saved = readCheckpoint(checkpoint.path);
    const progress = parseProgress(saved.progress, key, checkpoint.path);
    // Left by a higher rung: its weights have seen more than this budget allows.
    if (progress.step > this.totalSteps) return;
    this.step = progress.step;
    this.stopped = progress.stopped;
    this.plateau.restore({ ...progress.plateau, best: progress.plateau.best });
    learningRates.restore(progress.learningRates);
    this.history = progress.history.map((entry) => ({ ...entry, metric: entry.metric }));
    this.interval.sums = progress.sums;
    this.observables = progress.observables;
    await this.engine.importState(saved.arrays, progress.step);
  }
}

/**
 * Steps of a part of the budget: the nearest whole number of evaluations. A rung thus ends where the full training is
 * evaluated too, so that going on from its checkpoint makes the same decisions, bit for bit, as a training that never
 * stopped there.
 */
function rungSteps(fullSteps: number, fidelity: number, stepsPerEvaluation: number): number {
  const evaluations = Math.max(1, Math.round((fullSteps * fidelity) / stepsPerEvaluation));
  return Math.min(fullSteps, evaluations * stepsPerEvaluation);
}
