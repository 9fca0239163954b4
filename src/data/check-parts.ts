import { AutoModelError } from '../platform/index.js';
import { itemRank, userRank } from './column-names.js';
import type { EventGuess } from './infer-event-roles.js';
import { bestRanked, type TableDraft } from './infer-tables.js';
import { splitOfFile } from './split-rule.js';

/** Share of the log's columns from which on a file of users and items is a part of the log. */
const mostColumns = 0.8;

/**
 * A further file of users and items that has the label or most columns of the event table is a part of the log whose
 * columns differ. Joined as a side table it would lose its events and bring their labels in as features.
 * @throws SCHEMA_MISMATCH naming both files and the columns that differ
 */
export function checkParts(
  drafts: readonly TableDraft[],
  events: TableDraft,
  guess: EventGuess,
  split: string | undefined,
): void {
  for (const draft of drafts) {
    // What dataset.json calls another table is one, whatever its columns are named.
    const told = draft.kind !== undefined && draft.kind !== 'events';
    if (draft !== events && !told && isPart(draft, events, guess, split)) refuse(draft, events);
  }
}

const namesOf = (draft: TableDraft): string[] => draft.stats.map((stats) => stats.raw.name);

function isPart(
  draft: TableDraft,
  events: TableDraft,
  guess: EventGuess,
  split: string | undefined,
): boolean {
  const names = new Set(namesOf(draft));
  const holds = (
    id: EventGuess['user'],
    role: 'user_id' | 'item_id',
    rank: (name: string) => number,
  ): boolean =>
    id !== undefined &&
    (names.has(id.raw.name) ||
      [...(draft.described?.values() ?? [])].includes(role) ||
      bestRanked(draft, rank) !== undefined);
  // A log without users or items has nothing to tell its parts by but its columns.
  const ids = guess.user === undefined && guess.item === undefined;
  if (!ids && !(holds(guess.user, 'user_id', userRank) && holds(guess.item, 'item_id', itemRank)))
    return false;
  const own = namesOf(events);
  const shared = own.filter((name) => names.has(name)).length;
  if (shared >= mostColumns * own.length) return true;
  if (ids) return false;
  const named = split === 'files' && draft.loaded.files.some((file) => splitOfFile(file) !== undefined);
  return (
    named || [guess.label, guess.rating].some((label) => label !== undefined && names.has(label.raw.name))
  );
}

function refuse(draft: TableDraft, events: TableDraft): never {
  const [file, log] = [draft.loaded.files[0], events.loaded.files[0]];
  const own = namesOf(draft);
  const wanted = namesOf(events);
  const onlyInFile = own.filter((name) => !wanted.includes(name)).slice(0, 20);
  const onlyInEvents = wanted.filter((name) => !own.includes(name)).slice(0, 20);
  const list = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');
  const differences = [
    ...(onlyInFile.length === 0 ? [] : [`only ${file} has ${list(onlyInFile)}`]),
    ...(onlyInEvents.length === 0 ? [] : [`only ${log} has ${list(onlyInEvents)}`]),
  ];
  throw new AutoModelError(
    'SCHEMA_MISMATCH',
    `${file} looks like a part of the log ${log}, but ${differences.join('; ') || 'the types of its columns differ'}`,
    {
      remedy: 'Give all files of the log the same columns and types, or leave the file out.',
      details: { file, events: log, onlyInFile, onlyInEvents },
    },
  );
}
