import {
  NearestVectors,
  NeighbourItems,
  NewestItems,
  PopularItems,
  SameValueItems,
  type NeighbourLists,
  type RecallChannel,
  type RecallRequest,
} from '../../pipeline/index.js';
import type { EncodedField } from '../../schema/index.js';
import type { ServingState } from '../../serving/index.js';
import type { ItemBlock } from './item-block.js';

/** Latest items of a history that make the user's direction. */
const DIRECTION_OF = 20;

/** Name of the channel that goes by a column of items. */
export const sameColumn = (field: string): string => `same-${field}`;

/** Every channel that this state and model can make: a composition names those that it wants. */
export function recallChannels(
  state: ServingState,
  items: ItemBlock | undefined,
  itemFields: readonly EncodedField[],
  neighbours: { readonly current: NeighbourLists },
): RecallChannel[] {
  const { catalogue, counts } = state;
  const channels: RecallChannel[] = [
    new PopularItems(counts),
    new NewestItems(() => catalogue.createdMs()),
    new NeighbourItems({
      get lists() {
        return neighbours.current;
      },
    }),
  ];
  if (items === undefined) return channels;
  for (const { name, kind } of itemFields) {
    if (kind !== 'categorical') continue;
    channels.push(
      new SameValueItems({
        name: sameColumn(name),
        items: () => ({ valueOf: items.valuesOf(name), createdMs: catalogue.createdMs() }),
        revision: () => catalogue.revision,
      }),
    );
  }
  const { vectors } = items;
  if (vectors !== undefined)
    channels.push(
      new NearestVectors({
        name: 'nearest',
        get items() {
          return vectors.data;
        },
        dim: vectors.dim,
        userVector: ({ history }: RecallRequest) => direction(history, vectors.data, vectors.dim),
      }),
    );
  return channels;
}

/** Sum of the directions of the latest items; undefined where the model knows none of them. */
function direction(history: Int32Array, unit: Float32Array, dim: number): Float32Array | undefined {
  const sum = new Float32Array(dim);
  let isKnown = false;
  for (let at = Math.max(0, history.length - DIRECTION_OF); at < history.length; at += 1) {
    for (let k = 0; k < dim; k += 1) {
      const value = unit[history[at] * dim + k];
      sum[k] += value;
      isKnown ||= value !== 0;
    }
  }
  return isKnown ? sum : undefined;
}
