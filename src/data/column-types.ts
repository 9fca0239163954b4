import type { ColumnType, TimeUnit } from '../schema/index.js';

/** Our name for a type of the table engine. */
export function columnType(sqlType: string): ColumnType {
  const type = sqlType.toUpperCase();
  if (/^(U?TINYINT|U?SMALLINT|U?INTEGER|BIGINT)$/.test(type)) return 'integer';
  if (/^(FLOAT|DOUBLE|DECIMAL.*)$/.test(type)) return 'number';
  if (type === 'BOOLEAN') return 'boolean';
  if (/^(VARCHAR|UUID|ENUM.*|UBIGINT|U?HUGEINT|TIME)$/.test(type)) return 'string';
  if (type === 'DATE') return 'date';
  if (type.startsWith('TIMESTAMP')) return 'timestamp';
  if (/^(U?TINYINT|U?SMALLINT|U?INTEGER|BIGINT)\[\d*\]$/.test(type)) return 'list-integer';
  if (/^VARCHAR\[\d*\]$/.test(type)) return 'list-string';
  return 'other';
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
