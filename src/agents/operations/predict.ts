import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AutoModelError } from '../../platform/index.js';
import { encodeRows, writeTable } from '../../data/index.js';
import { loadArtefact } from '../../training/index.js';
import type { OperationIo, PredictOptions, PredictResult } from '../../schema/index.js';
import { encodedProject, openProject } from '../project/open-project.js';

/** Scores the rows of a file with an artefact, row for row in the order of the file; writes (row, score). */
export async function predict(options: PredictOptions, io: OperationIo): Promise<PredictResult> {
  const project = openProject(options.projectDir);
  const dir = chosenArtefact(project.paths.artefacts, options.artefact);
  const lineage = JSON.parse(readFileSync(join(dir, 'lineage.json'), 'utf8')) as {
    contractHash: string;
    model: string;
  };
  const prepared = await encodedProject(project, io);
  if (lineage.contractHash !== prepared.contract.hash) {
    throw new AutoModelError('CONTRACT_MISMATCH', 'The artefact was fitted under another dataset contract', {
      remedy: 'Name an artefact of this project with --artefact, or train one.',
      details: { artefact: lineage.contractHash, project: prepared.contract.hash },
    });
  }
  const rows = await encodeRows({
    projectDir: project.paths.root,
    dir: prepared.dir,
    config: project.config,
    file: options.input,
    signal: io.signal,
  });
  io.onProgress({ kind: 'phase', name: 'Score rows', done: 0, total: rows.rows });
  const model = await loadArtefact(dir);
  try {
    if (model.task === 'next-item') {
      throw new AutoModelError(
        'USAGE',
        `${model.record.task} artefacts rank all items; predict scores given rows`,
        {
          remedy: 'Use a project with --task ctr or rating.',
        },
      );
    }
    const scores = await model.predict(rows);
    const rowIds = new Float64Array(rows.rows);
    for (let index = 0; index < rows.blockCount; index += 1) {
      rowIds.set(rows.block(index).rowIds, rows.blockStarts[index]);
    }
    const out = resolve(options.out);
    await writeTable(out, [
      { name: 'row', values: rowIds },
      { name: 'score', values: prepared.contract.task === 'rating' ? scores : scores.map(sigmoid) },
    ]);
    return { artefact: dir.split('/').at(-1) ?? '', model: lineage.model, rows: rows.rows, out };
  } finally {
    await model.close();
  }
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** The artefact with that hash or unique prefix; without one, the newest. */
export function chosenArtefact(artefacts: string, wanted: string | undefined): string {
  const known = existsSync(artefacts)
    ? readdirSync(artefacts).filter((name) => existsSync(join(artefacts, name, 'lineage.json')))
    : [];
  const fitting = wanted === undefined ? known : known.filter((name) => name.startsWith(wanted));
  if (fitting.length === 0 || (wanted !== undefined && fitting.length > 1)) {
    const what =
      wanted === undefined ? 'no artefact' : `${fitting.length} artefacts that begin with ${wanted}`;
    throw new AutoModelError('USAGE', `The project has ${what}`, {
      remedy:
        known.length === 0
          ? 'Run automodel train --model <id> or automodel evolve first.'
          : `Name one of ${known.join(', ')}.`,
      details: { wanted, known },
    });
  }
  const newest = fitting
    .map((name) => ({ name, at: statSync(join(artefacts, name)).mtimeMs }))
    .toSorted((a, b) => b.at - a.at || (a.name < b.name ? -1 : 1))[0];
  return join(artefacts, newest.name);
}
