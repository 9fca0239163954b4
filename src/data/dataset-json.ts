import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../platform/index.js';
import { ColumnRole } from '../schema/index.js';

const DatasetJson = z.object({
  tables: z.record(z.string(), z.object({ columns: z.record(z.string(), z.object({ role: z.string() })) })),
});

/** Roles that a dataset.json beside a file gives to its columns; undefined where there is none or it is another thing. */
export function describedRoles(path: string): ReadonlyMap<string, ColumnRole> | undefined {
  const file = join(dirname(path), 'dataset.json');
  if (!existsSync(file)) return undefined;
  const parsed = DatasetJson.safeParse(readJson(file));
  if (!parsed.success) return undefined;
  const table = Object.entries(parsed.data.tables).find(([name]) => name === basename(path))?.[1];
  if (table === undefined) return undefined;
  const roles = new Map<string, ColumnRole>();
  for (const [name, { role }] of Object.entries(table.columns)) {
    const known = ColumnRole.safeParse(role);
    if (known.success) roles.set(name, known.data);
  }
  return roles;
}
