import type { Probe } from '../../schema/index.js';
import { numericUnit } from '../column-stats.js';
import { microseconds } from '../column-types.js';
import { copyAuc, labelRelations, suspectAuc } from '../column-relations.js';
import {
  isJudged,
  labelledRows,
  lacksLabel,
  type SubjectColumn,
  type TableSubject,
} from './table-subject.js';

/** Rows of either label that pairs are screened on, and columns that are paired: the work grows with their square. */
const screenedRows = 1000;
const mostColumns = 64;
/** What the screening must show for a pair to be measured on all rows, and how many pairs are. */
const screenedAuc = suspectAuc - 0.05;
const mostMeasured = 12;
/** By how much a pair must rank better than either column alone: else it is the column's own doing. */
const clearGain = 0.03;

interface Operand {
  readonly column: SubjectColumn;
  /** SQL over `audited`, for equality */
  readonly cell: string;
  /** SQL of its number for the other operations, times in microseconds; undefined where it has none */
  readonly number: string | undefined;
}

const operations = [
  { sign: '-', of: (a: number, b: number): number => a - b },
  { sign: '/', of: (a: number, b: number): number => (b === 0 ? Number.NaN : a / b) },
  { sign: '*', of: (a: number, b: number): number => a * b },
  { sign: '=', of: (a: number, b: number): number => (a === b ? 1 : 0) },
] as const;

interface Pair {
  readonly a: Operand;
  readonly b: Operand;
  readonly sign: (typeof operations)[number]['sign'];
  readonly auc: number;
}

/**
 * Two columns that tell the label together and not alone: played and total length, shown and clicked item. Only columns
 * that models see are paired (and the clock): what is refused cannot be combined.
 */
export const labelCombination: Probe<TableSubject> = {
  name: 'label-combination',
  question: 'Do two columns tell the label together: by difference, ratio, product or equality?',
  lacks: lacksLabel,
  async run(subject) {
    const { bench, label = 'y' } = subject;
    const [positives, negatives] = await subject.classes();
    if (Math.min(positives, negatives) < 50) return [];
    const relations = await subject.relations();
    const alone = (column: SubjectColumn): number => relations.get(column.key)?.auc ?? 0.5;
    const operands = (await operandsOf(subject)).filter(({ column }) => alone(column) < suspectAuc);
    const clear = (await screenPairs(subject, operands)).filter(
      ({ a, b, auc }) => auc >= Math.max(alone(a.column), alone(b.column)) + clearGain,
    );
    const suspects = bestOfEach(clear).slice(0, mostMeasured);
    if (suspects.length === 0) return [];
    const measured = await labelRelations(
      bench.engine,
      { relation: labelledRows, rows: subject.rows },
      label,
      suspects.map((pair, k) => ({ name: String(k), cell: combined(pair), numeric: true })),
      'row',
    );
    return suspects.flatMap((pair, k) => {
      const auc = measured.get(String(k))?.auc ?? 0.5;
      if (auc < suspectAuc) return [];
      const { a, b, sign } = pair;
      const keys = [a, b].flatMap(({ column }) =>
        isJudged(column) && column.key !== clockKey(subject) ? [column.key] : [],
      );
      return [
        {
          severity: 'high' as const,
          columns: keys,
          evidence:
            `${a.column.key} ${sign} ${b.column.key} ranks the label with AUC ${auc.toFixed(3)} ` +
            `(alone ${alone(a.column).toFixed(3)} and ${alone(b.column).toFixed(3)}; ${auc >= copyAuc ? 'a copy' : 'too good to be known before'})`,
          remedy:
            keys.length === 0
              ? 'Find out how the two were given: what a row is of tells how it ends.'
              : `Give ${keys.join(' and ')} the role leak in automodel.json${keys.length === 1 ? '' : '; one is enough when the other is known before the event'}.`,
        },
      ];
    });
  },
};

/** Pairs by their best operation, the best pair first: what a difference tells, a ratio often tells as well. */
function bestOfEach(pairs: readonly Pair[]): Pair[] {
  const best = new Map<string, Pair>();
  for (const pair of pairs.toSorted((one, other) => other.auc - one.auc)) {
    const key = JSON.stringify([pair.a.column.key, pair.b.column.key]);
    if (!best.has(key)) best.set(key, pair);
  }
  return [...best.values()];
}

const clockKey = ({ config, log }: TableSubject): string => `${log.table.name}.${config.clock ?? ''}`;

/** What models see, the ids, and the clock, which stands for the moment of the event. */
async function operandsOf(subject: TableSubject): Promise<Operand[]> {
  const { bench, log, config } = subject;
  const columns = subject.columns
    .filter(
      (column) => (column.isInput && !column.isAccepted) || (!isJudged(column) && column.side === undefined),
    )
    .slice(0, mostColumns);
  const ranges = await bench.numbers(
    `SELECT 0${columns.map(({ cell, isNumeric }) => (isNumeric ? `, min(${cell})::DOUBLE, max(${cell})::DOUBLE` : ', NULL, NULL')).join('')} FROM audited`,
  );
  const operands = columns.map((column, k): Operand => {
    const { cell, type, isNumeric, key } = column;
    const [min, max] = ranges.slice(1 + 2 * k);
    const unit = config.columns[key].unit ?? numericUnit(min, max, type);
    const isTime = type === 'timestamp' || type === 'date';
    const number =
      !isJudged(column) || !(isNumeric || isTime)
        ? undefined
        : isTime || (unit !== undefined && unit !== 'order')
          ? microseconds(cell, type, unit ?? 'timestamp')
          : cell;
    return { column, cell, number };
  });
  return log.clocked ? [clockOperand(subject), ...operands] : operands;
}

function clockOperand(subject: TableSubject): Operand {
  const { log, config } = subject;
  return {
    column: {
      key: clockKey(subject),
      name: config.clock ?? '',
      table: log.table.name,
      type: 'timestamp',
      role: 'timestamp',
      isInput: false,
      isAccepted: false,
      isNumeric: true,
      cell: 't',
      side: undefined,
    },
    cell: 't',
    number: 't',
  };
}

function combined({ a, b, sign }: Pair): string {
  if (sign === '=') return `(${a.cell}::VARCHAR = ${b.cell}::VARCHAR)::INTEGER`;
  const [x, y] = [`(${a.number})::DOUBLE`, `(${b.number})::DOUBLE`];
  return sign === '/' ? `${x} / nullif(${y}, 0)` : `${x} ${sign} ${y}`;
}

/** AUC of every pair on as many positives as negatives: it does not depend on their share. */
async function screenPairs(subject: TableSubject, operands: readonly Operand[]): Promise<Pair[]> {
  const { bench, label = 'y' } = subject;
  const cells = operands.map(({ number }) => `(${number ?? 'NULL'})::DOUBLE`);
  // Texts are compared by a hash: equal cells have equal numbers.
  const names = operands.map(({ cell }) => `(hash(${cell}::VARCHAR) % 9007199254740991)::DOUBLE`);
  const rows = await bench.engine.rows(
    `SELECT yy::DOUBLE, ${[...cells, ...names].join(', ')} FROM (SELECT *, ${label} AS yy, ` +
      `row_number() OVER (PARTITION BY ${label} ORDER BY hash(row), row) AS place FROM ${labelledRows}) WHERE place <= ${screenedRows}`,
  );
  const labels = Uint8Array.from(rows, (row) => Number(row[0]));
  const column = (at: number): Float64Array =>
    Float64Array.from(rows, (row) => (row[at] === null ? Number.NaN : Number(row[at])));
  const numbers = operands.map((_, k) => column(1 + k));
  const codes = operands.map((_, k) => column(1 + operands.length + k));
  const pairs: Pair[] = [];
  const values = new Float64Array(labels.length);
  for (let i = 0; i < operands.length; i += 1) {
    for (let j = i + 1; j < operands.length; j += 1) {
      for (const { sign, of } of operations) {
        const isEquality = sign === '=';
        if (!isEquality && (operands[i].number === undefined || operands[j].number === undefined)) continue;
        const [x, y] = isEquality ? [codes[i], codes[j]] : [numbers[i], numbers[j]];
        for (let n = 0; n < values.length; n += 1) values[n] = of(x[n], y[n]);
        const auc = isEquality ? binaryAuc(values, labels) : rankedAuc(values, labels);
        if (auc >= screenedAuc) pairs.push({ a: operands[i], b: operands[j], sign, auc });
      }
    }
  }
  return pairs;
}

function binaryAuc(values: Float64Array, labels: Uint8Array): number {
  const ones = [0, 0];
  const rows = [0, 0];
  for (let n = 0; n < values.length; n += 1) {
    rows[labels[n]] += 1;
    ones[labels[n]] += values[n];
  }
  const auc = 0.5 + (ones[1] / rows[1] - ones[0] / rows[0]) / 2;
  return Math.max(auc, 1 - auc);
}

/** Folded Mann-Whitney with ties halved over the values that are numbers; 0.5 where most of either label are none. */
export function rankedAuc(values: Float64Array, labels: Uint8Array): number {
  const parts = [new Float64Array(values.length), new Float64Array(values.length)];
  const sizes = [0, 0];
  let positiveRows = 0;
  for (let n = 0; n < values.length; n += 1) {
    positiveRows += labels[n];
    if (Number.isFinite(values[n])) parts[labels[n]][sizes[labels[n]]++] = values[n];
  }
  const isPresent = 2 * sizes[0] >= values.length - positiveRows && 2 * sizes[1] >= positiveRows;
  if (!isPresent || sizes[0] * sizes[1] === 0) return 0.5;
  const [negatives, positives] = parts.map((part, c) => part.subarray(0, sizes[c]).sort());
  let [below, notAbove, wins] = [0, 0, 0];
  for (const value of positives) {
    while (below < negatives.length && negatives[below] < value) below += 1;
    if (notAbove < below) notAbove = below;
    while (notAbove < negatives.length && negatives[notAbove] === value) notAbove += 1;
    wins += (below + notAbove) / 2;
  }
  const auc = wins / positives.length / negatives.length;
  return Math.max(auc, 1 - auc);
}
