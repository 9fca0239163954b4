import { UNKNOWN_ID } from '../schema/index.js';
import type { EncodedList } from './encode-lists.js';
import type { EventLog } from './event-log.js';
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
