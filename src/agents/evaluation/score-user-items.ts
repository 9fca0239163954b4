import { openDataset, readNextItemRows, type PreparedDataset } from '../../data/index.js';
import { AutoModelError } from '../../platform/index.js';
import {
  FIRST_VALUE_ID,
  UNKNOWN_ID,
  type NextItemCases,
  type NextItemDataset,
  type OperationIo,
  type ProjectConfig,
} from '../../schema/index.js';
import type { LoadedNextItemModel } from '../../training/index.js';
import { idColumns } from '../project/columns.js';

/**
 * Logits of (user, item) rows of a file. Each user of the file is one case whose history is all that the dataset knows of
 * him; users that it does not know share a case with an empty history.
 * @returns row numbers from 0 and one score per row, in the order of the file
 * @throws PREDICTIONS_INVALID when the model's score of a row is not finite; INTERRUPTED
 */
export async function scoreUserItems(
  model: LoadedNextItemModel,
  config: ProjectConfig,
  prepared: PreparedDataset,
  file: string,
  io: OperationIo,
): Promise<{ readonly rows: Float64Array; readonly scores: Float32Array }> {
  const dataset = openDataset(prepared.dir);
  if (dataset.task !== 'next-item') throw new RangeError(`the dataset is of the task ${dataset.task}`);
  const given = await readNextItemRows({
    dir: prepared.dir,
    file,
    ...idColumns(config),
    signal: io.signal,
  });
  const strangers = given.users.reduce((n, user) => n + (user < 0 ? 1 : 0), 0);
  const unknown = given.items.reduce((n, item) => n + (item === UNKNOWN_ID ? 1 : 0), 0);
  if (strangers > 0) {
    const message = `${strangers} of ${given.rows} rows are of users without events; scored without a history.`;
    io.warn({ code: 'UNKNOWN_USERS', message });
  }
  if (unknown > 0) {
    const message = `${unknown} of ${given.rows} rows are of items without training events; they get the lowest score of their user.`;
    io.warn({ code: 'UNKNOWN_ITEMS', message });
  }
  const { cases, starts, order } = casesOf(given.users, dataset);
  const scores = new Float32Array(given.rows);
  io.onProgress({ kind: 'phase', name: 'Score users', done: 0, total: cases.count });
  await model.score(dataset, cases, (logits, c) => {
    if (io.signal.aborted) {
      throw new AutoModelError('INTERRUPTED', 'Interrupted while scoring users', { retryable: true });
    }
    let lowest = Number.POSITIVE_INFINITY;
    for (let id = FIRST_VALUE_ID; id < logits.length; id += 1) lowest = Math.min(lowest, logits[id]);
    for (let i = starts[c]; i < starts[c + 1]; i += 1) {
      const item = given.items[order[i]];
      const score = item < FIRST_VALUE_ID ? lowest : logits[item];
      if (!Number.isFinite(score)) {
        throw new AutoModelError('PREDICTIONS_INVALID', `The model scores row ${order[i]} as ${score}`, {
          remedy: 'Train the model again; it has not learned finite weights.',
          details: { row: order[i] },
        });
      }
      scores[order[i]] = score;
    }
  });
  return { rows: Float64Array.from({ length: given.rows }, (_, row) => row), scores };
}

/** One case per distinct user, and the row numbers of each: those of case c are order[starts[c] .. starts[c + 1]). */
function casesOf(
  rowUsers: Int32Array,
  { offsets, userCount }: NextItemDataset,
): { readonly cases: NextItemCases; readonly starts: Int32Array; readonly order: Int32Array } {
  // Strangers count as one more user, which borrows the first user's place with nothing in it.
  const rowsOf = new Int32Array(userCount + 1);
  for (const user of rowUsers) rowsOf[user < 0 ? userCount : user] += 1;
  const caseOf = new Int32Array(userCount + 1);
  const present: number[] = [];
  const starts = [0];
  for (let user = 0; user <= userCount; user += 1) {
    if (rowsOf[user] === 0) continue;
    caseOf[user] = present.length;
    present.push(user);
    starts.push(starts[starts.length - 1] + rowsOf[user]);
  }
  const fill = Int32Array.from(starts);
  const order = new Int32Array(rowUsers.length);
  rowUsers.forEach((user, row) => {
    const c = caseOf[user < 0 ? userCount : user];
    order[fill[c]] = row;
    fill[c] += 1;
  });
  const cases: NextItemCases = {
    count: present.length,
    users: Int32Array.from(present, (user) => (user === userCount ? 0 : user)),
    historyEnds: Int32Array.from(present, (user) => (user === userCount ? offsets[0] : offsets[user + 1])),
    targets: undefined,
  };
  return { cases, starts: Int32Array.from(starts), order };
}
