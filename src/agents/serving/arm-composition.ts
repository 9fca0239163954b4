import { fileOfProject } from '../../data/index.js';
import { parseComposition, type Composition } from '../../pipeline/index.js';
import { readJson } from '../../platform/index.js';

/**
 * The composition that an arm of an experiment is made of. Records come from files that others wrote, and a server reads what they name:
 * only files of the project are read.
 * @param file as the record names it, relative to the project
 * @throws PATH_OUTSIDE_PROJECT, FILE_NOT_FOUND, FILE_UNREADABLE, CONFIG_INVALID
 */
export function armComposition(projectDir: string, file: string): Composition {
  const path = fileOfProject(projectDir, file, { namedBy: 'An arm of an experiment' });
  return parseComposition(readJson(path), file);
}
