import type { ColumnConfig, TableConfig } from '../schema/index.js';
import {
  itemRank,
  labelRank,
  saysAsOf,
  saysStatistic,
  saysText,
  saysTime,
  userRank,
} from './column-names.js';
import { holdsItems, isUniqueKey } from './column-relations.js';
import type { ColumnStats } from './column-stats.js';
import type { Engine } from './engine.js';
import type { EventGuess, Guess } from './infer-event-roles.js';
import { itemSeparator } from './split-list.js';
import type { TableDraft } from './infer-tables.js';

export interface SideGuess {
  readonly kind: TableConfig['kind'];
  readonly join: TableConfig['join'];
  readonly asOf: string | undefined;
  readonly guesses: Map<string, Guess>;
  /** why it is not used, when it is not */
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

interface KeyPair {
  readonly own: ColumnStats;
  readonly event: ColumnStats;
}

/** Columns of a side table that an event column could be joined to: the ids first, then equal names of ids. */
function keyPairs(draft: TableDraft, events: TableDraft, guess: EventGuess): KeyPair[] {
  const pairs: KeyPair[] = [];
  const find = (id: ColumnStats | undefined, role: string, rank: (name: string) => number): void => {
    if (id === undefined) return;
    const own =
      draft.stats.find((s) => s.raw.name === id.raw.name) ??
      draft.stats.find((s) => draft.described?.get(s.raw.name) === role) ??
      draft.stats.find((s) => rank(s.raw.name) >= 0);
    if (own !== undefined) pairs.push({ own, event: id });
  };
  find(guess.user, 'user_id', userRank);
  find(guess.item, 'item_id', itemRank);
  for (const own of draft.stats) {
    const event = events.stats.find((s) => s.raw.name === own.raw.name && /_?id$/i.test(s.raw.name));
    if (event !== undefined && !pairs.some((pair) => pair.own === own)) pairs.push({ own, event });
  }
  return pairs;
}

/** Works out how a table hangs on the events, and what its columns are. */
export async function guessSideTable(
  engine: Engine,
  draft: TableDraft,
  events: TableDraft,
  guess: EventGuess,
): Promise<SideGuess> {
  if (draft.kind === 'unused') return unused(draft, 'dataset.json says so', undefined);
  const time = draft.kind === 'entity' ? undefined : asOfColumn(draft);
  const pairs = keyPairs(draft, events, guess);
  for (const pair of pairs) {
    const unique = await isUniqueKey(engine, draft.loaded, [pair.own.raw.ident]);
    const dated = time !== undefined && (!unique || time.certain || draft.kind === 'dated');
    if (!unique && !dated) continue;
    const side =
      pair.event === guess.user ? 'user_feature' : pair.event === guess.item ? 'item_feature' : 'context';
    const kind = dated ? 'dated' : 'entity';
    return {
      kind,
      join: [{ column: pair.own.raw.name, eventColumn: pair.event.raw.name }],
      asOf: dated ? time.stats.raw.name : undefined,
      guesses: await guessColumns(
        engine,
        draft,
        events,
        guess,
        pair,
        side,
        kind,
        dated ? time.stats : undefined,
      ),
      problem: undefined,
    };
  }
  const problem =
    pairs.length === 0
      ? { code: 'TABLE_UNUSED', message: `${draft.name}: no column joins it to the events; it is not used` }
      : {
          code: 'JOIN_MULTIPLIES_ROWS',
          message: `${draft.name}: values of ${pairs.map((pair) => pair.own.raw.name).join(', ')} repeat, so a join would multiply events; it is not used`,
        };
  return unused(draft, 'its table is not joined', problem);
}

function unused(draft: TableDraft, reason: string, problem: SideGuess['problem']): SideGuess {
  const guesses = new Map<string, Guess>();
  const confidence = problem === undefined ? 1 : 0.6;
  for (const stats of draft.stats) guesses.set(stats.raw.name, { role: 'meta', confidence, reason });
  return { kind: 'unused', join: [], asOf: undefined, guesses, problem };
}

/** The time since when rows hold. Certain: said so by dataset.json or by its name, not merely any time. */
function asOfColumn(draft: TableDraft): { stats: ColumnStats; certain: boolean } | undefined {
  const described = draft.stats.find((s) => draft.described?.get(s.raw.name) === 'timestamp');
  if (described !== undefined) return { stats: described, certain: true };
  if (draft.described !== undefined) return undefined;
  const times = draft.stats.filter(
    (s) =>
      s.timeUnit !== undefined &&
      (saysTime(s.raw.name) || saysAsOf(s.raw.name) || s.type === 'timestamp' || s.type === 'date'),
  );
  const named = times.find((s) => saysAsOf(s.raw.name));
  if (named !== undefined) return { stats: named, certain: true };
  return times.length === 0 ? undefined : { stats: times[0], certain: false };
}

async function guessColumns(
  engine: Engine,
  draft: TableDraft,
  events: TableDraft,
  guess: EventGuess,
  pair: KeyPair,
  side: ColumnConfig['role'],
  kind: 'entity' | 'dated',
  asOf: ColumnStats | undefined,
): Promise<Map<string, Guess>> {
  const guesses = new Map<string, Guess>();
  const values = draft.stats.filter((stats) => stats !== pair.own);
  const statistics = values.filter((stats) => saysStatistic(stats.raw.name));
  // A table that is mostly statistics is one as a whole.
  const statisticsTable =
    kind === 'entity' && statistics.length >= 3 && statistics.length >= 0.5 * values.length;
  for (const stats of draft.stats) {
    const role = draft.described?.get(stats.raw.name);
    const found: Guess =
      role !== undefined
        ? { role, confidence: 1, reason: 'dataset.json says so' }
        : stats === pair.own
          ? {
              role: side === 'user_feature' ? 'user_id' : side === 'item_feature' ? 'item_id' : 'meta',
              confidence: 0.9,
              reason: 'the key that joins it to the events',
            }
          : await guessColumn(engine, draft, events, guess, stats, side, kind, statisticsTable);
    // The column that rows are joined by needs its unit whatever its role: a calendar date is no time of day.
    if (found.role === 'timestamp' || stats === asOf) found.unit = stats.timeUnit;
    guesses.set(stats.raw.name, found);
  }
  return guesses;
}

async function guessColumn(
  engine: Engine,
  draft: TableDraft,
  events: TableDraft,
  guess: EventGuess,
  stats: ColumnStats,
  side: ColumnConfig['role'],
  kind: 'entity' | 'dated',
  statisticsTable: boolean,
): Promise<Guess> {
  const { name } = stats.raw;
  if (stats.type === 'other')
    return { role: 'meta', confidence: 0.9, reason: 'a nested type that is not read' };
  const labels = [guess.label?.raw.name, guess.rating?.raw.name];
  if (labels.includes(name) || labelRank(name) >= 0)
    return { role: 'leak', confidence: 0.65, reason: 'the name of a label: what is to be predicted' };
  const undatedStatistic =
    kind === 'entity' && (statisticsTable || (side !== 'user_feature' && saysStatistic(name)));
  if (undatedStatistic && (stats.type === 'integer' || stats.type === 'number')) {
    return {
      role: 'leak',
      confidence: statisticsTable ? 0.85 : 0.65,
      reason: 'a statistic of behaviour without a date: it may count the days that are judged',
    };
  }
  const separator = await itemSeparator(engine, draft, stats, events, guess.item);
  if (stats.type.startsWith('list-') || separator !== undefined) {
    const { item } = guess;
    if (item === undefined || !(await holdsItems(engine, draft, stats, events, item, separator)))
      return { role: side, confidence: 0.7, reason: 'a list of values' };
    const reason = 'a list of items with the time up to which it holds';
    return kind === 'dated'
      ? { role: 'sequence', confidence: 0.9, reason, ...(separator === undefined ? {} : { separator }) }
      : {
          role: 'leak',
          confidence: 0.6,
          reason: 'a list of items without a date: it may hold the events that are judged',
        };
  }
  if (
    stats.timeUnit !== undefined &&
    (saysTime(name) || saysAsOf(name) || stats.type === 'timestamp' || stats.type === 'date')
  ) {
    return stats.timeUnit === 'yyyymmdd' || stats.timeUnit === 'date'
      ? { role: 'meta', confidence: 0.75, reason: 'a calendar date' }
      : { role: 'timestamp', confidence: 0.85, reason: 'the name and range of a time' };
  }
  const unique = stats.distinct > 0.9 * draft.loaded.rows && draft.loaded.rows > 20;
  if (stats.type === 'string' && (stats.meanWords >= 3 || (saysText(name) && stats.distinct > 50)))
    return { role: 'text', confidence: 0.8, reason: 'free text' };
  if (unique && stats.type === 'string')
    return { role: 'meta', confidence: 0.8, reason: 'a value of its own in nearly every row' };
  const behavioural = saysStatistic(name);
  return {
    role: side,
    confidence: behavioural ? 0.65 : 0.85,
    reason: behavioural
      ? 'a count without a date; taken for a fact of the profile'
      : `a column of ${draft.name}`,
  };
}
