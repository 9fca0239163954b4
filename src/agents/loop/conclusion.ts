import type { Assignment, Improvement, MetricTable, ModelScore } from '../../schema/index.js';
import { seedNoiseFor, type PooledSeedNoise, type Scoreboard } from '../../stats/index.js';
import { defaults } from '../../space/index.js';
import { modelById, spaceOf } from '../../models/index.js';
import { pairedOn } from '../evaluation/paired.js';
import { scoreTest } from '../evaluation/open-test.js';
import { summarise } from '../evaluation/scoring.js';
import type { Candidate } from '../trial/candidate-space.js';
import { floorModels } from './baseline.js';
import type { Incumbent } from './gate-looks.js';
import { runSeeds, seedPairs, tablesOn, type FinishedRun, type RunContext } from './run-context.js';
import { harnessSeed } from './run-settings.js';

/** A row of the closing table with what its intervals were made of. */
export interface ConcludedScore extends ModelScore {
  readonly role: 'floor' | 'baseline' | 'best' | 'control';
  readonly bestEpoch: number;
}

export interface Conclusion {
  readonly scores: readonly ConcludedScore[];
  readonly improvement: Improvement | null;
  /** of the runs whose test predictions were scored; empty where the test split stayed closed */
  readonly testKeys: readonly string[];
}

export interface ConclusionOptions {
  readonly baseline: Candidate;
  readonly incumbent: Incumbent;
  /** leader of the random control with the whole budget */
  readonly control: Candidate | undefined;
  readonly noise: PooledSeedNoise;
  /** of the grant before, if any: what was scored then is not scored again */
  readonly previous: Conclusion | undefined;
  /** whether anything was searched; without that there is no claim to open the test split for */
  readonly searched: boolean;
}

interface Row {
  readonly role: ConcludedScore['role'];
  readonly candidate: Candidate;
  readonly runs: readonly FinishedRun[];
}

/**
 * The end of a run: floors, baseline and best are trained on fresh seeds (the unbiased re-estimate of rule 11), then the
 * scorer process opens the sealed test labels once and scores all of them. A null run never opens the test split, nor does
 * a grant that changed nothing.
 */
export async function conclude(context: RunContext, options: ConclusionOptions): Promise<Conclusion> {
  const { baseline, incumbent, control, noise, previous } = options;
  const rows: Row[] = [];
  for (const model of floorModels[context.settings.task]) {
    if (model === baseline.model) continue;
    const space = spaceOf(modelById(model, context.settings.task));
    rows.push(await finalRow(context, 'floor', { model, assignment: { ...defaults(space) } }, 1));
  }
  rows.push(await finalRow(context, 'baseline', baseline, context.settings.finalSeeds));
  if (incumbent.trial >= 0)
    rows.push(await finalRow(context, 'best', incumbent.candidate, context.settings.finalSeeds));
  if (control !== undefined)
    rows.push(await finalRow(context, 'control', control, context.settings.finalSeeds));

  const opened = context.settings.nullSeed === null && options.searched;
  const testKeys = opened ? rows.flatMap((row) => row.runs.map((run) => run.request.key)) : [];
  if (previous !== undefined && sameKeys(previous.testKeys, testKeys)) {
    const { scores, improvement } = previous;
    await context.log.record('run-concluded', { scores, improvement }, ['scores']);
    return previous;
  }
  if (opened) await noteOpening(context, testKeys);
  if (opened && context.log.upcoming === 'run-concluded') {
    // Replayed: what the scorer found is recorded, so the labels need not be opened again.
    const recorded = await context.log.decide<Omit<Conclusion, 'testKeys'>>('run-concluded', () => {
      throw new RangeError('a recorded decision is not computed');
    });
    return { ...recorded, testKeys };
  }
  const tests = opened ? await openTest(context, rows) : rows.map(() => undefined);
  const scores = rows.map((row, i) => scoreOf(context, row, tests[i], noise));
  const baselineAt = rows.findIndex((row) => row.role === 'baseline');
  const bestAt = rows.findIndex((row) => row.role === 'best');
  let improvement: Improvement | null = null;
  if (bestAt >= 0) {
    const seedNoise = seedNoiseFor(noise, rows[bestAt].candidate.model, rows[baselineAt].candidate.model);
    const split = opened ? 'test' : 'validation';
    const of = (at: number) => tests[at] ?? tablesOn(context, rows[at].runs, 'gate');
    const pairs = seedPairs(rows[bestAt].runs, rows[baselineAt].runs);
    if (pairs.length > 0) {
      const [best, ancestor] = [of(bestAt), of(baselineAt)];
      const paired = pairedOn(
        context.metric,
        pairs.map(([i]) => best[i]),
        pairs.map(([, j]) => ancestor[j]),
        seedNoise,
      );
      improvement = {
        metric: context.metric,
        split,
        difference: paired.difference,
        ci: [paired.lower, paired.upper],
        se: paired.se,
      };
    }
  }
  await context.log.record('run-concluded', { scores, improvement }, ['scores']);
  return { scores, improvement, testKeys };
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length > 0 && a.length === b.length && a.every((key, i) => key === b[i]);
}

async function finalRow(
  context: RunContext,
  role: Row['role'],
  candidate: Candidate,
  seeds: number,
): Promise<Row> {
  const runs = await runSeeds(context, {
    purpose: `Final runs: ${candidate.model}`,
    candidate,
    seeds: Array.from({ length: seeds }, (_, i) => harnessSeed(context.settings.seed, 'final', i)),
    validationShare: 'search',
    predictTest: context.settings.nullSeed === null,
  });
  return { role, candidate, runs };
}

/** One opening for all rows together, recorded before it happens: an opening that crashes still counts. */
async function noteOpening(context: RunContext, keys: readonly string[]): Promise<void> {
  await context.log.record('test-opened', { contractHash: context.settings.contractHash, keys });
}

async function openTest(
  context: RunContext,
  rows: readonly Row[],
): Promise<readonly (readonly Scoreboard[])[]> {
  context.io.onProgress({ kind: 'phase', name: 'Open the test split', done: 0, total: 1 });
  return scoreTest(
    context.place,
    rows.map((row) => row.runs.map((run) => run.request.key)),
    context.io.signal,
  );
}

function scoreOf(
  context: RunContext,
  row: Row,
  test: readonly Scoreboard[] | undefined,
  noise: PooledSeedNoise,
): ConcludedScore {
  const seedNoise = row.runs.length > 1 ? seedNoiseFor(noise, row.candidate.model) : undefined;
  const metrics: MetricTable = {};
  if (row.runs.length > 0) {
    metrics.validation = summarise(tablesOn(context, row.runs, 'gate'), context.metric, seedNoise);
    if (test !== undefined && test.length > 0) metrics.test = summarise(test, context.metric, seedNoise);
  }
  const sum = (of: (run: FinishedRun) => number) => row.runs.reduce((total, run) => total + of(run), 0);
  return {
    role: row.role,
    model: row.candidate.model,
    assignment: row.candidate.assignment satisfies Assignment,
    metrics,
    bestEpoch: row.runs.length === 0 ? 0 : sum((run) => run.outcome.bestEpoch) / row.runs.length,
    cost: {
      seconds: sum((run) => run.outcome.cost.seconds),
      trainings: row.runs.length,
      samples: sum((run) => run.outcome.cost.samples),
    },
  };
}
