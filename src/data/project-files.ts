import { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { ColumnConfig, ProjectConfig, TableConfig, TableFile } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (!way.startsWith(`..${sep}`) && way !== '..' && !isAbsolute(way));
}

/** Refuses what the table engine would read as a pattern: one name must mean one file. */
export function checkFile(path: string): string {
  if (/[*?[\]{}]/.test(path)) {
    throw new AutoModelError(
      'USAGE',
      `${path}: file and folder names with any of * ? [ ] { } are not taken`,
      {
        remedy: 'Rename the file or folder.',
        details: { file: path },
      },
    );
  }
  if (!existsSync(path)) {
    throw new AutoModelError('FILE_NOT_FOUND', `No file ${path}`, {
      remedy: 'Check the path; automodel.json names files relative to its own folder.',
      details: { file: path },
    });
  }
  return path;
}

/** How a file given on the command line is written down in automodel.json. */
export function recordFile(projectDir: string, path: string): TableFile {
  const absolute = resolve(projectDir, path);
  const inside = isInside(realpathSync(projectDir), realpathSync(checkFile(absolute)));
  return inside
    ? { path: relative(realpathSync(projectDir), realpathSync(absolute)).split(sep).join('/') }
    : { path: absolute, external: true };
}

/**
 * Absolute path of a file that automodel.json names.
 * @throws PATH_OUTSIDE_PROJECT when it leaves the project (also through a link) without `external`, FILE_NOT_FOUND
 */
export function resolveFile(projectDir: string, file: TableFile): string {
  if (file.external !== true)
    return fileOfProject(projectDir, file.path, {
      namedBy: 'automodel.json',
      remedy: 'Move the file into the project, or name it on the command line: automodel init <file>.',
    });
  const root = realpathSync(projectDir);
  return checkFile(realpathSync(checkFile(isAbsolute(file.path) ? file.path : join(root, file.path))));
}

/**
 * Absolute path of a file that something names which may come from elsewhere, and which must lie in the project.
 * @param path relative to the project, or absolute
 * @throws PATH_OUTSIDE_PROJECT when it leaves the project, also through a link; FILE_NOT_FOUND
 */
export function fileOfProject(
  projectDir: string,
  path: string,
  {
    namedBy,
    remedy = 'Move the file into the project.',
  }: { readonly namedBy: string; readonly remedy?: string },
): string {
  const root = realpathSync(projectDir);
  const absolute = isAbsolute(path) ? path : join(root, path);
  const outside = (): AutoModelError =>
    new AutoModelError('PATH_OUTSIDE_PROJECT', `${namedBy} names a file outside the project: ${path}`, {
      remedy,
      details: { file: path },
    });
  if (!isInside(root, absolute)) throw outside();
  checkFile(absolute);
  const real = checkFile(realpathSync(absolute));
  if (!isInside(root, real)) throw outside();
  return real;
}

/** Absolute paths of all files of a table, in order. */
export function resolveTable(projectDir: string, table: TableConfig): string[] {
  return table.files.map((file) => resolveFile(projectDir, file));
}

/** Name of the event table. */
export function eventTable(config: ProjectConfig): string {
  const names = Object.keys(config.tables).filter((name) => config.tables[name].kind === 'events');
  if (names.length !== 1) {
    throw new AutoModelError(
      'CONFIG_INVALID',
      `automodel.json has ${names.length} event tables; it needs exactly one`,
      {
        remedy: 'Give exactly one table the kind "events".',
        details: { tables: names },
      },
    );
  }
  return names[0];
}

/** The column of the event table with a role, and its type; undefined where there is none. */
export function eventColumn(
  config: ProjectConfig,
  role: ColumnConfig['role'],
): { readonly name: string; readonly type: ColumnConfig['type'] } | undefined {
  const prefix = `${eventTable(config)}.`;
  const found = Object.entries(config.columns).find(
    ([key, column]) => column.role === role && key.startsWith(prefix),
  );
  return found && { name: found[0].slice(prefix.length), type: found[1].type };
}
