/** What a column of text cells might be, judged on cells in memory. */
export interface TextSummary {
  readonly present: number;
  readonly distinct: number;
  /** how many cells read as each kind; `integers` fit 64 bits, `wholes` are digits however many */
  readonly integers: number;
  readonly wholes: number;
  readonly numbers: number;
  readonly times: number;
  readonly booleans: number;
  /** extremes of the cells that are numbers, NaN without any */
  readonly min: number;
  readonly max: number;
  readonly meanLength: number;
  readonly meanWords: number;
  /** share of cells that hold | ; , */
  readonly separators: Readonly<Record<'|' | ';' | ',', number>>;
}

// A leading zero makes a code of digits (zip, phone), not a number.
const whole = /^[+-]?(0|[1-9]\d*)$/;
const number = /^[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const time = /^\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?\s*(Z|UTC|[+-]\d{2}(:?\d{2})?)?$/;

const smallest = -(2n ** 63n);
const largest = 2n ** 63n - 1n;

function isInteger(cell: string): boolean {
  if (!whole.test(cell)) return false;
  if (cell.length <= 18) return true;
  const value = BigInt(cell.startsWith('+') ? cell.slice(1) : cell);
  return value >= smallest && value <= largest;
}

function isTime(cell: string): boolean {
  if (!time.test(cell)) return false;
  const [, month, day] = cell
    .slice(0, 10)
    .split('-')
    .map((part) => Number.parseInt(part, 10));
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

export function summariseText(cells: readonly (string | null)[]): TextSummary {
  const values = cells.filter((cell) => cell !== null);
  const present = values.length;
  const count = (test: (cell: string) => boolean): number =>
    values.reduce((sum, cell) => sum + (test(cell) ? 1 : 0), 0);
  const share = (n: number): number => (present === 0 ? 0 : n / present);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const cell of values) {
    if (!number.test(cell)) continue;
    min = Math.min(min, Number(cell));
    max = Math.max(max, Number(cell));
  }
  return {
    present,
    distinct: new Set(values).size,
    integers: count(isInteger),
    wholes: count((cell) => whole.test(cell)),
    numbers: count((cell) => number.test(cell)),
    times: count(isTime),
    booleans: count((cell) => /^(true|false)$/i.test(cell)),
    min: min <= max ? min : Number.NaN,
    max: min <= max ? max : Number.NaN,
    meanLength: share(values.reduce((sum, cell) => sum + cell.length, 0)),
    meanWords: share(values.reduce((sum, cell) => sum + cell.split(' ').length, 0)),
    separators: {
      '|': share(count((cell) => cell.includes('|'))),
      ';': share(count((cell) => cell.includes(';'))),
      ',': share(count((cell) => cell.includes(','))),
    },
  };
}
