import { join } from 'node:path';
import { FIRST_VALUE_ID, UNKNOWN_ID } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';
import { orderOf } from './assign-splits.js';
import { OutputFile } from './block-files.js';
import { makeContract } from './contract.js';
import type { NextItemRecord } from './dataset-record.js';
import type { EventLog } from './event-log.js';
import { itemVocabularyFile, nextItemFiles, usersFile } from './open-next-item.js';
import type { CtrJob } from './prepare-ctr.js';
import { quoteText } from './sql.js';
import type { SplitRule } from './split-rule.js';
import type { Workbench } from './workbench.js';
import { collectIntegers } from './write-blocks.js';

/**
 * Encodes sequences. Events of a user are his training events, then his validation events, each in order; the history of a
 * validation case ends with training, that of a test case with validation. Test events are in no array but the sealed one.
 */
export async function prepareNextItem(bench: Workbench, job: CtrJob): Promise<NextItemRecord> {
  const { log, dir, rule } = job;
  job.onProgress(0.4, 'fitting the item vocabulary');
  const itemCount = await itemVocabulary(bench, log);
  await orderEvents(bench, log, rule);
  const [userCount] = await bench.numbers('SELECT count(*)::DOUBLE FROM users');
  job.onProgress(0.6, 'writing sequences');
  const [users, items, splits] = await collectIntegers(
    bench,
    'SELECT idx, id, split::INTEGER FROM ordered WHERE split < 2 ORDER BY idx, split, turn, row',
    3,
  );
  const offsets = new Int32Array(userCount + 1);
  const trainEnds = new Int32Array(userCount);
  for (let i = 0; i < users.length; i += 1) {
    offsets[users[i] + 1] += 1;
    if (splits[i] === 0) trainEnds[users[i]] += 1;
  }
  for (let u = 0; u < userCount; u += 1) {
    offsets[u + 1] += offsets[u];
    trainEnds[u] += offsets[u];
  }
  save(dir, nextItemFiles.events, items);
  save(dir, nextItemFiles.offsets, offsets);
  save(dir, nextItemFiles.trainEnds, trainEnds);
  job.onProgress(0.8, 'writing cases');
  const counts = { validation: 0, test: 0 };
  for (const split of ['validation', 'test'] as const) {
    const endOf = split === 'validation' ? trainEnds : offsets.subarray(1);
    counts[split] = await writeCases(bench, dir, split, offsets, endOf);
  }
  const copy = (sql: string, file: string): Promise<void> =>
    bench.run(`COPY (${sql}) TO ${quoteText(join(dir, file))} (FORMAT parquet, COMPRESSION zstd)`);
  await copy('SELECT value, id, n FROM items ORDER BY id', itemVocabularyFile);
  await copy('SELECT value, idx FROM users ORDER BY idx', usersFile);
  return {
    schemaVersion: 1,
    kind: 'next-item',
    contract: makeContract(bench.config, job.contractHash, job.splits.rows, 'user'),
    warnings: bench.warnings,
    duplicateRows: job.splits.duplicateRows,
    userCount,
    itemCount,
    events: items.length,
    cases: counts,
  };
}

async function itemVocabulary(bench: Workbench, log: EventLog): Promise<number> {
  const { minCount } = bench.config;
  await bench.build(
    `items with at least ${minCount} training events`,
    `CREATE TABLE items AS SELECT value, n, (row_number() OVER (ORDER BY n DESC, value) + ${FIRST_VALUE_ID - 1})::INTEGER AS id ` +
      `FROM (SELECT ${log.item} AS value, count(*) AS n FROM base WHERE split = 0 GROUP BY ALL) WHERE n >= ${minCount}`,
  );
  const [count] = await bench.numbers('SELECT count(*)::DOUBLE FROM items');
  const [unknown, cases] = await bench.numbers(
    `SELECT count(*) FILTER (${log.item} NOT IN (SELECT value FROM items))::DOUBLE, count(*)::DOUBLE FROM base WHERE split > 0`,
  );
  if (unknown > 0) {
    bench.warn(
      'TARGETS_UNKNOWN',
      `${unknown} of ${cases} validation and test events are of items without a training event; no model can rank them and they count as misses`,
    );
  }
  return count + FIRST_VALUE_ID;
}

async function orderEvents(bench: Workbench, log: EventLog, rule: SplitRule): Promise<void> {
  await bench.build(
    'a dense index of users',
    `CREATE TABLE users AS SELECT value, (row_number() OVER (ORDER BY first) - 1)::INTEGER AS idx FROM ` +
      `(SELECT ${log.user} AS value, min(row) AS first FROM base GROUP BY ALL)`,
  );
  const turn = orderOf(log, rule);
  await bench.build(
    'events of each user with their turn',
    `CREATE TABLE ordered AS SELECT u.idx, b.split, b.${turn} AS turn, b.row, coalesce(i.id, ${UNKNOWN_ID})::INTEGER AS id ` +
      `FROM base b JOIN users u ON u.value = b.${log.user} LEFT JOIN items i ON i.value = b.${log.item}`,
  );
  const [users] = await bench.numbers(
    `SELECT count(*)::DOUBLE FROM (SELECT idx FROM ordered GROUP BY idx HAVING ` +
      `max(turn) FILTER (split = 0) > min(turn) FILTER (split > 0) OR max(turn) FILTER (split = 1) > min(turn) FILTER (split = 2))`,
  );
  if (users > 0) {
    throw new AutoModelError(
      'HISTORY_FROM_FUTURE',
      `${users} users have events of an earlier split after events of a later one: their histories would hold the future of their targets`,
      {
        remedy: 'Use the split time or leave-one-out for next-item tasks.',
        details: { users, split: bench.config.split },
      },
    );
  }
  const [ties, pairs] = await bench.numbers(
    `SELECT count(*) FILTER (turn = before)::DOUBLE, count(before)::DOUBLE FROM ` +
      `(SELECT turn, lag(turn) OVER (PARTITION BY idx ORDER BY turn, row) AS before FROM ordered)`,
  );
  if (ties > 0.05 * pairs) {
    bench.warn(
      'ORDER_TIES',
      `${ties} of ${pairs} consecutive events of a user share their ${turn === 't' ? 'time' : 'order'}; they stand in the order of the file, which may carry information that a live system lacks`,
    );
  }
}

function save(dir: string, name: string, values: Int32Array | Float64Array): void {
  const file = new OutputFile(join(dir, name));
  file.write(values, 0);
  file.close();
}

/** Writes the cases of a split: every event of it whose user has a history. Targets of test go below sealed/. */
async function writeCases(
  bench: Workbench,
  dir: string,
  split: 'validation' | 'test',
  offsets: Int32Array,
  endOf: Int32Array,
): Promise<number> {
  const [users, targets, rows] = await collectIntegers(
    bench,
    `SELECT idx, id, row::INTEGER FROM ordered WHERE split = ${split === 'validation' ? 1 : 2} ORDER BY idx, turn, row`,
    3,
  );
  let kept = 0;
  const ends = new Int32Array(users.length);
  const rowIds = new Float64Array(users.length);
  for (let i = 0; i < users.length; i += 1) {
    const user = users[i];
    if (endOf[user] <= offsets[user]) continue;
    users[kept] = user;
    ends[kept] = endOf[user];
    targets[kept] = targets[i];
    rowIds[kept] = rows[i];
    kept += 1;
  }
  if (kept < users.length) {
    bench.warn(
      'COLD_CASES',
      `${users.length - kept} of ${users.length} ${split} events are of users without a history; they are not scored`,
    );
  }
  save(dir, nextItemFiles.cases(split, 'users'), users.subarray(0, kept));
  save(dir, nextItemFiles.cases(split, 'ends'), ends.subarray(0, kept));
  const validation = split === 'validation';
  const targetFile = validation ? nextItemFiles.validationTargets : nextItemFiles.sealedTargets;
  save(dir, targetFile, targets.subarray(0, kept));
  save(dir, validation ? nextItemFiles.validationRows : nextItemFiles.sealedRows, rowIds.subarray(0, kept));
  return kept;
}
