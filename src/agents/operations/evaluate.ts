import { mkdirSync } from 'node:fs';
import { canonicalJson, sha256 } from '../../platform/index.js';
import { openDataset, readNextItemRows, readTable, type PreparedDataset } from '../../data/index.js';
import { openJournal } from '../../journal/index.js';
import type {
  CtrDataset,
  CtrSource,
  EvaluateOptions,
  EvaluateResult,
  NextItemDataset,
  OperationIo,
} from '../../schema/index.js';
import { alignScores, checkScores, exactUpTo, type Scoreboard, type ScoreKind } from '../../stats/index.js';
import {
  entryBytes,
  exactMetrics,
  ranksOfEntries,
  requireKnownItems,
  writeEntries,
  type ListFacts,
  type RankedEntries,
} from '../evaluation/external-rankings.js';
import { scoreExternal, scoreExternalLists } from '../evaluation/open-test.js';
import { alignedPath } from '../evaluation/sealed-scores.js';
import { scoreboardOf, summarise } from '../evaluation/scoring.js';
import { RunJournal } from '../loop/run-journal.js';
import { encodedProject, openProject, trialPlace, type Project } from '../project/open-project.js';
import type { TrialPlace } from '../trial/trial-request.js';
import { writeValues } from '../trial/prediction-files.js';
import { validationTruth } from '../trial/validation-truth.js';

/** What scoring needs besides the predictions. */
interface Evaluation {
  readonly prepared: PreparedDataset;
  readonly place: TrialPlace;
  readonly split: EvaluateOptions['split'];
  readonly memory: RunJournal;
  readonly io: OperationIo;
}

interface Scored {
  readonly rows: number;
  readonly board: Scoreboard;
}

/**
 * Recomputes every metric from any system's predictions of the project's validation or test rows. `row` is the number of
 * a row in the event table, from 0, over all its files in order.
 *
 * ctr, rating: columns (row, score), each row of the split once, other rows are left out with a warning; ctr scores that all lie in [0, 1] are probabilities,
 * others logits.
 *
 * next-item: columns (row, item, score), `item` a raw id of the log; per row of the split a list of the best items, 100 of
 * them for metrics up to k = 50. Items of the user's history and items that training never saw are no candidates and
 * are left out of the lists; metrics at k above half the shortest list are left out with a warning.
 *
 * Test labels are opened by the scorer process alone, after the opening was journalled.
 * @throws PREDICTIONS_INVALID for a missing, unknown or repeated row (or item of a row) and for scores that are not finite
 */
export async function evaluate(options: EvaluateOptions, io: OperationIo): Promise<EvaluateResult> {
  const { split, predictions } = options;
  const project = openProject(options.projectDir);
  const prepared = await encodedProject(project, io);
  const dataset = openDataset(prepared.dir);
  const score =
    dataset.task === 'next-item'
      ? await listScorer(dataset, prepared.dir, predictions, io.signal)
      : await rowScorer(dataset, predictions, split, io);
  return withJournal(project, async (memory) => {
    const place = trialPlace(project, prepared, 1);
    const { rows, board } = await score({ prepared, place, split, memory, io });
    return {
      contract: prepared.contract,
      rows,
      metrics: { [split]: summarise([board]) },
      testOpenings: memory.testOpenings(prepared.contract.hash),
    };
  });
}

async function withJournal<T>(project: Project, work: (memory: RunJournal) => Promise<T>): Promise<T> {
  mkdirSync(project.paths.state, { recursive: true });
  const journal = await openJournal({ path: project.paths.journal });
  try {
    return await work(await RunJournal.open(journal));
  } finally {
    await journal.close();
  }
}

/** Records that the scorer is about to open the test labels for these predictions; returns where they are put for it. */
async function handOver({ memory, prepared, place }: Evaluation, content: Uint8Array): Promise<string> {
  const key = sha256(canonicalJson([prepared.contract.hash, sha256(content)])).slice(0, 32);
  await memory.noteTestOpening('evaluate', prepared.contract.hash, [key]);
  return alignedPath(place.predictionsDir, key);
}

/** Reads and aligns one score per row, before any label is touched. */
async function rowScorer(
  dataset: CtrDataset,
  file: string,
  split: EvaluateOptions['split'],
  io: OperationIo,
): Promise<(evaluation: Evaluation) => Promise<Scored>> {
  const table = await readTable(file, ['row', 'score']);
  const given = table.get('score') ?? new Float64Array();
  const ids = rowIdsOf(split === 'test' ? dataset.test : dataset.validation);
  const aligned = alignScores(ids, table.get('row') ?? new Float64Array(), given);
  if (aligned.others > 0) {
    const message = `${aligned.others} predictions are of rows outside the ${split} split; left out.`;
    io.warn({ code: 'ROWS_IGNORED', message });
  }
  const scores = Float32Array.from(aligned.scores);
  // Scores are kept in single precision, where a large one may have become infinite.
  checkScores(scores, ids.length);
  const kind = kindOf(aligned.scores, dataset.task);
  if (dataset.task === 'ctr') {
    const message = `Scores are read as ${kind === 'logit' ? 'logits' : 'probabilities'}.`;
    io.warn({ code: 'SCORE_KIND', message });
  }
  return async (evaluation) => {
    if (split === 'validation') {
      const board = scoreboardOf(validationTruth(dataset, 'all'), scores, undefined, kind);
      return { rows: scores.length, board };
    }
    const bytes = new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength);
    const path = await handOver(evaluation, bytes);
    writeValues(path, scores);
    return { rows: scores.length, board: await scoreExternal(evaluation.place, path, kind, io.signal) };
  };
}

/** Values that all lie in [0, 1] are probabilities; anything else are logits. */
function kindOf(scores: Float64Array, task: 'ctr' | 'rating'): ScoreKind {
  return task === 'ctr' && scores.every((score) => score >= 0 && score <= 1) ? 'probability' : 'logit';
}

function rowIdsOf(source: CtrSource): Float64Array {
  const ids = new Float64Array(source.rows);
  for (let index = 0; index < source.blockCount; index += 1)
    ids.set(source.block(index).rowIds, source.blockStarts[index]);
  return ids;
}

/** Reads lists of items. Which cases of the test split their rows mean is known to the scorer alone. */
async function listScorer(
  dataset: NextItemDataset,
  dir: string,
  file: string,
  signal: AbortSignal,
): Promise<(evaluation: Evaluation) => Promise<Scored>> {
  const { items, numbers } = await readNextItemRows({
    dir,
    file,
    item: 'item',
    numbers: ['row', 'score'],
    signal,
  });
  const rows = numbers.get('row') ?? new Float64Array();
  const scores = numbers.get('score') ?? new Float64Array();
  const entries: RankedEntries = { rows, items, scores };
  requireKnownItems(entries);
  return async (evaluation) => {
    const { board, facts } =
      evaluation.split === 'test' ? await testLists(evaluation, entries) : validationLists(dataset, entries);
    for (const warning of factWarnings(facts)) evaluation.io.warn(warning);
    return { rows: dataset[evaluation.split].count, board };
  };
}

async function testLists(evaluation: Evaluation, entries: RankedEntries) {
  const bytes = entryBytes(entries);
  const path = await handOver(evaluation, bytes);
  writeEntries(path, bytes);
  return scoreExternalLists(evaluation.place, path, evaluation.io.signal);
}

function validationLists(dataset: NextItemDataset, entries: RankedEntries) {
  const { users, historyEnds, targets, rowIds } = dataset.validation;
  if (targets === undefined || rowIds === undefined) {
    throw new RangeError('the validation split has no targets');
  }
  const { ranks, facts } = ranksOfEntries(entries, { users, historyEnds, targets, rowIds }, dataset);
  return { board: scoreboardOf(validationTruth(dataset, 'all'), ranks, exactMetrics(facts)), facts };
}

function factWarnings({ shortest, masked, unknown }: ListFacts) {
  const warnings: { code: string; message: string }[] = [];
  const warn = (code: string, message: string) => void warnings.push({ code, message });
  if (unknown > 0) warn('UNKNOWN_ITEMS', `${unknown} entries name items without training events; left out.`);
  if (masked > 0) warn('HISTORY_MASKED', `${masked} entries name items that the user has had; left out.`);
  if (shortest !== null && exactUpTo(shortest) < 20) {
    const most = exactUpTo(shortest);
    warn(
      'LISTS_SHORT',
      `The shortest list holds ${shortest} candidates: metrics at k above ${most} are left out.`,
    );
  }
  return warnings;
}
