import { AutoModelError } from '../../platform/index.js';
import type { Assignment, EncodedDataset, TrialRequest } from '../../schema/index.js';
import { conditional, join, prefix, under, type Space } from '../../space/index.js';
import { idOf, modelsFor, spaceOf, type LibraryModel } from '../../models/index.js';
import { recipeSpaceFor } from '../../training/index.js';

/** A candidate as the trial layer wants it: a model and the flat assignment of its own names. */
export interface Candidate {
  readonly model: string;
  /** own hyper-parameters unprefixed, recipe.*, use.<field> */
  readonly assignment: Assignment;
}

export interface CandidateSpaceOptions {
  /** restrict the model families; undefined: all that fit the data */
  readonly models?: readonly string[];
  /** let the search leave fields out (at most this many fields are worth a switch each) */
  readonly maxFieldSwitches?: number;
}

const defaultFieldSwitches = 24;

/**
 * Models of the library that are worth searching on the dataset: sequence models need a history, and the counting floors
 * of click tasks stand beside every run anyway. For next items a tuned count model is a serious rival and takes part.
 */
export function applicableModels(dataset: EncodedDataset): readonly LibraryModel[] {
  const models = modelsFor(dataset.task);
  if (dataset.task === 'next-item') return models.filter((model) => idOf(model) !== 'popularity');
  const hasSequence = dataset.fields.some((field) => field.kind === 'sequence');
  return models.filter((model) => model.kind === 'graph' && (hasSequence || !needsSequence(model)));
}

const sequenceModels = new Set(['din', 'bst']);

function needsSequence(model: LibraryModel): boolean {
  return sequenceModels.has(idOf(model));
}

/**
 * The space that evolve searches: model family x its hyper-parameters x training recipe x fields used. Parameters of a
 * family are active only when it is chosen; the recipe only for models that are trained by gradient.
 */
export function candidateSpace(dataset: EncodedDataset, options: CandidateSpaceOptions = {}): Space {
  const models = applicableModels(dataset).filter(
    (model) => options.models === undefined || options.models.includes(idOf(model)),
  );
  if (models.length === 0) {
    throw new AutoModelError(
      'UNKNOWN_MODEL',
      'No model of the library fits this dataset and the given list',
      {
        remedy: 'Leave the list of models out.',
        details: { models: options.models },
      },
    );
  }
  const ids = models.map((model) => idOf(model));
  const families: Space = {
    model: { kind: 'categorical', values: ids, default: ids[0], about: 'model family' },
  };
  const own = models.map((model) =>
    conditional(prefix(idOf(model), spaceOf(model)), { parameter: 'model', in: [idOf(model)] }),
  );
  const trained = models.filter((model) => model.kind === 'graph').map((model) => idOf(model));
  const recipe = conditional(recipeSpaceFor(dataset.task, dataset.contract.rows.train), {
    parameter: 'model',
    in: trained,
  });
  return join(
    families,
    ...own,
    recipe,
    fieldSwitches(dataset, options.maxFieldSwitches ?? defaultFieldSwitches),
  );
}

function fieldSwitches(dataset: EncodedDataset, most: number): Space {
  return Object.fromEntries(
    switchableFields(dataset, most).map((name) => [
      `use.${name}`,
      {
        kind: 'categorical',
        values: [true, false],
        default: true,
        about: `whether the field ${name} is an input`,
      },
    ]),
  );
}

function switchableFields(dataset: EncodedDataset, most: number): readonly string[] {
  if (dataset.task === 'next-item' || dataset.fields.length < 3 || dataset.fields.length > most) return [];
  return dataset.fields.map((field) => field.name);
}

/** What a search assignment means for the trial layer. */
export function candidateOf(searched: Assignment): Candidate {
  const model = String(searched['model']);
  const assignment: Assignment = { ...under(model, searched) };
  for (const [name, value] of Object.entries(searched)) {
    if (name.startsWith('recipe.') || (name.startsWith('use.') && value === false)) assignment[name] = value;
  }
  return { model, assignment };
}

/** Names of the fields that an assignment leaves in; undefined when it leaves all in. */
export function fieldsOf(
  dataset: EncodedDataset,
  assignment: TrialRequest['assignment'],
): readonly string[] | undefined {
  if (dataset.task === 'next-item') return undefined;
  const names = dataset.fields.map((field) => field.name);
  const used = names.filter((name) => assignment[`use.${name}`] !== false);
  if (used.length === names.length) return undefined;
  if (used.length === 0) {
    throw new AutoModelError('CONFIG_INVALID', 'Every field of the dataset is switched off', {
      remedy: 'Leave at least one use.<field> at true.',
    });
  }
  return used;
}

/** The model's own hyper-parameters within a trial assignment. */
export function hyperParametersOf(assignment: Assignment): Assignment {
  return Object.fromEntries(
    Object.entries(assignment).filter(([name]) => !name.startsWith('recipe.') && !name.startsWith('use.')),
  );
}
