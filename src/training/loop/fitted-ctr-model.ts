import { saveCtrArtefact } from '../artefact/ctr-artefact.js';
import type { CtrEngine } from '../engines/ctr-engine.js';
import { factsOf, wrongTask, type FittedParts } from './fitted-common.js';
import type { FittedModel } from './fitted-model.js';

export function fittedCtrModel(engine: CtrEngine, parts: FittedParts): FittedModel {
  const { options } = parts;
  const { dataset } = options;
  return {
    ...factsOf(engine, parts),
    predict: (source) => engine.scorer.predict(source),
    rankCases: () => Promise.reject(wrongTask('rankCases', dataset.task)),
    rankTargets: () => Promise.reject(wrongTask('rankTargets', dataset.task)),
    saveArtefact: async (dir, extra) => {
      if (dataset.task === 'next-item') throw wrongTask('a click artefact', dataset.task);
      await saveCtrArtefact(dir, engine, options, dataset, extra);
    },
    close: () => engine.close(),
  };
}
