/** Quotes an identifier, whatever it holds. The one function through which names of columns and tables enter SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text literal. Values are bound where a statement takes parameters; DDL, file lists and generated features need this. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A double as SQL that reads back as the same double. */
export function numberLiteral(value: number): string {
  if (Number.isNaN(value)) return `'nan'::DOUBLE`;
  if (!Number.isFinite(value)) return value > 0 ? `'inf'::DOUBLE` : `'-inf'::DOUBLE`;
  return Number.isSafeInteger(value) ? `${value}` : `${value.toExponential()}::DOUBLE`;
}

/** SQL of the list of values in a text cell, blanks around them cut, empty ones left out. */
export function splitSql(cell: string, separator: string, type: 'VARCHAR' | 'BIGINT'): string {
  const parts = `string_split(${cell}::VARCHAR, ${quoteText(separator)})`;
  return `[TRY_CAST(trim(part) AS ${type}) for part in ${parts} if trim(part) <> '']`;
}
