import type { NextItemDataset } from '../../schema/index.js';
import type { NextItemEngine } from '../engines/next-item-engine.js';
import type { ArtefactExtra } from '../loop/fitted-model.js';
import type { TrainOptions } from '../loop/train-options.js';
import { goldenHistoryFiles } from './golden-histories.js';
import { trainedParts } from './trained-parts.js';
import { writeArtefact } from './write-artefact.js';

/** Writes the artefact of a trained next-item model. */
export async function saveNextItemArtefact(
  dir: string,
  engine: NextItemEngine,
  options: TrainOptions,
  dataset: NextItemDataset,
  extra: ArtefactExtra,
): Promise<void> {
  const { onnx, common } = await trainedParts(engine, options);
  writeArtefact(dir, {
    record: {
      ...common,
      task: 'next-item',
      itemCount: dataset.itemCount,
      maxLength: options.recipe.maxLength,
    },
    contract: dataset.contract,
    files: new Map<string, readonly Uint8Array[]>([
      ['model.onnx', [onnx]],
      ...(await goldenHistoryFiles(dataset, engine.scorer, options.recipe.maxLength)),
    ]),
    extra,
  });
}
