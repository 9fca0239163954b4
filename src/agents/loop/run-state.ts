import { applicableModels } from '../trial/candidate-space.js';
import { idOf, spaceOf } from '../../models/index.js';
import type { Assignment, EncodedDataset } from '../../schema/index.js';
import { createSearch, randomProposer, type Search } from '../../search/index.js';
import { defaults, type Space } from '../../space/index.js';
import type { RunSettings } from './run-settings.js';

/** Families that are worth a first look with their defaults, best bets first; floors and the baseline are run anyway. */
const firstLooks = {
  ctr: ['deepfm', 'dcnv2', 'dnn', 'fm', 'din', 'finalmlp', 'autoint', 'wide-deep', 'xdeepfm', 'bst'],
  rating: ['deepfm', 'dcnv2', 'dnn', 'fm', 'din', 'finalmlp', 'autoint'],
  'next-item': ['sasrec', 'neighbourhood', 'gru4rec', 'skip-markov'],
} as const;

/** At most this share of a grant's trials goes to defaults. */
const firstLookShare = 0.25;

/** The main search of a run: random keeps its fixed share, the other proposers share the rest. */
export function mainSearch(
  dataset: EncodedDataset,
  space: Space,
  settings: RunSettings,
  trials: number | null,
): Search {
  const most = trials === null ? firstLooks[settings.task].length : Math.floor(trials * firstLookShare);
  return createSearch({
    space,
    seed: settings.seed,
    rungs: settings.rungs,
    lag: settings.lag,
    initial: firstAssignments(dataset, settings).slice(0, most),
  });
}

/** Random search with the same space and rungs: what the engine has to beat at equal budget. */
export function controlSearch(space: Space, settings: RunSettings): Search {
  return createSearch({
    space,
    seed: settings.seed + 1,
    rungs: settings.rungs,
    lag: settings.lag,
    proposers: [randomProposer()],
    randomShare: 1,
  });
}

function firstAssignments(dataset: EncodedDataset, settings: RunSettings): readonly Assignment[] {
  const models = new Map(applicableModels(dataset).map((model) => [idOf(model), model]));
  return firstLooks[settings.task].flatMap((id) => {
    const model = models.get(id);
    if (model === undefined) return [];
    const own = Object.entries(defaults(spaceOf(model))).map(([name, value]) => [`${id}.${name}`, value]);
    const recipe = model.kind === 'graph' ? model.definition.recipe : undefined;
    return [{ model: id, ...Object.fromEntries(own), ...recipe }];
  });
}
