import { evolveRun } from '../../../src/agents/loop/evolve-run.js';
import { canonicalRun } from '../../../src/agents/loop/run-journal.js';
import type { RunStart } from '../../../src/agents/loop/run-projection.js';
import type { BudgetGrant } from '../../../src/agents/loop/run-settings.js';
import { readAll, type JournalEvent } from '../../../src/journal/index.js';
import { scriptedRun, type ScriptedRunOptions } from './scripted-run.js';

export interface WholeRunOptions extends ScriptedRunOptions {
  readonly grants: readonly BudgetGrant[];
}

/**
 * A null run from its first decision to its last, in memory: such a run neither opens the test split nor refits, so no
 * process is started. Scripted candidates may be better all the same.
 */
export async function wholeRun(options: WholeRunOptions) {
  const run = await scriptedRun({ ...options, settings: { nullSeed: 1, ...options.settings } });
  const { context, memory } = run;
  const start: RunStart = {
    settings: context.settings,
    contract: context.dataset.contract,
    refused: [],
    warnings: [],
    grant: options.grants[0],
  };
  await context.log.decide('run-started', () => start);
  await evolveRun(context, {
    artefactsDir: '/artefacts',
    memory: memory.memory,
    refitMemoryMb: 1000,
    nextGrant: async (index) => {
      if (options.grants[index] === undefined) return undefined;
      const grant = await context.log.decide('budget-granted', () => options.grants[index]);
      context.deadline.begin(grant.minutes, 0);
      return grant;
    },
  });
  const events: readonly JournalEvent[] = await readAll(run.journal);
  return { run, events, canonical: await canonicalRun(run.journal) };
}
