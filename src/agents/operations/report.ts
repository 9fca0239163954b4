import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AutoModelError, writeFileAtomic } from '../../platform/index.js';
import { openJournal, readAll, type JournalEvent } from '../../journal/index.js';
import { projectPaths, type OperationIo, type ReportOptions, type ReportResult } from '../../schema/index.js';
import { RunJournal } from '../loop/run-journal.js';
import { projectRun } from '../loop/run-projection.js';
import { openProject } from '../project/open-project.js';
import { reportModel } from '../reporting/report-model.js';

/** Payload of test-opened. */
interface Opening {
  readonly runId: string;
  readonly decision: { readonly contractHash: string };
}

/** Makes the report of a run anew from the journal; an unfinished run gives a report of what there is. */
export async function report(options: ReportOptions, io: OperationIo): Promise<ReportResult> {
  const paths = projectPaths(options.projectDir);
  if (!existsSync(paths.journal)) {
    openProject(options.projectDir);
    throw noRun(options.runId, []);
  }
  const journal = await openJournal({ path: paths.journal, mode: 'read' });
  try {
    const memory = await RunJournal.open(journal);
    const runId = options.runId ?? memory.runIds().at(-1);
    if (runId === undefined || !memory.runIds().includes(runId)) throw noRun(runId, memory.runIds());
    const run = projectRun(runId, memory.decisions(runId), memory.costOf(runId));
    const before = openingsBefore(await readAll(journal), runId, run.contract.hash);
    const html = join(paths.reports, `${runId}.html`);
    writeFileAtomic(html, await io.renderReport(reportModel(run, paths, before)));
    return { runId, html };
  } finally {
    await journal.close();
  }
}

/** Openings of the contract's test split by others up to the run's last event: later ones could not bear on its claim. */
function openingsBefore(events: readonly JournalEvent[], runId: string, contractHash: string): number {
  const told = events.map(({ kind, payload }) => ({ kind, ...(payload as Partial<Opening>) }));
  const end = told.findLastIndex((event) => event.runId === runId);
  return told
    .slice(0, end)
    .filter(
      ({ kind, runId: by, decision }) =>
        kind === 'test-opened' && by !== runId && decision?.contractHash === contractHash,
    ).length;
}

function noRun(wanted: string | undefined, known: readonly string[]): AutoModelError {
  const which = wanted === undefined ? 'no run' : `no run ${wanted}`;
  return new AutoModelError('USAGE', `There is ${which} in this project`, {
    remedy: known.length === 0 ? 'Run automodel evolve first.' : `Known runs: ${known.join(', ')}.`,
    details: { runId: wanted, known },
  });
}
