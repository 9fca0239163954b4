import type { ColumnRole } from '../schema/index.js';
import {
  copyAuc,
  labelRelations,
  suspectAuc,
  type LabelRelation,
  type ProbedColumn,
} from './column-relations.js';
import type { ColumnStats } from './column-stats.js';
import type { Engine } from './engine.js';
import type { TableDraft } from './infer-tables.js';
import { parsePositive, positiveExpression } from './positive-rule.js';
import { screenColumns } from './screen-columns.js';

interface RoleGuess {
  role: ColumnRole;
  confidence: number;
  reason: string;
}

/** More event columns than this are screened on a sample, and only what is suspicious there is measured on the log. */
const maxProbed = 400;
/** What a sample must show for that: a little less than what makes a signal. */
const screenedAuc = suspectAuc - 0.05;

export const isNumber = (stats: ColumnStats): boolean =>
  stats.type === 'integer' || stats.type === 'number' || stats.type === 'boolean';
const isBinary = (stats: ColumnStats): boolean =>
  stats.type === 'boolean' || (isNumber(stats) && stats.min >= 0 && stats.max <= 1 && stats.distinct <= 2);

/** A number as a double, a truth value as 0 or 1, whatever the file had them as. */
function numberCell(stats: ColumnStats): string {
  return stats.type === 'boolean'
    ? `TRY_CAST(${stats.raw.ident} AS BOOLEAN)::INTEGER::DOUBLE`
    : `TRY_CAST(${stats.raw.ident} AS DOUBLE)`;
}

/** Holds every column against the label: copies are leaks, columns that know too much are signals. */
export async function markByLabel(
  engine: Engine,
  draft: TableDraft,
  label: ColumnStats | undefined,
  positive: string | undefined,
  guesses: Map<string, RoleGuess>,
): Promise<string[]> {
  if (label === undefined || (positive === undefined && !isBinary(label))) return [];
  const y =
    positive === undefined
      ? `${label.type === 'boolean' && label.raw.sqlType !== 'BOOLEAN' ? `${label.raw.ident}::BOOLEAN` : label.raw.ident}::INTEGER`
      : `(${positiveExpression(parsePositive(positive), label.raw.ident)})::INTEGER`;
  const open = draft.stats.filter((stats) => {
    const guess = guesses.get(stats.raw.name);
    const settled =
      guess !== undefined &&
      (guess.confidence === 1 ||
        [
          'user_id',
          'item_id',
          'timestamp',
          'split',
          'label',
          'rating',
          'signal',
          'order',
          'text',
          'sequence',
        ].includes(guess.role));
    return (
      stats !== label &&
      !settled &&
      !stats.type.startsWith('list-') &&
      stats.type !== 'other' &&
      stats.distinct > 1
    );
  });
  const screening =
    open.length > maxProbed
      ? await screenColumns(engine, draft.loaded, y, open.map(probedColumn))
      : { relations: undefined, whole: false };
  if (screening === undefined) return open.map((stats) => stats.raw.name);
  const probed = open.filter((stats) => isSuspect(screening.relations?.get(stats.raw.name)));
  const relations =
    screening.whole && screening.relations !== undefined
      ? screening.relations
      : await labelRelations(engine, draft.loaded, y, probed.map(probedColumn));
  for (const stats of probed) {
    const relation = relations.get(stats.raw.name) as LabelRelation;
    const share = relation.auc.toFixed(3);
    if (relation.auc >= copyAuc) {
      guesses.set(stats.raw.name, {
        role: 'leak',
        confidence: 0.9,
        reason: `alone it ranks the label with AUC ${share}: a copy of it`,
      });
    } else if (relation.auc >= suspectAuc) {
      guesses.set(stats.raw.name, {
        role: 'signal',
        confidence: 0.6,
        reason: `alone it ranks the label with AUC ${share}: probably measured after the impression`,
      });
    } else if (isBinary(stats) && relation.ones >= 50 && relation.labelAtOne >= 0.98) {
      guesses.set(stats.raw.name, {
        role: 'signal',
        confidence: 0.6,
        reason: 'where it is 1 the label is 1: probably measured after the impression',
      });
    }
  }
  return [];
}

function probedColumn(stats: ColumnStats): ProbedColumn {
  const numeric = isNumber(stats);
  const { name, ident } = stats.raw;
  return { name, cell: numeric ? numberCell(stats) : ident, numeric };
}

/** Whether a column is worth a probe of its own: what was not screened is. */
function isSuspect(screened: LabelRelation | undefined): boolean {
  if (screened === undefined) return true;
  return screened.auc >= screenedAuc || (screened.ones >= 20 && screened.labelAtOne >= 0.98);
}
