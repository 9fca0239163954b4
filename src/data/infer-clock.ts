import type { ColumnConfig, Question } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';
import type { ColumnStats } from './column-stats.js';
import { dayFirst, monthFirst } from './column-types.js';
import type { TableDraft } from './infer-tables.js';

/** The type to read the cells of a time column as that has bad cells or a format of its own. */
export function clockType(stats: ColumnStats): ColumnConfig['type'] {
  if (stats.timeUnit === 'timestamp') return 'timestamp';
  return stats.timeUnit === monthFirst || stats.timeUnit === dayFirst ? 'string' : 'number';
}

/** The clock is no input and has a unit: what flags say, or that it is the only date there is. */
export function makeClock(columns: Record<string, ColumnConfig>, events: TableDraft, clock: string): void {
  const key = `${events.name}.${clock}`;
  const stats = events.stats.find(({ raw }) => raw.name === clock);
  if (stats === undefined) {
    throw new AutoModelError('UNKNOWN_COLUMN', `The event table has no column ${JSON.stringify(clock)}`, {
      remedy: `It has: ${events.stats
        .slice(0, 30)
        .map(({ raw }) => raw.name)
        .join(', ')}`,
      details: { column: clock },
    });
  }
  const { encoding: _encoding, ...column } = columns[key];
  if (column.role === 'timestamp' || column.role === 'order') return;
  // Numbers that are no time since 1970 may still say what came later.
  const numbers = stats.type === 'integer' || stats.type === 'number';
  const unit = stats.timeUnit ?? (numbers ? 'order' : 'timestamp');
  columns[key] = {
    ...column,
    role: unit === 'order' ? 'order' : 'timestamp',
    type: stats.type === 'string' ? clockType({ ...stats, timeUnit: unit }) : column.type,
    unit,
    confidence: 0.8,
    reason: 'the time that the log goes by',
  };
}

/** 04/05/2022: neither the name nor any cell says which is the month. */
export function unitQuestions(
  drafts: readonly TableDraft[],
  columns: Readonly<Record<string, ColumnConfig>>,
): Question[] {
  return drafts.flatMap((draft) =>
    draft.stats.flatMap((stats): Question[] => {
      const key = `${draft.name}.${stats.raw.name}`;
      const { unit } = columns[key];
      if (stats.dayMonthOpen !== true || unit === undefined) return [];
      return [
        {
          id: `unit:${key}`,
          question: `Which comes first in column ${stats.raw.name} of ${draft.name}, the month or the day? No cell tells`,
          guess: unit,
          options: [monthFirst, dayFirst],
          setting: `columns[${JSON.stringify(key)}].unit`,
        },
      ];
    }),
  );
}
