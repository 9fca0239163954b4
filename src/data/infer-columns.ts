import type { ColumnConfig, ProjectConfig, Task } from '../schema/index.js';
import { holdsItems } from './column-relations.js';
import type { ColumnStats } from './column-stats.js';
import { isInput } from './event-log.js';
import { clockType } from './infer-clock.js';
import { guessEncoding } from './infer-encoding.js';
import type { Guess } from './infer-event-roles.js';
import { idType } from './infer-id-type.js';
import type { SideGuess } from './infer-side-tables.js';
import type { TableDraft } from './infer-tables.js';
import { parseSplit } from './split-rule.js';

/** What automodel.json says of each column of one table: role, type, and how inputs are encoded. */
export async function columnConfigs(
  engine: Parameters<typeof guessEncoding>[0],
  draft: TableDraft,
  guesses: ReadonlyMap<string, Guess>,
  side: SideGuess | undefined,
  keys: ReadonlySet<string>,
  events: TableDraft,
  item: ColumnStats | undefined,
): Promise<Record<string, ColumnConfig>> {
  const columns: Record<string, ColumnConfig> = {};
  for (const stats of draft.stats) {
    const found = guesses.get(stats.raw.name) as Guess;
    // A column of times with a few bad cells is still the time column: the bad cells are an error, not a category.
    const mended = found.role === 'timestamp' && stats.type === 'string';
    const isId = found.role === 'user_id' || found.role === 'item_id' || keys.has(stats.raw.name);
    const own = isId && stats.type === 'number' ? await idType(engine, draft, stats) : stats.type;
    const type = mended ? clockType(stats) : own;
    const isList = found.role === 'sequence' && stats.type.startsWith('list-');
    const ofItems = isList && item !== undefined && (await holdsItems(engine, draft, stats, events, item));
    const encoded =
      side?.kind === 'unused'
        ? undefined
        : await guessEncoding(
            engine,
            draft,
            stats,
            found,
            side !== undefined && keys.has(stats.raw.name),
            ofItems,
            events.loaded.rows,
          );
    columns[`${draft.name}.${stats.raw.name}`] = {
      role: found.role,
      type,
      confidence: found.confidence,
      reason: encoded?.note === undefined ? found.reason : `${found.reason}; ${encoded.note}`,
      ...(found.unit === undefined ? {} : { unit: found.unit }),
      ...(encoded === undefined ? {} : { encoding: encoded.encoding }),
    };
  }
  return columns;
}

/** What flags say outweighs what names say. */
export function refineRoles(
  columns: Record<string, ColumnConfig>,
  events: TableDraft,
  split: string,
  label: ProjectConfig['label'],
  task: Task,
): void {
  const rule = parseSplit(split);
  const assign = (name: string, role: ColumnConfig['role'], reason: string): void => {
    const key = `${events.name}.${name}`;
    const column = columns[key];
    if (column === undefined || column.role === role) return;
    const { encoding: _encoding, ...rest } = column;
    columns[key] = { ...rest, role, confidence: 1, reason };
  };
  if (rule.kind === 'column' && rule.boundaries === undefined)
    assign(rule.column, 'split', 'the split goes by it');
  if (rule.kind === 'leave-one-out' && rule.order !== undefined) {
    assign(rule.order, 'order', 'the split goes by it');
    const key = `${events.name}.${rule.order}`;
    if (columns[key] !== undefined) columns[key].unit = columns[key].unit ?? 'order';
  }
  if (label === undefined) return;
  const own = columns[`${events.name}.${label.column}`];
  if (task === 'rating' || label.positive !== undefined)
    assign(label.column, 'rating', 'the label is made of it');
  else if (own !== undefined && isInput(own)) assign(label.column, 'label', 'the label');
}
