import { AutoModelError } from '../platform/index.js';

/**
 * One dimension of a shape: a number, or a polynomial in named sizes in canonical form, such as 'B', '50*B' or 'N+1'.
 * B is the batch, P the positions with a target, N the shared negatives. A named size is never taken to be 1.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];

type Polynomial = Map<string, number>;

function parse(dim: Dim): Polynomial {
  if (typeof dim === 'number') return new Map([['', dim]]);
  const polynomial: Polynomial = new Map();
  for (const term of dim.replaceAll(' ', '').replaceAll('-', '+-').split('+')) {
    if (term === '') continue;
    let coefficient = 1;
    const symbols: string[] = [];
    for (const factor of term.split('*')) {
      const signed = factor.startsWith('-') ? factor.slice(1) : factor;
      if (signed !== factor) coefficient = -coefficient;
      if (/^\d+$/.test(signed)) coefficient *= Number(signed);
      else if (/^[A-Za-z_]\w*$/.test(signed)) symbols.push(signed);
      else
        throw new AutoModelError('SHAPE_MISMATCH', `"${dim}" is not a dimension`, {
          remedy: "Write dimensions as numbers, names ('B') or products and sums of them ('50*B', 'N+1').",
        });
    }
    const monomial = symbols.sort().join('*');
    polynomial.set(monomial, (polynomial.get(monomial) ?? 0) + coefficient);
  }
  return polynomial;
}

function print(polynomial: Polynomial): Dim {
  const terms = [...polynomial]
    .filter(([, coefficient]) => coefficient !== 0)
    .sort(([a], [b]) => (a < b ? 1 : a > b ? -1 : 0));
  if (terms.length === 0) return 0;
  if (terms.length === 1 && terms[0][0] === '') return terms[0][1];
  const text = terms.map(([monomial, coefficient]) =>
    monomial === '' ? `${coefficient}` : coefficient === 1 ? monomial : `${coefficient}*${monomial}`,
  );
  return text.join('+').replaceAll('+-', '-');
}

/** The canonical form; equal dimensions have identical canonical forms. */
export function canonicalDim(dim: Dim): Dim {
  return typeof dim === 'number' ? dim : print(parse(dim));
}

export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  const sum = parse(a);
  for (const [monomial, coefficient] of parse(b)) sum.set(monomial, (sum.get(monomial) ?? 0) + coefficient);
  return print(sum);
}

export function subtractDims(a: Dim, b: Dim): Dim {
  return addDims(a, multiplyDims(-1, b));
}

export function multiplyDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  const product: Polynomial = new Map();
  for (const [left, leftCoefficient] of parse(a)) {
    for (const [right, rightCoefficient] of parse(b)) {
      const monomial = [...left.split('*'), ...right.split('*')]
        .filter((symbol) => symbol !== '')
        .sort()
        .join('*');
      product.set(monomial, (product.get(monomial) ?? 0) + leftCoefficient * rightCoefficient);
    }
  }
  return print(product);
}

/** a / b when the division is exact and b is a monomial (or equals a); undefined otherwise. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  if (a === b && b !== 0) return 1;
  const divisor = [...parse(b)];
  if (divisor.length !== 1 || divisor[0][1] === 0) return undefined;
  const [symbols, coefficient] = divisor[0];
  const quotient: Polynomial = new Map();
  for (const [monomial, value] of parse(a)) {
    if (value === 0) continue;
    const left = monomial === '' ? [] : monomial.split('*');
    for (const symbol of symbols === '' ? [] : symbols.split('*')) {
      const position = left.indexOf(symbol);
      if (position < 0) return undefined;
      left.splice(position, 1);
    }
    if (value % coefficient !== 0) return undefined;
    quotient.set(left.join('*'), value / coefficient);
  }
  return print(quotient);
}

/** Number of elements of a shape. */
export function elementCount(shape: Shape): Dim {
  return shape.reduce<Dim>((product, dim) => multiplyDims(product, dim), 1);
}

/** The names that occur in a dimension. */
export function symbolsOf(dim: Dim): readonly string[] {
  if (typeof dim === 'number') return [];
  return [
    ...new Set(
      [...parse(dim).keys()].flatMap((monomial) => monomial.split('*')).filter((symbol) => symbol !== ''),
    ),
  ];
}

/** The terms of a dimension as [coefficient, symbols]; '50*B+1' gives [[50, ['B']], [1, []]]. */
export function termsOf(dim: Dim): readonly (readonly [number, readonly string[]])[] {
  return [...parse(dim)].map(
    ([monomial, coefficient]) => [coefficient, monomial === '' ? [] : monomial.split('*')] as const,
  );
}

/** The value of a dimension; names that `sizes` lacks count as 1. */
export function evaluateDim(dim: Dim, sizes: Readonly<Record<string, number>>): number {
  if (typeof dim === 'number') return dim;
  let total = 0;
  for (const [coefficient, symbols] of termsOf(dim))
    total += symbols.reduce((product, symbol) => product * (sizes[symbol] ?? 1), coefficient);
  return total;
}

export function equalShapes(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Numpy broadcasting of two shapes; undefined when they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let axis = 0; axis < rank; axis += 1) {
    const left = axis - rank + a.length < 0 ? 1 : a[axis - rank + a.length];
    const right = axis - rank + b.length < 0 ? 1 : b[axis - rank + b.length];
    if (left === right || right === 1) out.push(left);
    else if (left === 1) out.push(right);
    else return undefined;
  }
  return out;
}
