import { eventColumn, type RawRow } from '../../data/index.js';
import { AutoModelError } from '../../platform/index.js';
import type { ColumnType, ProjectConfig } from '../../schema/index.js';

/** The column of the event table that names users, or items. */
export interface IdPlace {
  readonly column: string;
  /** The id of a request as a cell of that column. */
  valueOf(id: string): RawRow[string];
}

/** @throws CONFIG_INVALID when no column has that role: without users and items there is nothing to recommend */
export function idPlace(config: ProjectConfig, role: 'user_id' | 'item_id'): IdPlace {
  const found = eventColumn(config, role);
  if (found === undefined)
    throw new AutoModelError('CONFIG_INVALID', `No column of the event table has the role ${role}`, {
      remedy: `Give a column the role ${role} in automodel.json, and train again.`,
      details: { role },
    });
  return { column: found.name, valueOf: (id) => cellOf(id, found.type) };
}

/** Ids of requests are texts; a column of real numbers or truths has cells of another kind. */
function cellOf(id: string, type: ColumnType): RawRow[string] {
  if (type === 'number') return Number.isFinite(Number(id)) ? Number(id) : null;
  if (type === 'integer') return /^[+-]?\d+$/.test(id.trim()) ? id : null;
  return type === 'boolean' ? id === 'true' : id;
}
