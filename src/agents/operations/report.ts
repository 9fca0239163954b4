import { join } from 'node:path';
import { AutoModelError, writeFileAtomic } from '../../platform/index.js';
import { openJournal } from '../../journal/index.js';
import { projectPaths, type OperationIo, type ReportOptions, type ReportResult } from '../../schema/index.js';
import { RunJournal } from '../loop/run-journal.js';
import { projectRun } from '../loop/run-projection.js';
import { reportModel } from '../reporting/report-model.js';

/** Makes the report of a run anew from the journal; an unfinished run gives a report of what there is. */
export async function report(options: ReportOptions, io: OperationIo): Promise<ReportResult> {
  const paths = projectPaths(options.projectDir);
  const journal = await openJournal({ path: paths.journal, mode: 'read' });
  try {
    const memory = await RunJournal.open(journal);
    const runId = options.runId ?? memory.runIds().at(-1);
    if (runId === undefined || !memory.runIds().includes(runId)) {
      throw new AutoModelError('USAGE', `There is no run ${runId ?? ''} in this project`, {
        remedy: `Known runs: ${memory.runIds().join(', ') || 'none; run automodel evolve first'}.`,
      });
    }
    const run = projectRun(runId, memory.decisions(runId));
    const before = memory.testOpenings(run.contract.hash) - run.testOpenings;
    const html = join(paths.reports, `${runId}.html`);
    writeFileAtomic(html, await io.renderReport(reportModel(run, paths, before)));
    return { runId, html };
  } finally {
    await journal.close();
  }
}
