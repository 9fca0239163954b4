import { AutoModelError } from '../../platform/index.js';
import type { Assignment, EncodedDataset, EncodedField, TrialRequest } from '../../schema/index.js';
import {
  conditional,
  join,
  prefix,
  under,
  unknownParameter,
  type Parameter,
  type Space,
} from '../../space/index.js';
import { idOf, modelsFor, spaceOf, type LibraryModel } from '../../models/index.js';
import { recipeSpaceFor } from '../../training/index.js';

/** A candidate as the trial layer wants it: a model and the flat assignment of its own names. */
export interface Candidate {
  readonly model: string;
  /** own hyper-parameters unprefixed, recipe.*, use.<field>, bundle.<side>-<kind> */
  readonly assignment: Assignment;
}

export interface CandidateSpaceOptions {
  /** restrict the model families; undefined: all that fit the data */
  readonly models?: readonly string[];
  /** up to how many fields each have a switch of their own; more are switched in bundles */
  readonly maxFieldSwitches?: number;
}

const defaultFieldSwitches = 64;

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
    fieldSwitches(dataset, ids, options.maxFieldSwitches ?? defaultFieldSwitches),
  );
}

/** A field is left out in one draw of ten: random search must stay a fair rival on wide logs. */
const switchWeights = [9, 1] as const;

/** A switch per field; on wide logs one per bundle of like fields, and none for users and items themselves. */
function fieldSwitches(dataset: EncodedDataset, models: readonly string[], most: number): Space {
  if (dataset.task === 'next-item' || dataset.fields.length < 3) return {};
  const { fields } = dataset;
  if (fields.length > most) {
    const bundles = new Map<string, number>();
    for (const field of fields) {
      const name = bundleOf(field);
      if (name !== undefined) bundles.set(name, (bundles.get(name) ?? 0) + 1);
    }
    return Object.fromEntries(
      [...bundles].map(([name, count]) => [
        name,
        fieldSwitch(`whether the ${count} fields of ${name} are inputs`),
      ]),
    );
  }
  // Something is always left to read.
  const kept = fields.find((field) => field.name === 'item_id') ?? fields[0];
  const needed = fields.find((field) => field.kind === 'sequence');
  const free = models.filter((model) => !sequenceModels.has(model));
  return Object.fromEntries(
    fields.flatMap((field) => {
      if (field === kept) return [];
      const own = fieldSwitch(`whether the field ${field.name} is an input`);
      // A sequence model without a sequence is no model: its first one stays.
      if (field !== needed) return [[`use.${field.name}`, own]];
      return free.length === 0
        ? []
        : [[`use.${field.name}`, { ...own, when: { parameter: 'model', in: free } }]];
    }),
  );
}

function fieldSwitch(about: string): Parameter {
  return { kind: 'categorical', values: [true, false], weights: switchWeights, default: true, about };
}

/** Name of the bundle that a field of a wide log is switched with; undefined: it always stays. */
function bundleOf(field: EncodedField): string | undefined {
  if (field.kind === 'sequence') return undefined;
  if (field.name === 'user_id' || field.name === 'item_id') return undefined;
  return `bundle.${field.side}-${field.kind}`;
}

/** What a search assignment means for the trial layer. */
export function candidateOf(searched: Assignment): Candidate {
  const model = String(searched['model']);
  const assignment: Assignment = { ...under(model, searched) };
  for (const [name, value] of Object.entries(searched)) {
    if (name.startsWith('recipe.') || (isSwitch(name) && value === false)) assignment[name] = value;
  }
  return { model, assignment };
}

function isSwitch(name: string): boolean {
  return name.startsWith('use.') || name.startsWith('bundle.');
}

/**
 * Names of the fields that an assignment leaves in; undefined when it leaves all in.
 * @throws UNKNOWN_HYPERPARAMETER for a switch of a field that is not there; CONFIG_INVALID when none is left
 */
export function fieldsOf(
  dataset: EncodedDataset,
  assignment: TrialRequest['assignment'],
): readonly string[] | undefined {
  refuseUnknownSwitches(dataset, assignment);
  if (dataset.task === 'next-item') return undefined;
  const used = dataset.fields
    .filter(
      (field) => assignment[`use.${field.name}`] !== false && assignment[bundleOf(field) ?? ''] !== false,
    )
    .map(({ name }) => name);
  if (used.length === dataset.fields.length) return undefined;
  if (used.length === 0) {
    throw new AutoModelError('CONFIG_INVALID', 'Every field of the dataset is switched off', {
      remedy: 'Leave at least one use.<field> at true.',
    });
  }
  return used;
}

function refuseUnknownSwitches(dataset: EncodedDataset, assignment: Assignment): void {
  const given = Object.keys(assignment).filter((name) => isSwitch(name));
  if (given.length === 0) return;
  // A next-item model reads the sequence of items and nothing else.
  const fields = dataset.task === 'next-item' ? [] : dataset.fields;
  const bundles = fields.map((field) => bundleOf(field)).filter((name) => name !== undefined);
  const known = [...fields.map(({ name }) => `use.${name}`), ...new Set(bundles)];
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownParameter(known, unknown);
}

/** The model's own hyper-parameters within a trial assignment. */
export function hyperParametersOf(assignment: Assignment): Assignment {
  return Object.fromEntries(
    Object.entries(assignment).filter(([name]) => !name.startsWith('recipe.') && !isSwitch(name)),
  );
}
