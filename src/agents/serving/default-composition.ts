import { parseComposition, type Composition } from '../../pipeline/index.js';
import type { EncodedField } from '../../schema/index.js';
import { sameColumn } from './recall-channels.js';

/** What a person might follow: the first of them that the items have gets a channel. */
const followed = /creator|author|artist|seller|brand|channel|publisher|series/i;
const sorted = /categor|genre|topic|type|class/i;

/**
 * The composition of a project that has no pipeline.json: what is popular, what is near to the user's behaviour, what is new; the
 * model decides the order. Every channel is sure of a share, so that an item that nobody clicked yet can be shown.
 */
export function defaultComposition(
  itemFields: readonly EncodedField[],
  { vectors, ranks }: { readonly vectors: boolean; readonly ranks: boolean },
): Composition {
  const columns = itemFields.filter(({ kind }) => kind === 'categorical').map(({ name }) => name);
  const same = [followed, sorted].flatMap((pattern) => columns.find((name) => pattern.test(name)) ?? []);
  return parseComposition({
    schemaVersion: 1,
    recall: [
      { channel: 'popular', quota: 150 },
      { channel: 'neighbours', quota: 100 },
      ...(vectors ? [{ channel: 'nearest', quota: 100 }] : []),
      ...[...new Set(same)].map((name) => ({ channel: sameColumn(name), quota: 40 })),
      { channel: 'newest', quota: 50 },
    ],
    candidates: 500,
    rank: ranks,
    shortlist: 100,
    rerank: [],
  });
}
