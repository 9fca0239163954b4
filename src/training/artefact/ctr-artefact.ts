import type { CtrDataset } from '../../schema/index.js';
import type { CtrEngine } from '../engines/ctr-engine.js';
import type { ArtefactExtra } from '../loop/fitted-model.js';
import type { TrainOptions } from '../loop/train-options.js';
import { goldenFiles, goldenSource } from './golden-rows.js';
import { inputsOfSelection, type TableIndex } from './model-record.js';
import { npyParts } from './npy.js';
import { requestParts } from './request-parts.js';
import { trainedParts } from './trained-parts.js';
import { writeArtefact } from './write-artefact.js';

/** Writes the artefact of a trained click or rating model. */
export async function saveCtrArtefact(
  dir: string,
  engine: CtrEngine,
  options: TrainOptions,
  dataset: CtrDataset,
  extra: ArtefactExtra,
): Promise<void> {
  const { model } = engine;
  const { onnx, common, constants } = await trainedParts(engine, options);
  const files = new Map<string, readonly Uint8Array[]>([['model.onnx', [onnx]]]);
  const index: TableIndex = [];
  for (const group of model.tables.groups) {
    for (const { bank, table } of group.members) {
      const file = `${index.length}.npy`;
      index.push({ file, bank, vocabulary: group.vocabulary, rows: table.rows, dim: table.dim });
      files.set(`tables/${file}`, npyParts(table.weights(), [table.rows, table.dim]));
    }
  }
  const parts = requestParts(model, constants);
  for (const [name, bytes] of Object.entries(parts?.files ?? {})) files.set(name, [bytes]);
  files.set('tables/index.json', [Buffer.from(JSON.stringify(index, null, 2))]);
  const rows = dataset.validation.rows > 0 ? dataset.validation : dataset.train;
  const golden = goldenSource(rows, model.selection);
  const expected = await engine.scorer.predict(golden);
  for (const [name, pieces] of goldenFiles(golden, model.selection, expected)) files.set(name, pieces);
  writeArtefact(dir, {
    record: {
      ...common,
      task: dataset.task,
      ...inputsOfSelection(model.selection, model.banks),
      request: parts?.record,
    },
    contract: dataset.contract,
    files,
    extra,
  });
}
