/**
 * agents/probes: looks at a project that fit a model to it, one file a probe. They take longer than those over tables
 * (data/probes), so `automodel audit` runs them and `evolve` does not.
 */
import type { Probe } from '../../schema/index.js';
import type { DatasetSubject } from './dataset-subject.js';
import { idRenaming } from './id-renaming.js';
import { labelShuffle } from './label-shuffle.js';
import { tieOrder } from './tie-order.js';

export { countingFloors, type DatasetSubject } from './dataset-subject.js';

export const fittingProbes: readonly Probe<DatasetSubject>[] = [labelShuffle, idRenaming, tieOrder];
