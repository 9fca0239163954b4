import { AutoModelError, workerEntry } from '../../platform/index.js';
import { runInProcess } from '../../execution/index.js';
import type { Scoreboard, ScoreKind } from '../../stats/index.js';
import type { TrialPlace } from '../trial/trial-request.js';
import type { ListFacts } from './external-rankings.js';
import { sealedTables } from './sealed-scores.js';

const scorerTimeoutMs = 600_000;

/**
 * Test scores of finished trials, by a scorer process that alone opens the sealed labels. The caller records the opening
 * before it asks: an opening that crashes still counts.
 * @param groups keys of runs that belong together
 * @returns scoreboards in the same grouping
 */
export async function scoreTest(
  place: TrialPlace,
  groups: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<readonly (readonly Scoreboard[])[]> {
  const { datasetDir, predictionsDir } = place;
  const answer = await runInProcess(
    workerEntry('agents/evaluation/scorer-worker'),
    { datasetDir, predictionsDir, keys: groups.flat() },
    { timeoutMs: scorerTimeoutMs, signal },
  );
  const { tables } = sealedTables(answer);
  let at = 0;
  return groups.map((keys) => tables.slice(at, (at += keys.length)));
}

/** Test scores of another system's predictions, already in the order of the split. */
export async function scoreExternal(
  place: TrialPlace,
  alignedFile: string,
  scoreKind: ScoreKind,
  signal: AbortSignal,
): Promise<Scoreboard> {
  const { datasetDir, predictionsDir } = place;
  const answer = await runInProcess(
    workerEntry('agents/evaluation/scorer-worker'),
    { datasetDir, predictionsDir, keys: [], alignedFile, scoreKind },
    { timeoutMs: scorerTimeoutMs, signal },
  );
  return sealedTables(answer).tables[0];
}

/** Test scores of another system's lists of items, in a file of `entryBytes`. */
export async function scoreExternalLists(
  place: TrialPlace,
  entriesFile: string,
  signal: AbortSignal,
): Promise<{ readonly board: Scoreboard; readonly facts: ListFacts }> {
  const { datasetDir, predictionsDir } = place;
  const answer = await runInProcess(
    workerEntry('agents/evaluation/scorer-worker'),
    { datasetDir, predictionsDir, keys: [], entriesFile },
    { timeoutMs: scorerTimeoutMs, signal },
  );
  const { tables, lists } = sealedTables(answer);
  if (lists === null) throw new AutoModelError('INTERNAL', 'The scorer said nothing of the lists');
  return { board: tables[0], facts: lists };
}
