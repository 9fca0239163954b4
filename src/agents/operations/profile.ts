import { profile as profileTables } from '../../data/index.js';
import type { OperationIo, ProfileResult, ProjectOptions } from '../../schema/index.js';
import { refusedColumns } from '../project/columns.js';
import { encodedProject, openProject } from '../project/open-project.js';

/** Describes the tables as the project reads them, with what init found suspect in them. */
export async function profile(options: ProjectOptions, io: OperationIo): Promise<ProfileResult> {
  const project = openProject(options.projectDir);
  const prepared = await encodedProject(project, io);
  const found = await profileTables({
    projectDir: project.paths.root,
    config: project.config,
    signal: io.signal,
  });
  const refused = refusedColumns(project.config);
  return {
    contract: prepared.contract,
    tables: found.tables.map((table) => ({
      ...table,
      files: [...table.files],
      joinKeys: [...table.joinKeys],
    })),
    columns: found.columns.map(({ table, column, role, type, distinct, missing, min, max }) => ({
      table,
      column,
      role,
      type,
      distinct,
      missing,
      min,
      max,
    })),
    duplicateRows: found.duplicateRows,
    users: found.users,
    items: found.items,
    labelMean: found.labelMean,
    probes: refused.map(({ table, column, role, reason }) => ({
      probe: 'column roles',
      table,
      column,
      verdict: role === 'leak' ? ('leak' as const) : ('suspect' as const),
      message: reason,
    })),
    refused,
  };
}
