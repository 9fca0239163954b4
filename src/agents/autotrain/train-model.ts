import { join } from 'node:path';
import {
  AutoModelError,
  clock,
  config as machine,
  isErrorCode,
  workerEntry,
  type ErrorCode,
} from '../../platform/index.js';
import type { PreparedDataset } from '../../data/index.js';
import { createProcessExecutor } from '../../execution/index.js';
import { idOf, keepsArtefact, modelById, spaceOf } from '../../models/index.js';
import {
  primaryMetric,
  type Assignment,
  type EncodedDataset,
  type MetricTable,
  type ModelScore,
  type OperationIo,
  type TrainOptions,
  type TrainResult,
  type TrialOutcome,
  type TrialRequest,
} from '../../schema/index.js';
import { asChoices, defaults } from '../../space/index.js';
import type { Scoreboard } from '../../stats/index.js';
import { scoreTest } from '../evaluation/open-test.js';
import { pairedOn } from '../evaluation/paired.js';
import { orientedValue, summarise } from '../evaluation/scoring.js';
import { floorModels } from '../loop/baseline.js';
import type { RunJournal } from '../loop/run-journal.js';
import { TrialRunner } from '../loop/trial-runner.js';
import { ValidationScorer } from '../loop/validation-scorer.js';
import type { Project } from '../project/open-project.js';
import { fieldsOf } from '../trial/candidate-space.js';
import { memoryShareMb } from '../trial/memory-share.js';
import { trialRequest, type TrialPlace, type TrialWish } from '../trial/trial-request.js';
import { givenAssignment } from './given-assignment.js';
import { tried, tuningLadder } from './tuning-ladder.js';

const candidateRemedy = 'Change the hyper-parameter or the data that the message names.';
const environmentRemedy =
  'Run automodel doctor, give the training more memory or fewer --workers, and run again; finished seeds are kept.';

type Finished = {
  readonly request: TrialRequest;
  readonly outcome: Extract<TrialOutcome, { kind: 'scored' }>;
};

/** One model over seeds, chosen and early-stopped on validation, beside the floors. */
export class ModelTrainer {
  private readonly runner: TrialRunner;
  private readonly scorer: ValidationScorer;
  private readonly close_: () => Promise<void>;

  constructor(
    private readonly project: Project,
    private readonly prepared: PreparedDataset,
    private readonly place: TrialPlace,
    private readonly journal: RunJournal,
    private readonly dataset: EncodedDataset,
    private readonly io: OperationIo,
    workers: number,
  ) {
    const executor = createProcessExecutor({
      entry: workerEntry('agents/trial/trial-worker'),
      workers,
      threadsPerWorker: place.threads,
      memoryLimitMb: memoryShareMb(workers, machine.machineMemoryMb),
    });
    this.close_ = () => executor.close();
    this.runner = new TrialRunner({ executor, memory: journal.memory, signal: io.signal });
    this.scorer = new ValidationScorer(dataset);
  }

  close(): Promise<void> {
    return this.close_();
  }

  async train(given: TrainOptions): Promise<TrainResult> {
    const { task } = this.prepared.contract;
    const entry = modelById(given.model, task);
    const options = { ...given, hyperParameters: asChoices(spaceOf(entry), given.hyperParameters) };
    const own = givenAssignment(entry, task, options.hyperParameters);
    // A switch of a field that is not there is refused before anything is trained.
    fieldsOf(this.dataset, own);
    const tuned = options.tune > 0 ? await this.tune(options, own) : null;
    const assignment = tuned?.chosen ?? own;
    const seeds = Array.from({ length: options.seeds }, (_, i) => options.seed + i);
    const runs = await this.runs(options.model, assignment, seeds, options.test, keepsArtefact(entry));
    if (tuned !== null)
      await this.journal.noteTuned(this.prepared.contract.hash, options.model, tuned.chosen);
    const floors = await this.floors(options, idOf(entry), seeds);
    const tests = options.test
      ? await this.openTest([runs, ...floors.map((floor) => floor.runs)])
      : undefined;
    const [first] = runs;
    return {
      model: options.model,
      seeds,
      hyperParameters: assignment,
      contract: this.prepared.contract,
      metrics: this.metricsOf(runs, tests?.[0]),
      floors: floors.map((floor, i) => ({
        ...floor.score,
        metrics: this.metricsOf(floor.runs, tests?.[i + 1]),
      })),
      comparisons: floors.map((floor, i) =>
        this.comparison(floor.score.model, runs, floor.runs, tests?.[0], tests?.[i + 1]),
      ),
      cost: costOf(runs),
      parameters: first.outcome.cost.parameters,
      flopsPerSample: first.outcome.cost.flopsPerSample,
      artefact: keepsArtefact(entry) ? artefactName(first.request) : null,
      artefactPath: keepsArtefact(entry) ? this.artefactDir(first.request) : null,
      tuned,
      testOpenings: this.journal.testOpenings(this.prepared.contract.hash),
    };
  }

  /** Model minus floor over paired seeds and the same users; a floor that was run once stands beside every seed. */
  private comparison(
    against: string,
    runs: readonly Finished[],
    floor: readonly Finished[],
    test: readonly Scoreboard[] | undefined,
    floorTest: readonly Scoreboard[] | undefined,
  ): TrainResult['comparisons'][number] {
    const metric = primaryMetric[this.prepared.contract.task];
    const own = test ?? runs.map((run) => this.scorer.score(run.request, 'all', run.outcome));
    const theirs = floorTest ?? floor.map((run) => this.scorer.score(run.request, 'all', run.outcome));
    const { difference, lower, upper, se } = pairedOn(
      metric,
      own,
      own.map((_, i) => theirs[Math.min(i, theirs.length - 1)]),
    );
    return {
      against,
      metric,
      split: test === undefined ? 'validation' : 'test',
      difference,
      ci: [lower, upper],
      se,
    };
  }

  /** Walks the ladder with one seed; the best on validation is kept at every step. */
  private async tune(options: TrainOptions, start: Assignment) {
    const { task } = this.prepared.contract;
    const metric = primaryMetric[task];
    const entry = modelById(options.model, task);
    const ladder = tuningLadder(entry, task, options.tune, options.seed);
    const total = 1 + ladder.reduce((sum, step) => sum + step.choices.length, 0);
    let done = 0;
    const tell = () => this.io.onProgress({ kind: 'phase', name: `Tune ${options.model}`, done, total });
    tell();
    const valueOf = async (assignment: Assignment): Promise<number> => {
      const outcome = await this.runner.run(this.request(options.model, assignment, options.seed, false));
      done += 1;
      tell();
      return outcome.kind === 'scored'
        ? orientedValue(metric, outcome.validation[metric])
        : Number.NEGATIVE_INFINITY;
    };
    let best = { assignment: start, value: await valueOf(start) };
    for (const step of ladder) {
      const base = best.assignment;
      const rung = step.choices.map((choice) => tried(entry, base, choice, options.hyperParameters));
      const values = await Promise.all(rung.map(valueOf));
      for (const [i, assignment] of rung.entries())
        if (values[i] > best.value) best = { assignment, value: values[i] };
    }
    return { trials: total, chosen: best.assignment };
  }

  private request(model: string, assignment: Assignment, seed: number, predictTest: boolean): TrialRequest {
    const wish: TrialWish = { model, assignment, seed, validationShare: 'all', predictTest };
    return trialRequest(this.place, wish);
  }

  private artefactDir(request: TrialRequest): string {
    return join(this.project.paths.artefacts, artefactName(request));
  }

  private async runs(
    model: string,
    assignment: Assignment,
    seeds: readonly number[],
    predictTest: boolean,
    keep: boolean,
  ): Promise<readonly Finished[]> {
    const name = `Train ${model}, ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}`;
    const shares = seeds.map(() => 0);
    const tell = (message: string): void => {
      const done = shares.reduce((sum, share) => sum + share, 0);
      this.io.onProgress({ kind: 'phase', name: `${name}${message}`, done, total: seeds.length });
    };
    tell('');
    const run = async (seed: number, i: number): Promise<Finished> => {
      const begun = clock.monotonicMs();
      const plain = this.request(model, assignment, seed, predictTest);
      const request = keep && i === 0 ? { ...plain, artefactDir: this.artefactDir(plain) } : plain;
      const outcome = await this.runner.run(request, ({ done, message }) => {
        shares[i] = done;
        tell(`: ${message}`);
      });
      shares[i] = 1;
      if (outcome.kind === 'fault') {
        throw new AutoModelError(knownCode(outcome.code), `${model}, seed ${seed}: ${outcome.message}`, {
          remedy: outcome.remedy ?? (outcome.infrastructure ? environmentRemedy : candidateRemedy),
          details: { model, seed, seconds: (clock.monotonicMs() - begun) / 1000 },
        });
      }
      return { request, outcome };
    };
    return Promise.all(seeds.map(run));
  }

  /**
   * Floors of the task on the same split, with the configuration that this project tuned for them when it did. Counting
   * draws nothing at random, so such floors are run once.
   */
  private async floors(options: TrainOptions, trained: string, seeds: readonly number[]) {
    const { task, hash } = this.prepared.contract;
    const floors: { score: Omit<ModelScore, 'metrics'>; runs: readonly Finished[] }[] = [];
    for (const model of floorModels[task]) {
      if (model === trained) continue;
      const entry = modelById(model, task);
      const assignment = this.journal.tunedAssignment(hash, model) ?? { ...defaults(spaceOf(entry)) };
      const floorSeeds = entry.kind === 'graph' ? seeds : [options.seed];
      const runs = await this.runs(model, assignment, floorSeeds, options.test, false);
      floors.push({ score: { model, assignment, cost: costOf(runs) }, runs });
    }
    return floors;
  }

  private metricsOf(runs: readonly Finished[], test: readonly Scoreboard[] | undefined): MetricTable {
    const validation = summarise(runs.map((run) => this.scorer.score(run.request, 'all', run.outcome)));
    return test === undefined ? { validation } : { validation, test: summarise(test) };
  }

  /** One opening for the model and its floors together, recorded before it happens. */
  private async openTest(
    groups: readonly (readonly Finished[])[],
  ): Promise<readonly (readonly Scoreboard[])[]> {
    const keys = groups.map((runs) => runs.map((run) => run.request.key));
    await this.journal.noteTestOpening('train', this.prepared.contract.hash, keys.flat());
    return scoreTest(this.place, keys, this.io.signal);
  }
}

function artefactName(request: TrialRequest): string {
  return request.key.slice(0, 16);
}

function knownCode(code: string): ErrorCode {
  return isErrorCode(code) ? code : 'INTERNAL';
}

function costOf(runs: readonly Finished[]): ModelScore['cost'] {
  return {
    seconds: runs.reduce((sum, run) => sum + run.outcome.cost.seconds, 0),
    trainings: runs.length,
    samples: runs.reduce((sum, run) => sum + run.outcome.cost.samples, 0),
  };
}
