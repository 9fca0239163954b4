import { AutoModelError } from '../platform/index.js';
import type { ModelDefinition } from '../graph/index.js';
import type { Task } from '../schema/index.js';
import { nearestName, type Space } from '../space/index.js';
import { autoint } from './autoint.js';
import { bst } from './bst.js';
import { countingModels, type CountingModel } from './counting/index.js';
import { dcnv2 } from './dcnv2.js';
import { deepfm } from './deepfm.js';
import { din } from './din.js';
import { dnn } from './dnn.js';
import { finalmlp } from './finalmlp.js';
import { fm } from './fm.js';
import { gru4rec } from './gru4rec.js';
import { lr } from './lr.js';
import { sasrec } from './sasrec.js';
import { wideDeep } from './wide-deep.js';
import { xdeepfm } from './xdeepfm.js';

/** A model that is trained by gradient, or one that only counts. */
export type LibraryModel =
  | { readonly kind: 'graph'; readonly definition: ModelDefinition }
  | { readonly kind: 'counting'; readonly model: CountingModel };

/** Every trained model of the library, simple ones first. */
export const definitions: readonly ModelDefinition[] = [
  lr,
  fm,
  dnn,
  wideDeep,
  deepfm,
  dcnv2,
  xdeepfm,
  autoint,
  finalmlp,
  din,
  bst,
  sasrec,
  gru4rec,
];

/** The whole library, floors first. An id may occur once per task (popularity counts clicks, or purchases). */
export const models: readonly LibraryModel[] = [
  ...countingModels.map((model): LibraryModel => ({ kind: 'counting', model })),
  ...definitions.map((definition): LibraryModel => ({ kind: 'graph', definition })),
];

export function idOf(entry: LibraryModel): string {
  return common(entry).name;
}

export function spaceOf(entry: LibraryModel): Space {
  return common(entry).space;
}

/** Whether what the model has learned can be kept and served; of the click floors nothing is. */
export function keepsArtefact(entry: LibraryModel): boolean {
  return entry.kind === 'graph' || entry.model.task === 'next-item';
}

/** Models that fit a task; those for clicks also predict ratings. */
export function modelsFor(task: Task): readonly LibraryModel[] {
  const wanted = task === 'next-item' ? 'next-item' : 'ctr';
  return models.filter((entry) => common(entry).task === wanted);
}

/** The model of that id for the task. @throws UNKNOWN_MODEL, naming the nearest id and all that fit the task */
export function modelById(id: string, task: Task): LibraryModel {
  const fitting = modelsFor(task);
  const found = fitting.find((entry) => idOf(entry) === id);
  if (found !== undefined) return found;
  const ids = fitting.map(idOf);
  const elsewhere = models.find((entry) => idOf(entry) === id);
  const nearest = nearestName(id, ids);
  const reason =
    elsewhere === undefined
      ? 'is not a model of the library'
      : `is a ${common(elsewhere).task} model, and the task is ${task}`;
  throw new AutoModelError('UNKNOWN_MODEL', `"${id}" ${reason}`, {
    remedy: `${nearest === undefined ? '' : `Did you mean ${nearest}? `}Models for ${task}: ${ids.join(', ')}.`,
    details: { id, task, nearest, ids },
  });
}

function common(entry: LibraryModel): ModelDefinition | CountingModel {
  return entry.kind === 'graph' ? entry.definition : entry.model;
}
