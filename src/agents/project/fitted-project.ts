import { existsSync } from 'node:fs';
import { datasetName, hashProject } from '../../data/index.js';
import { openJournal, readAll } from '../../journal/index.js';
import type { RunStart } from '../loop/run-projection.js';
import { withoutColumns } from './drop-columns.js';
import type { Project } from './open-project.js';

/**
 * A project as it was when an artefact was fitted to it. Columns that the audit took out of a run are inputs in automodel.json
 * still; the first decision of the run has them. A project whose inputs were changed since by hand is given back as it is.
 * @param encoding name of the encoded dataset that the artefact was fitted to
 */
export async function fittedProject(project: Project, encoding: string): Promise<Project> {
  const { paths, config } = project;
  const isOf = (candidate: Project['config']): boolean =>
    datasetName(hashProject(paths.root, candidate)) === encoding;
  if (isOf(config) || !existsSync(paths.journal)) return project;
  const journal = await openJournal({ path: paths.journal, mode: 'read' });
  try {
    for (const { payload } of await readAll(journal, { kinds: ['run-started'] })) {
      const { settings, dropped = [] } = (payload as { readonly decision: RunStart }).decision;
      const fitted = withoutColumns(config, dropped);
      if (settings.encoding === encoding && isOf(fitted)) return { ...project, config: fitted };
    }
    return project;
  } finally {
    await journal.close();
  }
}
