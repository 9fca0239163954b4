import { mkdirSync } from 'node:fs';
import { AutoModelError, canonicalJson, sha256 } from '../../platform/index.js';
import { openDataset, readTable, type PreparedDataset } from '../../data/index.js';
import { openJournal } from '../../journal/index.js';
import type {
  CtrDataset,
  CtrSource,
  EvaluateOptions,
  EvaluateResult,
  OperationIo,
} from '../../schema/index.js';
import { alignScores, type Scoreboard, type ScoreKind } from '../../stats/index.js';
import { scoreExternal } from '../evaluation/open-test.js';
import { alignedPath } from '../evaluation/sealed-scores.js';
import { scoreboardOf, summarise } from '../evaluation/scoring.js';
import { RunJournal } from '../loop/run-journal.js';
import { encodedProject, openProject, trialPlace, type Project } from '../project/open-project.js';
import { writeValues } from '../trial/prediction-files.js';
import { validationTruth } from '../trial/validation-truth.js';

/** Recomputes every metric from any system's predictions of the project's validation or test rows. */
export async function evaluate(options: EvaluateOptions, io: OperationIo): Promise<EvaluateResult> {
  const project = openProject(options.projectDir);
  const prepared = await encodedProject(project, io);
  const dataset = openDataset(prepared.dir);
  if (dataset.task === 'next-item') {
    throw new AutoModelError(
      'USAGE',
      'evaluate reads predictions of impressions; this project ranks next items',
      {
        remedy: 'Use automodel train, which ranks all items and scores them under the contract.',
      },
    );
  }
  const aligned = await alignedScores(dataset, options);
  mkdirSync(project.paths.state, { recursive: true });
  const journal = await openJournal({ path: project.paths.journal });
  try {
    const memory = await RunJournal.open(journal);
    const board =
      options.split === 'test'
        ? await testBoard(project, prepared, aligned, memory, io)
        : scoreboardOf(validationTruth(dataset, 'all'), aligned.scores, undefined, aligned.kind);
    return {
      contract: prepared.contract,
      rows: aligned.scores.length,
      metrics: { [options.split]: summarise([board]) },
      testOpenings: memory.testOpenings(prepared.contract.hash),
    };
  } finally {
    await journal.close();
  }

  async function alignedScores(of: CtrDataset, { predictions, split }: EvaluateOptions): Promise<Aligned> {
    const table = await readTable(predictions, ['row', 'score']);
    const given = table.get('score') ?? new Float64Array();
    const ids = rowIdsOf(split === 'test' ? of.test : of.validation);
    const scores = Float32Array.from(alignScores(ids, table.get('row') ?? new Float64Array(), given));
    const kind = kindOf(given, of.task);
    if (of.task === 'ctr')
      io.warn({
        code: 'SCORE_KIND',
        message: `Scores are read as ${kind === 'logit' ? 'logits' : 'probabilities'}.`,
      });
    return { scores, kind };
  }
}

interface Aligned {
  readonly scores: Float32Array;
  readonly kind: ScoreKind;
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

/** The scorer process opens the labels; predictions reach it as a file in the order of the split. */
async function testBoard(
  project: Project,
  prepared: PreparedDataset,
  aligned: Aligned,
  memory: RunJournal,
  io: OperationIo,
): Promise<Scoreboard> {
  const place = trialPlace(project, prepared, 1);
  const bytes = new Uint8Array(aligned.scores.buffer, aligned.scores.byteOffset, aligned.scores.byteLength);
  const key = sha256(canonicalJson([prepared.contract.hash, sha256(bytes)])).slice(0, 32);
  const file = alignedPath(place.predictionsDir, key);
  writeValues(file, aligned.scores);
  await memory.noteTestOpening('evaluate', prepared.contract.hash, [key]);
  return scoreExternal(place, file, aligned.kind, io.signal);
}
