import { resolve } from 'node:path';
import type { ProjectConfig } from '../schema/index.js';
import { assignSplits, orderOf } from './assign-splits.js';
import { buildEventLog } from './event-log.js';
import { eventTable } from './project-files.js';
import { parseSplit } from './split-rule.js';
import { Workbench } from './workbench.js';
import { collectIntegers } from './write-blocks.js';

/** Training and validation events by user, oldest first, ties in the order of the file. */
export interface OrderedEvents {
  /** dense user numbers, rising [events] */
  readonly users: Int32Array;
  /** dense item numbers from 0 [events] */
  readonly items: Int32Array;
  /** which moment of the user an event belongs to: equal for events of one time [events] */
  readonly moments: Int32Array;
  readonly itemCount: number;
}

/** Events of a next-item project with the moments that they share. Test events are left out. */
export async function readOrderedEvents(options: {
  readonly projectDir: string;
  readonly config: ProjectConfig;
  readonly signal?: AbortSignal;
}): Promise<OrderedEvents> {
  const { config } = options;
  const rule = parseSplit(config.split);
  const bench = await Workbench.open({ ...options, projectDir: resolve(options.projectDir) });
  try {
    const log = await buildEventLog(bench, await bench.table(eventTable(config), 'raw_0'), {
      rule,
      inputs: false,
    });
    await assignSplits(bench, log, rule, 'leave');
    const turn = orderOf(log, rule);
    const [users, items, moments] = await collectIntegers(
      bench,
      `SELECT u, i, m FROM (SELECT (dense_rank() OVER (ORDER BY ${log.user}) - 1)::INTEGER AS u, ` +
        `(dense_rank() OVER (ORDER BY ${log.item}) - 1)::INTEGER AS i, ` +
        `(dense_rank() OVER (PARTITION BY ${log.user} ORDER BY ${turn}) - 1)::INTEGER AS m, row FROM base WHERE split < 2) ORDER BY u, m, row`,
      3,
    );
    return { users, items, moments, itemCount: items.reduce((most, item) => Math.max(most, item), -1) + 1 };
  } finally {
    bench.engine.close();
  }
}
