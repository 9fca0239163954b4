import type { DatasetContract } from '../schema/index.js';
import type { EncodedColumn } from './encoded-columns.js';
import type { EventLog } from './event-log.js';
import type { Workbench } from './workbench.js';

/** What intervals are clustered by: users, or blocks of consecutive rows where there are none. */
export interface Clusters {
  readonly by: DatasetContract['clusterBy'];
  readonly count: number;
  readonly column: EncodedColumn;
}

export function clusterKind(log: Pick<EventLog, 'user' | 'timed'>): DatasetContract['clusterBy'] {
  if (log.user !== undefined) return 'user';
  return log.timed ? 'time-block' : 'row-block';
}

/** Rows per block and blocks per split where there are no users: enough blocks for a bootstrap, enough rows for a mean. */
const rowsPerBlock = 50;
const blocksPerSplit = 1000;

/** Makes `users` (value, idx): a dense index of users in the order of their first row, or of blocks. */
export async function buildClusters(bench: Workbench, log: EventLog): Promise<Clusters> {
  if (log.user !== undefined) {
    await bench.build(
      'a dense index of users',
      `CREATE TABLE users AS SELECT value, (row_number() OVER (ORDER BY first) - 1)::INTEGER AS idx FROM ` +
        `(SELECT ${log.user} AS value, min(pos) AS first FROM base GROUP BY ALL)`,
    );
    const [count] = await bench.numbers('SELECT count(*)::DOUBLE FROM users');
    if (!(await tooFewUsers(bench, log.user))) {
      // A row without a user clusters with the other rows without one.
      return {
        by: 'user',
        count,
        column: {
          sql: 'cu.idx::INTEGER',
          joins: [`LEFT JOIN users cu ON cu.value IS NOT DISTINCT FROM b.${log.user}`],
        },
      };
    }
    bench.warn(
      'CLUSTERS_ARE_BLOCKS',
      `${log.table.files[0]}: a split has one user only; intervals go by blocks of consecutive rows and say nothing of other users`,
    );
  }
  const by = clusterKind({ ...log, user: undefined });
  const order = log.timed ? 't, row' : 'row';
  await bench.build(
    'there are no users to cluster by: blocks of consecutive rows of a split stand for them',
    `CREATE TABLE blocks AS SELECT owner, (dense_rank() OVER (ORDER BY split, block) - 1)::INTEGER AS idx FROM ` +
      `(SELECT pos AS owner, split, (row_number() OVER (PARTITION BY split ORDER BY ${order}) - 1) * ` +
      `greatest(2, least(${blocksPerSplit}, n // ${rowsPerBlock})) // n AS block FROM ` +
      `(SELECT *, count(*) OVER (PARTITION BY split) AS n FROM (SELECT pos, split, row, t FROM base)))`,
  );
  const [count] = await bench.numbers('SELECT (max(idx) + 1)::DOUBLE FROM blocks');
  return {
    by,
    count,
    column: { sql: 'cb.idx::INTEGER', joins: ['LEFT JOIN blocks cb ON cb.owner = b.pos'] },
  };
}

/** Whether validation or test has a single user: no variance between users can be seen there. */
async function tooFewUsers(bench: Workbench, user: string): Promise<boolean> {
  const [fewest] = await bench.numbers(
    `SELECT min(n)::DOUBLE FROM (SELECT count(DISTINCT coalesce(${user}::VARCHAR, '')) AS n FROM base WHERE split > 0 GROUP BY split)`,
  );
  return fewest < 2;
}
