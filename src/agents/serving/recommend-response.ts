import type { Recommended } from '../../pipeline/index.js';
import type { RecommendRequest, RecommendResponse } from '../../schema/index.js';
import type { Catalogue } from '../../serving/index.js';

/** What was recommended, in the words of the API: items by their names, in order, explained where that was asked for. */
export function recommendResponse(
  { user, explain }: Pick<RecommendRequest, 'user' | 'explain'>,
  { candidates }: Pick<Recommended, 'candidates'>,
  catalogue: Pick<Catalogue, 'idOf'>,
  { variants, ...answeredBy }: Pick<RecommendResponse, 'requestId' | 'version' | 'variants'>,
): RecommendResponse {
  return {
    ...answeredBy,
    user,
    variants: { ...variants },
    items: candidates.map(({ item, score, propensity = 1, recalledBy, parts }, position) => ({
      item: catalogue.idOf(item),
      position,
      score,
      propensity,
      ...(explain && { explanation: { channels: [...recalledBy], parts: { ...parts } } }),
    })),
  };
}

/** Indices of the items that the catalogue knows, each once, in the order in which they are named first. */
export function knownItems(ids: readonly string[], catalogue: Pick<Catalogue, 'indexOf'>): Int32Array {
  const found = new Set<number>();
  for (const id of ids) {
    const index = catalogue.indexOf(id);
    if (index !== undefined) found.add(index);
  }
  return Int32Array.from(found);
}
