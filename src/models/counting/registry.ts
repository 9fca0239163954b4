import type { CountingModel, CtrCountingModel, NextItemCountingModel } from './counting-model.js';
import { neighbourhood } from './neighbourhood.js';
import { popularityCtr } from './popularity-ctr.js';
import { popularityNextItem } from './popularity-next-item.js';
import { rates } from './rates.js';
import { skipMarkov } from './skip-markov.js';

export const ctrCountingModels: readonly CtrCountingModel[] = [popularityCtr, rates];
export const nextItemCountingModels: readonly NextItemCountingModel[] = [
  popularityNextItem,
  neighbourhood,
  skipMarkov,
];
/** All floors; a name may occur once per task. */
export const countingModels: readonly CountingModel[] = [...ctrCountingModels, ...nextItemCountingModels];
