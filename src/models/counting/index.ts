/**
 * models/counting: the floors that every table carries (3-evidence rule 5). They count and never take a gradient; a
 * learned model that does not beat them on the same split has shown nothing.
 */
export type {
  CountingModel,
  CtrCountingModel,
  FitOptions,
  FittedCtrCounting,
  FittedNextItemCounting,
  NextItemCountingModel,
} from './counting-model.js';
export { isCounted, loadCounted, saveCounted } from './counted-artefact.js';
export { countingModels, ctrCountingModels, nextItemCountingModels } from './registry.js';
export { neighbourhood } from './neighbourhood.js';
export { popularityCtr } from './popularity-ctr.js';
export { popularityNextItem } from './popularity-next-item.js';
export { rates } from './rates.js';
export { skipMarkov } from './skip-markov.js';
