import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { AutoModelError, readJson } from '../../platform/index.js';
import { encodeRows, openDataset, writeTable, type PreparedDataset } from '../../data/index.js';
import { loadModel } from '../../models/index.js';
import type { LoadedCtrModel, LoadedModel } from '../../training/index.js';
import { Assignment, type OperationIo, type PredictOptions, type PredictResult } from '../../schema/index.js';
import { scoreUserItems } from '../evaluation/score-user-items.js';
import { fittedProject } from '../project/fitted-project.js';
import { encodedProject, openProject, type Project } from '../project/open-project.js';
import { predictionOutput } from '../project/output-path.js';

/** What predict reads of an artefact's lineage.json. */
const Lineage = z.object({
  contractHash: z.string(),
  model: z.string(),
  encoding: z.string().optional(),
  assignment: Assignment.default({}),
});

interface Scores {
  /** row number in the input, from 0 */
  readonly rows: Float64Array;
  readonly scores: Float32Array;
}

/**
 * Scores the rows of a file with an artefact, row for row in the order of the file; writes (row, score) as Parquet or CSV,
 * `row` counting the rows of the input from 0.
 *
 * ctr, rating: the input has the columns of the event table that inputs are made of; scores are probabilities or
 * ratings. Unknown values are encoded as unknown, behaviour is what the project knows from before each row. Columns that the
 * audit took out of the run that fitted the artefact need not be there.
 *
 * next-item: the input has the user and the item column of the event table; scores are logits, comparable within a user.
 * A user's history is all of training and validation; unknown users have none, unknown items get the lowest score that
 * any item has for the user, and both are counted in a warning.
 * @throws USAGE without a fitting artefact, or when `out` would overwrite data; CONTRACT_MISMATCH when it was fitted on
 *   other data or other inputs; ARTEFACT_CORRUPT
 */
export async function predict(options: PredictOptions, io: OperationIo): Promise<PredictResult> {
  const opened = openProject(options.projectDir);
  const out = predictionOutput(opened, options.out, options.input);
  const dir = chosenArtefact(opened.paths.artefacts, options.artefact);
  const lineage = lineageOf(dir);
  const project = lineage.encoding === undefined ? opened : await fittedProject(opened, lineage.encoding);
  const prepared = await encodedProject(project, io);
  if (lineage.contractHash !== prepared.contract.hash) {
    throw otherData('The artefact was fitted under another dataset contract', {
      artefact: lineage.contractHash,
      project: prepared.contract.hash,
    });
  }
  const model = await loadModel(dir);
  try {
    requireSameInputs(model, prepared);
    const { rows, scores } =
      model.task === 'next-item'
        ? await scoreUserItems(model, project.config, prepared, options.input, io)
        : await rowScores(model, project, prepared, options.input, io);
    if (rows.length === 0) {
      io.warn({ code: 'NO_ROWS', message: `${options.input} has no rows; there was nothing to score.` });
    }
    await writeTable(out, [
      { name: 'row', values: rows, integer: true },
      { name: 'score', values: scores },
    ]);
    return { artefact: basename(dir), model: lineage.model, rows: rows.length, out };
  } finally {
    await model.close();
  }
}

/** What an artefact says of where it is from. @throws ARTEFACT_CORRUPT */
export function lineageOf(dir: string): z.infer<typeof Lineage> {
  const path = join(dir, 'lineage.json');
  try {
    return Lineage.parse(readJson(path));
  } catch (cause) {
    throw new AutoModelError('ARTEFACT_CORRUPT', `${path} does not say what the artefact was fitted on`, {
      remedy: 'Name another artefact with --artefact, or train one.',
      details: { path },
      cause,
    });
  }
}

async function rowScores(
  model: LoadedCtrModel,
  project: Project,
  prepared: PreparedDataset,
  input: string,
  io: OperationIo,
): Promise<Scores> {
  const source = await encodeRows({
    projectDir: project.paths.root,
    dir: prepared.dir,
    config: project.config,
    file: input,
    signal: io.signal,
  });
  io.onProgress({ kind: 'phase', name: 'Score rows', done: 0, total: source.rows });
  const logits = await model.predict(source);
  const rows = new Float64Array(source.rows);
  for (let index = 0; index < source.blockCount; index += 1) {
    rows.set(source.block(index).rowIds, source.blockStarts[index]);
  }
  return { rows, scores: model.task === 'rating' ? logits : logits.map(sigmoid) };
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

/**
 * One contract may be encoded with different inputs (a column switched off, another bucketing): ids of one encoding
 * mean nothing to a model of another.
 */
function requireSameInputs({ record }: LoadedModel, prepared: PreparedDataset): void {
  const dataset = openDataset(prepared.dir);
  let same: boolean;
  if (record.task === 'next-item') {
    same = dataset.task === 'next-item' && dataset.itemCount === record.itemCount;
  } else {
    const names = [...record.fields, ...record.sequences, ...record.numeric].map(({ name }) => name);
    same =
      dataset.task !== 'next-item' &&
      names.every((name) => dataset.fields.some((field) => field.name === name)) &&
      Object.entries(record.vocabularySizes).every(
        ([name, size]) => dataset.vocabularySizes.get(name) === size,
      );
  }
  if (!same) throw otherData('The inputs of the project are not those that the artefact was fitted on', {});
}

function otherData(message: string, details: Readonly<Record<string, unknown>>): AutoModelError {
  return new AutoModelError('CONTRACT_MISMATCH', message, {
    remedy: 'Name an artefact of this project with --artefact, or train one.',
    details,
  });
}

/** The artefact with that hash or unique prefix; without one, the newest. Only those that `fits` lets pass are looked at. */
export function chosenArtefact(
  artefacts: string,
  wanted: string | undefined,
  fits: (name: string) => boolean = () => true,
): string {
  const known = existsSync(artefacts)
    ? readdirSync(artefacts).filter((name) => existsSync(join(artefacts, name, 'lineage.json')) && fits(name))
    : [];
  const fitting = wanted === undefined ? known : known.filter((name) => name.startsWith(wanted));
  if (fitting.length === 0 || (wanted !== undefined && fitting.length > 1)) {
    const what =
      wanted === undefined ? 'no artefact' : `${fitting.length} artefacts that begin with ${wanted}`;
    throw new AutoModelError('USAGE', `The project has ${what}`, {
      remedy:
        known.length === 0
          ? 'Run automodel train with a model (such as deepfm or sasrec) or automodel evolve first; the floors of click tasks keep no artefact.'
          : `Name one of ${known.join(', ')}.`,
      details: { wanted, known },
    });
  }
  const newest = fitting
    .map((name) => ({ name, at: statSync(join(artefacts, name)).mtimeMs }))
    .toSorted((a, b) => b.at - a.at || (a.name < b.name ? -1 : 1))[0];
  return join(artefacts, newest.name);
}
