import { AutoModelError } from '../platform/index.js';
import { UNKNOWN_ID } from '../schema/index.js';
import type { EncodedList } from './encode-lists.js';
import type { EventLog } from './event-log.js';
import type { FieldPlan } from './field-plan.js';
import type { Vocabulary } from './fit-fields.js';
import type { Workbench } from './workbench.js';

export const historyField = 'history';

/** Whether this project can have point-in-time histories of its own events. */
export function hasHistory(bench: Workbench, log: EventLog, itemField: string | undefined): boolean {
  const wanted = bench.config.history.enabled && bench.config.task !== 'next-item';
  return wanted && log.timed && log.user !== undefined && log.item !== undefined && itemField !== undefined;
}

/**
 * Lays out what every user clicked (or was shown), by (scope, user, time). Scope 0 holds training events and is what
 * training and validation rows see; scope 1 holds training and validation events and is what test rows see. So no label of
 * an evaluated split is in any history of that split, and inside a scope a row's history is a prefix of the user's array.
 */
export async function buildClicks(bench: Workbench, log: EventLog, items: Vocabulary): Promise<void> {
  // Of ratings every one is behaviour; only a 0/1 label says what was clicked.
  const clicked = bench.config.history.of === 'clicked' && bench.config.task === 'ctr' ? 'AND b.y = 1' : '';
  await bench.build(
    'behaviour by user and time, once for each scope',
    `CREATE TABLE clicks AS SELECT scope, u.idx AS idx, b.t AS clicked_at, coalesce(v.id, ${UNKNOWN_ID})::INTEGER AS id, ` +
      `(row_number() OVER (ORDER BY scope, u.idx, b.t, b.row) - 1)::INTEGER AS place ` +
      `FROM base b JOIN users u ON u.value = b.${log.user} LEFT JOIN ${items.relation} v ON v.value = b.${log.item} ` +
      `CROSS JOIN (VALUES (0), (1)) AS scopes(scope) WHERE b.split <= scope AND b.${log.item} IS NOT NULL ${clicked}`,
  );
  await bench.build(
    'how far the history of a user reaches after each moment',
    `CREATE TABLE click_ends AS SELECT scope, idx, clicked_at, (max(place) + 1)::INTEGER AS past, ` +
      `(min(min(place)) OVER (PARTITION BY scope, idx))::INTEGER AS first FROM clicks GROUP BY scope, idx, clicked_at`,
  );
}

/**
 * The history column pair: events of the user strictly before the row's time.
 * @param scope SQL of the scope a row sees
 */
export function historyList(bench: Workbench, log: EventLog, scope: string): EncodedList {
  const joins = [
    `LEFT JOIN users hu ON hu.value = b.${log.user}`,
    `ASOF LEFT JOIN click_ends ON click_ends.scope = ${scope} AND click_ends.idx = hu.idx AND b.t > click_ends.clicked_at`,
  ];
  const { maxLength } = bench.config.history;
  return {
    field: historyField,
    values: 'SELECT id FROM clicks ORDER BY place',
    begin: {
      sql: `coalesce(greatest(click_ends.first, click_ends.past - ${maxLength}), 0)::INTEGER`,
      joins,
    },
    end: { sql: 'coalesce(click_ends.past, 0)::INTEGER', joins },
    storage: 'shared',
  };
}

/**
 * Lists in the event table itself carry no date of their own. One that holds the row's own item far more often where the
 * label is 1, or that ends with it, was written after the event. @throws HISTORY_FROM_FUTURE
 */
export async function checkEventSequences(
  bench: Workbench,
  log: EventLog,
  plans: readonly FieldPlan[],
): Promise<void> {
  for (const plan of plans) {
    if (plan.kind !== 'sequence' || !plan.ofItems || plan.table !== undefined || log.item === undefined)
      continue;
    const list = `${log.idents.get(plan.column)}::VARCHAR[]`;
    const item = `${log.item}::VARCHAR`;
    const [positive, negative, last] = await bench.numbers(
      `SELECT coalesce(avg(list_contains(${list}, ${item})::INTEGER) FILTER (y = 1), 0)::DOUBLE, ` +
        `coalesce(avg(list_contains(${list}, ${item})::INTEGER) FILTER (y = 0), 0)::DOUBLE, ` +
        `coalesce(avg((list_extract(${list}, -1) = ${item})::INTEGER), 0)::DOUBLE FROM base WHERE split = 0 AND len(${list}) > 0`,
    );
    if (last < 0.5 && !(positive >= 0.5 && positive >= 2 * negative)) continue;
    throw new AutoModelError(
      'HISTORY_FROM_FUTURE',
      `${log.table.files[0]}: lists of column ${plan.column} hold the event's own item: they were written after the event`,
      {
        remedy: `Give the column the role leak in automodel.json, or lists that end before the event.`,
        details: { file: log.table.files[0], column: plan.column, positive, negative, last },
      },
    );
  }
}
