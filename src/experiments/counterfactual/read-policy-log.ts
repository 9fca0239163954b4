import { checkFile, openEngine } from '../../data/index.js';
import { needColumn, numberSql, openTable, requireNumbers, textSql } from '../reading/table-columns.js';
import { AutoModelError } from '../../platform/index.js';
import type { PolicyLog } from './estimate-policy.js';

export interface PolicyColumns {
  readonly reward: string;
  readonly propensity: string;
  readonly target: string;
  readonly predicted?: string | undefined;
  readonly predictedTarget?: string | undefined;
  readonly unsupported?: string | undefined;
  readonly unit?: string | undefined;
}

/**
 * Columns of a Parquet, CSV or JSON-lines file, all rows in memory: 8 bytes a number.
 * @throws UNKNOWN_COLUMN, EXPERIMENT_INVALID for cells that are no finite numbers or are empty, with their row
 */
export async function readPolicyLog(
  path: string,
  columns: PolicyColumns,
  signal: AbortSignal,
): Promise<PolicyLog> {
  const engine = await openEngine({ files: [checkFile(path)], threads: 1, signal });
  try {
    const table = await openTable(engine, path, 'raw_log');
    const { unit: unitName, ...numberNames } = columns;
    const names = Object.entries(numberNames).filter(
      (entry): entry is [keyof typeof numberNames, string] => entry[1] !== undefined,
    );
    const found = names.map(([role, name]) => [role, needColumn(table, name, role)] as const);
    for (const [, column] of found) await requireNumbers(engine, table, column);
    const unit = unitName === undefined ? undefined : textSql(needColumn(table, unitName, 'the unit'));
    const [[count]] = await engine.rows(`SELECT count(*)::DOUBLE FROM ${table.relation}`);
    const rows = Number(count);
    const numbers = found.map(() => new Float64Array(rows));
    const units = unit === undefined ? undefined : new Int32Array(rows);
    const cells = [
      ...found.map(([, column]) => numberSql(column)),
      ...(unit === undefined ? [] : [`(dense_rank() OVER (ORDER BY ${unit}) - 1)::INTEGER`]),
    ];
    let at = 0;
    // Ranking a window does not keep the order of the file, and no estimate depends on it.
    for await (const chunk of engine.stream(`SELECT ${cells.join(', ')} FROM ${table.relation}`)) {
      for (let c = 0; c < cells.length; c += 1) {
        const values = chunk.getColumnValues(c);
        for (let i = 0; i < values.length; i += 1) {
          const value = values[i];
          if (value === null) throw emptyCell(path, c < found.length ? found[c][1].name : (unitName ?? ''));
          if (c < found.length) numbers[c][at + i] = Number(value);
          else if (units !== undefined) units[at + i] = Number(value);
        }
      }
      at += chunk.rowCount;
    }
    return {
      ...(Object.fromEntries(found.map(([role], c) => [role, numbers[c]])) as unknown as PolicyLog),
      ...(units === undefined ? {} : { unit: units }),
    };
  } finally {
    engine.close();
  }
}

function emptyCell(path: string, column: string): AutoModelError {
  return new AutoModelError('EXPERIMENT_INVALID', `${path}: column ${column} has empty cells`, {
    remedy: 'Every decision needs all of its numbers; leave out the rows that lack one.',
    details: { file: path, column },
  });
}
