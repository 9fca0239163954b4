import type { ColumnConfig } from '../schema/index.js';
import { copyAuc, labelRelations, suspectAuc } from './column-relations.js';
import type { EventLog } from './event-log.js';
import type { SideTable } from './side-tables.js';
import type { Workbench } from './workbench.js';

/** In fewer rows any column can rank the label by chance. */
const fewestRows = 50;

/**
 * Holds the columns of joined tables against the label of the events that they are joined to: a table keyed by request may
 * hold the answer. Returns what it found, by "<table>.<column>".
 */
export async function probeSideTables(
  bench: Workbench,
  log: EventLog,
  sides: readonly SideTable[],
): Promise<Map<string, Pick<ColumnConfig, 'role' | 'confidence' | 'reason'>>> {
  const found = new Map<string, Pick<ColumnConfig, 'role' | 'confidence' | 'reason'>>();
  if (!log.labelled || bench.config.task !== 'ctr') return found;
  const [rows] = await bench.numbers('SELECT count(*)::DOUBLE FROM base');
  if (rows < fewestRows) return found;
  for (const { table, relation, link, idents } of sides) {
    const columns = table.workColumns.filter(
      ({ name, config }) => idents.has(name) && config.confidence < 1 && !config.type.startsWith('list-'),
    );
    const relations = await labelRelations(
      bench.engine,
      {
        relation: `(SELECT b.y, b.row AS event_row, s.* FROM base b LEFT JOIN ${relation} s ON s.rid = b.${link})`,
        rows,
      },
      'y',
      columns.map(({ name, config }) => ({
        name,
        cell: idents.get(name) as string,
        numeric: ['integer', 'number', 'boolean'].includes(config.type),
      })),
      // A join gives its rows in any order.
      'event_row',
    );
    for (const [name, { auc }] of relations) {
      if (auc < suspectAuc) continue;
      found.set(`${table.name}.${name}`, {
        role: auc >= copyAuc ? 'leak' : 'signal',
        confidence: auc >= copyAuc ? 0.9 : 0.6,
        reason: `alone it ranks the label of the events it is joined to with AUC ${auc.toFixed(3)}`,
      });
    }
  }
  return found;
}
