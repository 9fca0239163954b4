import type { ColumnRole } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';
import type { Guess } from './infer-event-roles.js';
import type { TableDraft } from './infer-tables.js';

/** Table → column → the role that a person said. */
export type SaidRoles = ReadonlyMap<string, ReadonlyMap<string, ColumnRole>>;

/**
 * Finds the columns that roles were said for.
 * @throws UNKNOWN_COLUMN for a column that no table has, or several
 */
export function saidRoles(
  drafts: readonly TableDraft[],
  roles: Readonly<Record<string, ColumnRole>>,
): SaidRoles {
  const said = new Map<string, Map<string, ColumnRole>>();
  const known = drafts.flatMap((draft) =>
    draft.stats.map(({ raw }) => ({ table: draft.name, column: raw.name })),
  );
  for (const [name, role] of Object.entries(roles)) {
    const full = known.filter(({ table, column }) => `${table}.${column}` === name);
    const found = full.length > 0 ? full : known.filter(({ column }) => column === name);
    if (found.length !== 1) {
      const problem = found.length === 0 ? 'no table has it' : 'several tables have it';
      throw new AutoModelError(
        'UNKNOWN_COLUMN',
        `Column ${JSON.stringify(name)} was given a role, but ${problem}`,
        {
          remedy: `Write it as one of ${known
            .slice(0, 30)
            .map(({ table, column }) => `${table}.${column}`)
            .join(', ')}.`,
          details: { column: name },
        },
      );
    }
    const [{ table, column }] = found;
    said.set(table, (said.get(table) ?? new Map<string, ColumnRole>()).set(column, role));
  }
  return said;
}

/** The draft as if a dataset.json had said the roles. */
export function withSaid(draft: TableDraft, said: SaidRoles): TableDraft {
  const own = said.get(draft.name);
  return own === undefined ? draft : { ...draft, described: new Map([...(draft.described ?? []), ...own]) };
}

/** Writes what was said over what was guessed. */
export function takeSaid(draft: TableDraft, guesses: Map<string, Guess>, said: SaidRoles): void {
  for (const [column, role] of said.get(draft.name) ?? []) {
    guesses.set(column, { ...guesses.get(column), role, confidence: 1, reason: 'said by you' });
  }
}

/** A log of nothing has nothing to infer from. */
export function checkRows({ loaded }: TableDraft): void {
  if (loaded.rows > 0) return;
  throw new AutoModelError('FILE_UNREADABLE', `${loaded.files.join(', ')} has no rows`, {
    remedy: 'Name a file with events in it.',
    details: { file: loaded.files[0] },
  });
}
