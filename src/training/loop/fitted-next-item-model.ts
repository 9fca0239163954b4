import { saveNextItemArtefact } from '../artefact/next-item-artefact.js';
import type { NextItemEngine } from '../engines/next-item-engine.js';
import type { NextItemDataset } from '../../schema/index.js';
import { factsOf, wrongTask, type FittedParts } from './fitted-common.js';
import type { FittedModel } from './fitted-model.js';

export function fittedNextItemModel(engine: NextItemEngine, parts: FittedParts): FittedModel {
  const { options } = parts;
  const log = (): NextItemDataset => {
    if (options.dataset.task === 'next-item') return options.dataset;
    throw wrongTask('ranking', options.dataset.task);
  };
  return {
    ...factsOf(engine, parts),
    predict: () => Promise.reject(wrongTask('predict', 'next-item')),
    rankCases: (cases, k) => engine.scorer.rankCases(log(), cases, k),
    rankTargets: (cases) => engine.scorer.rankTargets(log(), cases),
    saveArtefact: (dir, extra) => saveNextItemArtefact(dir, engine, options, log(), extra),
    close: () => engine.close(),
  };
}
