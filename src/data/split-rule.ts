import { AutoModelError } from '../platform/index.js';

/** What `--split` says. */
export type SplitRule =
  | { readonly kind: 'time'; readonly boundaries?: readonly [string, string] }
  | { readonly kind: 'column'; readonly column: string; readonly boundaries?: readonly [string, string] }
  | { readonly kind: 'leave-one-out'; readonly order?: string }
  | { readonly kind: 'files' }
  | { readonly kind: 'random'; readonly seed: number };

const forms =
  'time, time@b1,b2, column:<name>, column:<name>@b1,b2, leave-one-out, leave-one-out:order=<column>, files, random, random:<seed>';

function refuse(text: string, why: string): never {
  throw new AutoModelError('CONFIG_INVALID', `Split ${JSON.stringify(text)}: ${why}`, {
    remedy: `Write one of: ${forms}.`,
    details: { split: text },
  });
}

function parseBoundaries(text: string, part: string): readonly [string, string] {
  const cuts = part.split(',').map((cut) => cut.trim());
  if (cuts.length !== 2 || cuts.some((cut) => cut === ''))
    refuse(text, 'needs two boundaries, as in @20220505,20220507');
  return [cuts[0], cuts[1]];
}

/**
 * Reads a split name. Boundaries b1,b2 mean train < b1 <= validation < b2 <= test. A column name may hold any character;
 * the last `@` followed by a comma starts the boundaries.
 * @throws CONFIG_INVALID
 */
export function parseSplit(text: string): SplitRule {
  const trimmed = text.trim();
  if (trimmed === 'time') return { kind: 'time' };
  if (trimmed.startsWith('time@'))
    return { kind: 'time', boundaries: parseBoundaries(text, trimmed.slice(5)) };
  if (trimmed.startsWith('column:')) {
    const rest = trimmed.slice(7);
    const at = /^(.*)@([^@]*,[^@]*)$/s.exec(rest);
    const column = at === null ? rest : at[1];
    if (column === '') refuse(text, 'names no column');
    return at === null
      ? { kind: 'column', column }
      : { kind: 'column', column, boundaries: parseBoundaries(text, at[2]) };
  }
  if (trimmed === 'leave-one-out') return { kind: 'leave-one-out' };
  if (trimmed.startsWith('leave-one-out:order=')) {
    const order = trimmed.slice('leave-one-out:order='.length);
    if (order === '') refuse(text, 'names no order column');
    return { kind: 'leave-one-out', order };
  }
  if (trimmed === 'files') return { kind: 'files' };
  if (trimmed === 'random') return { kind: 'random', seed: 1 };
  if (trimmed.startsWith('random:')) {
    const seed = Number(trimmed.slice(7));
    if (!Number.isSafeInteger(seed)) refuse(text, 'the seed is not a whole number');
    return { kind: 'random', seed };
  }
  return refuse(text, 'is not a split that this engine knows');
}

/** The split that the name of a file says, 0 train, 1 validation, 2 test; undefined when it says none. */
export function splitOfFile(path: string): 0 | 1 | 2 | undefined {
  const name = (path.split(/[\\/]/).pop() ?? '').toLowerCase();
  if (/test/.test(name)) return 2;
  if (/valid|(^|[^a-z])(val|dev)([^a-z]|$)/.test(name)) return 1;
  return /train/.test(name) ? 0 : undefined;
}

/** The text that `parseSplit` reads back as the same rule. */
export function formatSplit(rule: SplitRule): string {
  switch (rule.kind) {
    case 'time':
      return rule.boundaries === undefined ? 'time' : `time@${rule.boundaries.join(',')}`;
    case 'column':
      return rule.boundaries === undefined
        ? `column:${rule.column}`
        : `column:${rule.column}@${rule.boundaries.join(',')}`;
    case 'leave-one-out':
      return rule.order === undefined ? 'leave-one-out' : `leave-one-out:order=${rule.order}`;
    case 'files':
      return 'files';
    case 'random':
      return `random:${rule.seed}`;
  }
}
