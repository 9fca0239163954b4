import { existsSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { AutoModelError } from '../../platform/index.js';
import type { Project } from './open-project.js';

/**
 * Where predictions may be written: a .parquet or .csv file that is neither the input nor data of the project. Checked
 * before any work begins, since writing replaces what is there.
 * @returns the absolute path
 * @throws USAGE
 */
export function predictionOutput(project: Project, out: string, input: string): string {
  const target = resolve(out);
  const refusal = (message: string): AutoModelError =>
    new AutoModelError('USAGE', message, {
      remedy: 'Name a new file that ends in .parquet or .csv with --out.',
      details: { out: target },
    });
  if (existsSync(target) && statSync(target).isDirectory()) throw refusal(`--out ${target} is a folder`);
  if (!/\.(parquet|csv)$/i.test(target)) throw refusal(`--out ${target} ends in neither .parquet nor .csv`);
  const real = realPath(target);
  if (real === realPath(input)) throw refusal(`--out ${target} is the input itself; it would be lost`);
  const { root } = project.paths;
  const tables = Object.entries(project.config.tables);
  const table = tables.find(([, { files }]) =>
    files.some(({ path }) => realPath(resolve(root, path)) === real),
  );
  if (table !== undefined)
    throw refusal(`--out ${target} is a file of the table ${table[0]}; it would be lost`);
  return target;
}

function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}
