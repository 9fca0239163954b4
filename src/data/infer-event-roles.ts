import type { ColumnRole, Task, TimeUnit } from '../schema/index.js';
import {
  itemRank,
  labelRank,
  ratingRank,
  saysOffer,
  saysOrder,
  saysSignal,
  saysSplit,
  saysText,
  saysTime,
  snakeCase,
  userRank,
} from './column-names.js';
import { constancy, holdsItems, isUniqueKey } from './column-relations.js';
import { mostly, type ColumnStats } from './column-stats.js';
import type { Engine } from './engine.js';
import { findSeparator } from './infer-encoding.js';
import { markLogging } from './infer-logging-columns.js';
import { bestRanked, type TableDraft } from './infer-tables.js';
import { isNumber, markByLabel } from './mark-by-label.js';
import { itemSeparator } from './split-list.js';
import { parsePositive } from './positive-rule.js';

export interface Guess {
  role: ColumnRole;
  confidence: number;
  reason: string;
  unit?: TimeUnit;
  /** of a sequence in text cells */
  separator?: string;
}

export interface EventGuess {
  readonly guesses: Map<string, Guess>;
  readonly user: ColumnStats | undefined;
  readonly item: ColumnStats | undefined;
  /** 0/1 column, or the rating that `positive` cuts */
  readonly label: ColumnStats | undefined;
  readonly rating: ColumnStats | undefined;
  /** columns that could not be held against the label */
  readonly unprobed: readonly string[];
}

/** Constancy is looked at in this many columns. */
const maxCompared = 400;

function pickLabel(
  draft: TableDraft,
  wanted: string | undefined,
  positive: string | undefined,
): ColumnStats | undefined {
  const named = (name: string): ColumnStats | undefined =>
    draft.stats.find((stats) => stats.raw.name === name);
  if (positive !== undefined) return named(parsePositive(positive).column);
  if (wanted !== undefined) return named(wanted);
  const described = draft.stats.filter((stats) => draft.described?.get(stats.raw.name) === 'label');
  const ranked = (list: readonly ColumnStats[]): ColumnStats | undefined =>
    list
      .filter((stats) => labelRank(stats.raw.name) >= 0)
      .sort((a, b) => labelRank(a.raw.name) - labelRank(b.raw.name))[0];
  if (described.length > 0) return ranked(described) ?? described[0];
  return ranked(draft.stats.filter((stats) => isNumber(stats) || stats.numberShare >= mostly));
}

/** Guesses the role of every column of the event table. */
export async function guessEventRoles(
  engine: Engine,
  draft: TableDraft,
  options: { readonly task?: Task; readonly label?: string; readonly positive?: string },
): Promise<EventGuess> {
  const guesses = new Map<string, Guess>();
  const set = (
    stats: ColumnStats | undefined,
    role: ColumnRole,
    confidence: number,
    reason: string,
  ): void => {
    if (stats !== undefined && !guesses.has(stats.raw.name))
      guesses.set(stats.raw.name, { role, confidence, reason });
  };
  const byRole = (role: ColumnRole): ColumnStats | undefined =>
    draft.stats.find((stats) => draft.described?.get(stats.raw.name) === role);
  const label = pickLabel(draft, options.label, options.positive);
  for (const stats of draft.stats) {
    const role = draft.described?.get(stats.raw.name);
    if (role !== undefined) set(stats, role, 1, 'dataset.json says so');
  }
  const plain = draft.stats.filter((stats) => stats !== label);
  const user = byRole('user_id') ?? bestRanked({ ...draft, stats: plain }, userRank);
  const item =
    byRole('item_id') ?? bestRanked({ ...draft, stats: plain.filter((s) => s !== user) }, itemRank);
  set(user, 'user_id', 0.9, 'the name of a user id');
  set(item, 'item_id', 0.9, 'the name of an item id');
  const rating =
    byRole('rating') ??
    bestRanked({ ...draft, stats: draft.stats.filter((s) => isNumber(s) && s.max <= 100) }, ratingRank);
  if (label !== undefined && label === rating)
    set(label, 'rating', 0.95, 'a rating that the rule turns into a label');
  set(label, 'label', options.label === undefined && options.positive === undefined ? 0.9 : 1, 'the label');
  set(rating, 'rating', 0.9, 'the name and range of a rating');

  for (const stats of draft.stats) if (!guesses.has(stats.raw.name)) guessByShape(draft, stats, set);
  await markLists(engine, draft, item, guesses);
  await markOrders(engine, draft, user, guesses);
  await markLogging(engine, draft, guesses);
  const unprobed = await markByLabel(engine, draft, label, options.positive, guesses);
  await markSides(engine, draft, user, item, guesses);
  for (const stats of draft.stats) {
    const guess = guesses.get(stats.raw.name);
    if (guess?.role === 'timestamp' || guess?.role === 'order')
      guess.unit = guess.role === 'order' ? 'order' : stats.timeUnit;
  }
  return { guesses, user, item, label, rating, unprobed };
}

type Setter = (stats: ColumnStats, role: ColumnRole, confidence: number, reason: string) => void;

/** What name, type and range say alone. */
function guessByShape(draft: TableDraft, stats: ColumnStats, set: Setter): void {
  const { name } = stats.raw;
  if (stats.type === 'other') return set(stats, 'meta', 0.9, 'a nested type that is not read');
  if (saysSplit(name) && stats.distinct <= 20) return set(stats, 'split', 0.9, 'the name of a split column');
  const day = stats.timeUnit === 'yyyymmdd' || stats.timeUnit === 'date';
  if (stats.timeUnit !== undefined && saysTime(name)) {
    return day
      ? set(stats, 'meta', 0.8, 'a calendar date: values of later days never occur in training')
      : set(stats, 'timestamp', 0.95, 'the name and range of a time');
  }
  if (stats.type === 'timestamp' || (stats.timeShare >= 0.95 && saysTime(name)))
    return set(stats, 'timestamp', 0.9, 'its cells are times');
  if (day) return set(stats, 'meta', 0.6, 'its range is that of calendar dates');
  if (saysSignal(name))
    return set(stats, 'signal', 0.85, 'the name of something measured after the impression');
  if (stats.type === 'string' && (stats.meanWords >= 3 || (saysText(name) && stats.distinct > 50)))
    return set(stats, 'text', 0.8, 'free text');
  if (saysOffer(name) && (stats.type === 'string' || stats.type.startsWith('list-')))
    return set(stats, 'meta', 0.8, 'what could be shown then, the same for all rows of a request');
  const unique = stats.distinct > 0.9 * draft.loaded.rows && draft.loaded.rows > 100;
  if (unique && (stats.type === 'integer' || stats.type === 'string')) {
    set(stats, 'meta', 0.75, 'a value of its own in nearly every row');
  }
}

/** Lists of items are behaviour; other lists are bags of features. */
async function markLists(
  engine: Engine,
  draft: TableDraft,
  item: ColumnStats | undefined,
  guesses: Map<string, Guess>,
): Promise<void> {
  for (const stats of draft.stats) {
    if (stats.type === 'string') await markTextList(engine, draft, stats, item, guesses);
    if (!stats.type.startsWith('list-') || guesses.has(stats.raw.name)) continue;
    const ofItems = item !== undefined && (await holdsItems(engine, draft, stats, draft, item));
    guesses.set(
      stats.raw.name,
      ofItems
        ? { role: 'sequence', confidence: 0.65, reason: 'a list of items; nothing says up to when it holds' }
        : { role: 'context', confidence: 0.7, reason: 'a list of values' },
    );
  }
}

/** Text such as "i1|i2|i3": items are behaviour, other values that come back are a bag, however seldom the whole does. */
async function markTextList(
  engine: Engine,
  draft: TableDraft,
  stats: ColumnStats,
  item: ColumnStats | undefined,
  guesses: Map<string, Guess>,
): Promise<void> {
  const { name } = stats.raw;
  const before = guesses.get(name);
  if (before !== undefined && before.role !== 'meta' && before.role !== 'text') return;
  if (before?.confidence === 1 || saysOffer(name)) return;
  const separator = await itemSeparator(engine, draft, stats, draft, item);
  const quoted = JSON.stringify(separator);
  if (separator !== undefined) {
    const reason = `items separated by ${quoted}; nothing says up to when they hold`;
    guesses.set(name, { role: 'sequence', confidence: 0.65, reason, separator });
  } else if (before?.role === 'meta' && (await findSeparator(engine, draft, stats)) !== undefined) {
    guesses.set(name, { role: 'context', confidence: 0.65, reason: 'several values in a cell' });
  }
}

/** Integer columns whose values never repeat (within a user) and whose name is an order's are orders, not features. */
async function markOrders(
  engine: Engine,
  draft: TableDraft,
  user: ColumnStats | undefined,
  guesses: Map<string, Guess>,
): Promise<void> {
  for (const stats of draft.stats) {
    const guess = guesses.get(stats.raw.name);
    if (stats.type !== 'integer' || !saysOrder(stats.raw.name) || guess?.reason === 'dataset.json says so')
      continue;
    if (guess !== undefined && guess.role !== 'meta') continue;
    const key = user === undefined ? [stats.raw.ident] : [user.raw.ident, stats.raw.ident];
    if (!(await isUniqueKey(engine, draft.loaded, key))) continue;
    const scope = user === undefined ? 'every row' : 'every event of a user';
    const fileRow = /file/.test(snakeCase(stats.raw.name));
    guesses.set(
      stats.raw.name,
      fileRow
        ? { role: 'meta', confidence: 0.7, reason: 'a row number of the file' }
        : { role: 'order', confidence: 0.85, reason: `the name of an order, and another value for ${scope}` },
    );
  }
}

/** What is left are features: of the item when every row of an item agrees, of the user likewise, else of the context. */
async function markSides(
  engine: Engine,
  draft: TableDraft,
  user: ColumnStats | undefined,
  item: ColumnStats | undefined,
  guesses: Map<string, Guess>,
): Promise<void> {
  const open = draft.stats.filter((stats) => !guesses.has(stats.raw.name));
  const idents = open
    .filter((stats) => !stats.type.startsWith('list-'))
    .map((stats) => stats.raw.ident)
    .slice(0, maxCompared);
  const perItem =
    item === undefined
      ? new Map<string, number>()
      : await constancy(engine, draft.loaded, item.raw.ident, idents);
  const perUser =
    user === undefined
      ? new Map<string, number>()
      : await constancy(engine, draft.loaded, user.raw.ident, idents);
  for (const stats of open) {
    const { ident, name } = stats.raw;
    if (stats.distinct <= 1)
      guesses.set(name, { role: 'context', confidence: 0.9, reason: 'it never changes' });
    else if ((perItem.get(ident) ?? 0) >= 0.97)
      guesses.set(name, {
        role: 'item_feature',
        confidence: 0.85,
        reason: 'the same in all rows of an item',
      });
    else if ((perUser.get(ident) ?? 0) >= 0.97)
      guesses.set(name, { role: 'user_feature', confidence: 0.85, reason: 'the same in all rows of a user' });
    else
      guesses.set(name, {
        role: 'context',
        confidence: 0.75,
        reason: 'varies from event to event; nothing says that it is measured later',
      });
  }
}
