import { AutoModelError } from '../../platform/index.js';

/**
 * The id itself, when it is that of an item, known or not.
 * @throws ID_OUT_OF_RANGE naming user and id
 */
export function checkedItem(id: number, user: number, itemCount: number): number {
  if (id > 0 && id < itemCount) return id;
  throw new AutoModelError(
    'ID_OUT_OF_RANGE',
    `Item id ${id} of user index ${user} is outside (0, ${itemCount})`,
    { remedy: 'Encode the data again.', details: { field: 'item', row: user, id, size: itemCount } },
  );
}
