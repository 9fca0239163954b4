import { AutoModelError } from '../platform/index.js';
import { numberLiteral, quoteText } from './sql.js';

/** "rating>=4": a column, a comparison, a number or a quoted text. */
export interface PositiveRule {
  readonly column: string;
  readonly operator: '>=' | '<=' | '>' | '<' | '=' | '!=';
  readonly value: number | string;
}

/**
 * Reads a rule such as `rating>=4`, `event_type='purchase'` or `"odd name" > 0`. It is parsed, not pasted: nothing else
 * can be written in it.
 * @throws CONFIG_INVALID
 */
export function parsePositive(text: string): PositiveRule {
  const match =
    /^\s*(?:"((?:[^"]|"")+)"|([^<>=!"']+?))\s*(>=|<=|==|!=|=|>|<)\s*(?:'([^']*)'|([-+.\deE]+))\s*$/.exec(
      text,
    );
  const number = match?.[5] === undefined ? undefined : Number(match[5]);
  if (match === null || (number !== undefined && !Number.isFinite(number))) {
    throw new AutoModelError('CONFIG_INVALID', `Cannot read the rule ${JSON.stringify(text)}`, {
      remedy: `Write a column, a comparison and a number or quoted text: rating>=4, event_type='purchase'.`,
      details: { positive: text },
    });
  }
  const column = match[1] === undefined ? match[2].trim() : match[1].replaceAll('""', '"');
  const operator = match[3] === '==' ? '=' : (match[3] as PositiveRule['operator']);
  return { column, operator, value: number ?? match[4] };
}

/** A column's name as it is written in a rule. */
export function ruleColumn(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** SQL that is true for a positive row, null where the cell is missing. */
export function positiveExpression(rule: PositiveRule, cell: string): string {
  return typeof rule.value === 'number'
    ? `TRY_CAST(${cell} AS DOUBLE) ${rule.operator} ${numberLiteral(rule.value)}`
    : `${cell}::VARCHAR ${rule.operator} ${quoteText(rule.value)}`;
}
