import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../platform/index.js';
import { ColumnRole, type TableConfig, type Warning } from '../schema/index.js';

const DatasetJson = z.object({ tables: z.record(z.string(), z.unknown()) });

const TableJson = z.object({
  kind: z.unknown().optional(),
  role: z.unknown().optional(),
  columns: z.record(z.string(), z.unknown()).optional(),
});

const ColumnJson = z.object({ role: z.string() });

/** Other words for the kinds of tables. */
const kinds: Readonly<Record<string, TableConfig['kind']>> = {
  events: 'events',
  event: 'events',
  interactions: 'events',
  log: 'events',
  entity: 'entity',
  users: 'entity',
  user: 'entity',
  items: 'entity',
  item: 'entity',
  dated: 'dated',
  unused: 'unused',
  ignore: 'unused',
};

/** What a dataset.json beside a file says of it. */
export interface Description {
  readonly kind: TableConfig['kind'] | undefined;
  /** undefined where it says nothing of columns */
  readonly roles: ReadonlyMap<string, ColumnRole> | undefined;
  /** what it says and nobody can use, each by name */
  readonly ignored: readonly string[];
}

/**
 * Reads what dataset.json says of a file; undefined where there is none, or where it says nothing of the file.
 * @param columns names that the file has
 */
export function describeFile(path: string, columns: ReadonlySet<string>): Description | undefined {
  const file = join(dirname(path), 'dataset.json');
  if (!existsSync(file)) return undefined;
  const parsed = DatasetJson.safeParse(readJson(file));
  if (!parsed.success)
    return { kind: undefined, roles: undefined, ignored: ['the document: it has no "tables"'] };
  const found = Object.entries(parsed.data.tables).find(([name]) => name === basename(path));
  if (found === undefined) return undefined;
  const table = TableJson.safeParse(found[1]);
  if (!table.success) return { kind: undefined, roles: undefined, ignored: ['the table: it is no object'] };
  const ignored: string[] = [];
  const quoted = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? 'nothing';
  let kind: TableConfig['kind'] | undefined;
  for (const member of ['kind', 'role'] as const) {
    const said = table.data[member];
    if (said === undefined) continue;
    const known = typeof said === 'string' && Object.hasOwn(kinds, said) ? kinds[said] : undefined;
    if (known === undefined) ignored.push(`${member} ${quoted(said)} of the table`);
    kind ??= known;
  }
  const roles = new Map<string, ColumnRole>();
  for (const [name, said] of Object.entries(table.data.columns ?? {})) {
    if (!columns.has(name)) {
      ignored.push(`column ${quoted(name)}, which the file has not`);
      continue;
    }
    const column = ColumnJson.safeParse(said);
    const role = ColumnRole.safeParse(column.success ? column.data.role : undefined);
    if (role.success) roles.set(name, role.data);
    else
      ignored.push(`role ${quoted(column.success ? column.data.role : undefined)} of column ${quoted(name)}`);
  }
  return { kind, roles: table.data.columns === undefined ? undefined : roles, ignored };
}

/** One warning for all that a dataset.json says of a file in vain. */
export function ignoredWarning(path: string, description: Description): Warning | undefined {
  const { ignored } = description;
  if (ignored.length === 0) return undefined;
  const more = ignored.length > 20 ? ` and ${ignored.length - 20} more` : '';
  return {
    code: 'DATASET_JSON_IGNORED',
    message: `${join(dirname(path), 'dataset.json')}, ${basename(path)}: not used: ${ignored.slice(0, 20).join('; ')}${more}`,
  };
}
