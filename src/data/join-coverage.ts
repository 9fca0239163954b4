import type { Workbench } from './workbench.js';

export interface JoinKey {
  /** typed cell of the side table */
  readonly cell: string;
  /** cell of the event `b` that it must equal; of unlike types both are text */
  readonly event: string;
}

/** Fewer events than this share with a row of a joined table are worth a word. */
const lowCoverage = 0.5;
/** A way of writing ids is named when ignoring it finds rows for this share of the events more. */
const clearGain = 0.1;

/** Ways in which equal ids are written unlike, as SQL over text, the least change first. */
const readings: readonly { readonly words: string; readonly of: (text: string) => string }[] = [
  { words: 'spaces around ids', of: (text) => `trim(${text})` },
  { words: 'upper and lower case', of: (text) => `lower(${text})` },
  { words: 'upper and lower case and spaces around ids', of: (text) => `lower(trim(${text}))` },
  { words: 'how numbers are written', of: (text) => `TRY_CAST(trim(${text}) AS DOUBLE)` },
];

/**
 * Warns when few events find a row of a joined table, and says in what way of writing the keys differ. No id is named.
 * @param relation the side table with columns key0, key1, ...
 */
export async function warnCoverage(
  bench: Workbench,
  table: { readonly name: string; readonly files: readonly string[]; readonly columns: string },
  relation: string,
  keys: readonly JoinKey[],
): Promise<void> {
  const match = keys.map((key, k) => `${key.event} = d.key${k}`).join(' AND ');
  const [share] = await bench.numbers(
    `SELECT coalesce(avg((EXISTS (SELECT 1 FROM ${relation} d WHERE ${match}))::INTEGER), 1)::DOUBLE FROM base b`,
  );
  if (share >= lowCoverage) return;
  const percent = (value: number): string => `${(100 * value).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`;
  let hint = '';
  for (const { words, of } of keys.length === 1 ? readings : []) {
    const event = of(`${keys[0].event}::VARCHAR`);
    const [found] = await bench.numbers(
      `SELECT avg((${event} IN (SELECT ${of('key0::VARCHAR')} FROM ${relation} WHERE ${of('key0::VARCHAR')} IS NOT NULL))::INTEGER)::DOUBLE FROM base b`,
    );
    if (!(found >= share + clearGain)) continue;
    hint = `; ${percent(found)} would if ${words} did not count`;
    break;
  }
  bench.warn(
    'JOIN_COVERAGE',
    `${table.files[0]}: ${percent(share)} of the events find a row of ${table.name} by ${table.columns}${hint}`,
  );
}
