import { AutoModelError } from '../../platform/index.js';
import type { StateArray } from './checkpoint-file.js';

/** @throws ARTEFACT_CORRUPT when the checkpoint lacks the array */
export function stateNamed<T extends StateArray>(
  state: ReadonlyMap<string, StateArray>,
  name: string,
  kind: abstract new (length: number) => T,
): T {
  const array = state.get(name);
  if (array instanceof kind) return array;
  throw new AutoModelError('ARTEFACT_CORRUPT', `The checkpoint has no array "${name}" of the expected type`, {
    details: { name },
  });
}
