import { resolve } from 'node:path';
import type { ProjectConfig } from '../schema/index.js';
import { assignSplits, orderOf } from './assign-splits.js';
import { buildEventLog } from './event-log.js';
import { eventTable } from './project-files.js';
import { keyText } from './column-types.js';
import { parseSplit } from './split-rule.js';
import { Workbench } from './workbench.js';

/** Events of a log in order of time. Ids are the texts that requests name users and items by. */
export interface PastEvents {
  readonly users: readonly string[];
  readonly items: readonly string[];
  /** [events] index in `users`, in `items` */
  readonly userOf: Int32Array;
  readonly itemOf: Int32Array;
  /** [events] milliseconds since 1970 in UTC; NaN where the log has no clock */
  readonly atMs: Float64Array;
  /** [events] 1 for what goes into histories: positive labels; all events of ratings, of no label, and where histories hold what was shown */
  readonly isPositive: Uint8Array;
}

/**
 * The training and validation events of a project. Those of the test split are left out: their labels stay sealed, and a served
 * state begins where the evaluation of the model began.
 */
export async function readPastEvents(options: {
  readonly projectDir: string;
  readonly config: ProjectConfig;
  readonly signal?: AbortSignal;
}): Promise<PastEvents> {
  const { config } = options;
  const rule = parseSplit(config.split);
  const bench = await Workbench.open({ ...options, projectDir: resolve(options.projectDir) });
  try {
    const table = await bench.table(eventTable(config), 'raw_0');
    const log = await buildEventLog(bench, table, { rule, inputs: false });
    if (log.user === undefined || log.item === undefined)
      return {
        users: [],
        items: [],
        userOf: empty,
        itemOf: empty,
        atMs: new Float64Array(0),
        isPositive: new Uint8Array(0),
      };
    await assignSplits(bench, log, rule, 'leave');
    const [user, item] = (['user_id', 'item_id'] as const).map((role) => {
      const column = table.workColumns.find((known) => known.config.role === role);
      return keyText(log.idents.get(column?.name ?? '') ?? '', column?.config.type ?? 'string');
    });
    const past = `base WHERE split < 2 AND ${log.user} IS NOT NULL AND ${log.item} IS NOT NULL`;
    const names = async (key: string): Promise<string[]> =>
      (await bench.engine.rows(`SELECT DISTINCT ${key} AS id FROM ${past} ORDER BY id`)).map(([id]) =>
        String(id),
      );
    const [users, items] = [await names(user), await names(item)];
    const positive =
      config.task === 'ctr' && config.history.of === 'clicked' && log.labelled
        ? 'coalesce(y = 1, false)'
        : 'true';
    const builders = {
      user: [] as Int32Array[],
      item: [] as Int32Array[],
      at: [] as Float64Array[],
      positive: [] as Uint8Array[],
    };
    const sql =
      `SELECT (dense_rank() OVER (ORDER BY ${user}) - 1)::INTEGER, (dense_rank() OVER (ORDER BY ${item}) - 1)::INTEGER, ` +
      `${log.clocked ? `coalesce(t / 1000.0, 'nan'::DOUBLE)::DOUBLE` : `'nan'::DOUBLE`}, (${positive})::INTEGER ` +
      `FROM ${past} ORDER BY ${orderOf(log, rule)}, row`;
    for await (const chunk of bench.engine.stream(sql)) {
      const column = (c: number): number[] => chunk.getColumnVector(c).toArray().map(Number);
      builders.user.push(Int32Array.from(column(0)));
      builders.item.push(Int32Array.from(column(1)));
      builders.at.push(Float64Array.from(column(2)));
      builders.positive.push(Uint8Array.from(column(3)));
    }
    return {
      users,
      items,
      userOf: joined(builders.user, Int32Array),
      itemOf: joined(builders.item, Int32Array),
      atMs: joined(builders.at, Float64Array),
      isPositive: joined(builders.positive, Uint8Array),
    };
  } finally {
    bench.engine.close();
  }
}

const empty = new Int32Array(0);

function joined<T extends Int32Array | Float64Array | Uint8Array>(
  parts: readonly T[],
  kind: new (length: number) => T,
): T {
  const out = new kind(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
