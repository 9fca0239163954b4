import type { ColumnType, TimeUnit } from '../schema/index.js';

/** Our name for a type of the table engine. */
export function columnType(sqlType: string): ColumnType {
  const type = sqlType.toUpperCase();
  if (/^(U?TINYINT|U?SMALLINT|U?INTEGER|BIGINT)$/.test(type)) return 'integer';
  // Whole decimals hold ids: as a double, neighbours beyond 2^53 would become one.
  const digits = /^DECIMAL\((\d+),\s*0\)$/.exec(type);
  if (digits !== null) return Number(digits[1]) <= 18 ? 'integer' : 'string';
  if (/^(FLOAT|DOUBLE|DECIMAL.*)$/.test(type)) return 'number';
  if (type === 'BOOLEAN') return 'boolean';
  if (/^(VARCHAR|UUID|ENUM.*|UBIGINT|U?HUGEINT|TIME)$/.test(type)) return 'string';
  if (type === 'DATE') return 'date';
  if (type.startsWith('TIMESTAMP')) return 'timestamp';
  if (/^(U?TINYINT|U?SMALLINT|U?INTEGER|BIGINT)\[\d*\]$/.test(type)) return 'list-integer';
  if (/^VARCHAR\[\d*\]$/.test(type)) return 'list-string';
  return 'other';
}

/** Whether cells of the type may turn out to be something narrower: text of CSV and JSON, whole numbers of any length. */
export function isUntyped(sqlType: string): boolean {
  return /^(VARCHAR|UBIGINT|U?HUGEINT|DECIMAL.*)$/i.test(sqlType);
}

const targets: Readonly<Record<ColumnType, string>> = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  string: 'VARCHAR',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
  'list-integer': 'BIGINT[]',
  'list-string': 'VARCHAR[]',
  other: 'VARCHAR',
};

/**
 * SQL that reads a cell as the given type; what cannot be read becomes null (and is counted by the caller), never an
 * exception that would quote the cell. NaN is missing. Text times with an offset are turned to UTC.
 */
export function castExpression(cell: string, sqlType: string, type: ColumnType): string {
  if (type === 'other') return 'NULL::VARCHAR';
  if (type === 'timestamp' && /^(VARCHAR|TIMESTAMP WITH TIME ZONE)$/i.test(sqlType)) {
    return `TRY_CAST(${cell} AS TIMESTAMPTZ)::TIMESTAMP`;
  }
  const cast = `TRY_CAST(${cell} AS ${targets[type]})`;
  return type === 'number' ? `CASE WHEN isnan(${cast}) THEN NULL ELSE ${cast} END` : cast;
}

/** SQL that is true when a number of any type or text is whole and fits 64 bits. */
export function isWhole(cell: string, sqlType: string): string {
  const whole = /^(FLOAT|DOUBLE)$/i.test(sqlType)
    ? `${cell} = trunc(${cell})`
    : `regexp_full_match(${cell}::VARCHAR, '[+-]?[0-9]+([.]0*)?')`;
  return `(${whole} AND TRY_CAST(${cell} AS BIGINT) IS NOT NULL)`;
}

/** SQL that writes a typed key as text, equal for equal keys of unlike types: the double 7.0 is the key 7. */
export function keyText(cell: string, type: ColumnType): string {
  return type === 'number'
    ? `CASE WHEN ${isWhole(cell, 'DOUBLE')} THEN TRY_CAST(${cell} AS BIGINT)::VARCHAR ELSE ${cell}::VARCHAR END`
    : `${cell}::VARCHAR`;
}

/** Units of text dates whose order of day and month the text itself may not tell. */
export const monthFirst = 'month/day/year';
export const dayFirst = 'day/month/year';

function dateOrder(unit: typeof monthFirst | typeof dayFirst): string {
  const date = unit === monthFirst ? '%m/%d/%Y' : '%d/%m/%Y';
  const formats = ['/', '.', '-'].flatMap((separator) =>
    ['', ' %H:%M', ' %H:%M:%S', ' %I:%M %p', ' %I:%M:%S %p'].map(
      (clock) => `'${date.replaceAll('/', separator)}${clock}'`,
    ),
  );
  return `[${formats.join(', ')}]`;
}

/** SQL that turns a typed time cell into whole microseconds since 1970 UTC (for `order`: the number itself). */
export function microseconds(cell: string, type: ColumnType, unit: TimeUnit): string {
  if (type === 'timestamp') return `epoch_us(${cell})`;
  if (type === 'date') return `epoch_us(${cell}::TIMESTAMP)`;
  const whole = type === 'integer' ? cell : `TRY_CAST(${cell} AS DOUBLE)`;
  const scaled = (factor: number): string =>
    type === 'integer'
      ? `TRY_CAST(${cell}::HUGEINT * ${factor} AS BIGINT)`
      : `TRY_CAST(round(${whole} * ${factor}) AS BIGINT)`;
  switch (unit) {
    case 'seconds':
      return scaled(1_000_000);
    case 'milliseconds':
      return scaled(1000);
    case 'nanoseconds':
      return type === 'integer' ? `(${cell} // 1000)` : `TRY_CAST(round(${whole} / 1000) AS BIGINT)`;
    case monthFirst:
    case dayFirst:
      return `epoch_us(try_strptime(${cell}::VARCHAR, ${dateOrder(unit)}))`;
    case 'microseconds':
    case 'order':
      return scaled(1);
    case 'yyyymmdd':
      return `epoch_us(try_strptime(${cell}::VARCHAR, '%Y%m%d'))`;
    case 'timestamp':
    case 'date':
      return `epoch_us(TRY_CAST(${cell} AS TIMESTAMPTZ)::TIMESTAMP)`;
  }
}
