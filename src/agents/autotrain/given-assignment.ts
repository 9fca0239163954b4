import { AutoModelError } from '../../platform/index.js';
import { idOf, spaceOf, type LibraryModel } from '../../models/index.js';
import type { Assignment, Task } from '../../schema/index.js';
import { asChoices, complete, unknownParameter, validate } from '../../space/index.js';
import { recipeNames, resolveRecipe } from '../../training/index.js';
import { hyperParametersOf } from '../trial/candidate-space.js';

/**
 * The model's own hyper-parameters in full, with the recipe and field members that were given. It needs no data, so a
 * wrong name or value is refused before a log is read.
 * @throws UNKNOWN_HYPERPARAMETER with the nearest name and all that there are; CONFIG_INVALID for a value
 */
export function givenAssignment(entry: LibraryModel, task: Task, given: Assignment): Assignment {
  const space = spaceOf(entry);
  const own = asChoices(space, hyperParametersOf(given));
  const recipe = entry.kind === 'graph' ? recipeNames : [];
  for (const name of Object.keys(own)) {
    if (!Object.hasOwn(space, name)) throw unknownParameter([...Object.keys(space), ...recipe], name);
  }
  validate(space, { ...complete(space, own), ...own });
  const others = Object.fromEntries(Object.entries(given).filter(([name]) => !Object.hasOwn(own, name)));
  if (entry.kind === 'graph') resolveRecipe(task, { ...entry.definition.recipe, ...others });
  else refuseRecipe(idOf(entry), others);
  return { ...complete(space, own), ...others };
}

function refuseRecipe(model: string, others: Assignment): void {
  const name = Object.keys(others).find((other) => other.startsWith('recipe.'));
  if (name === undefined) return;
  throw new AutoModelError('UNKNOWN_HYPERPARAMETER', `${model} only counts: it has no training recipe`, {
    remedy: `Leave ${name} out.`,
    details: { parameter: name, model },
  });
}
