import { UNKNOWN_ID } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';
import type { EncodedColumn } from './encoded-columns.js';
import type { FieldPlan } from './field-plan.js';
import type { FieldSource } from './field-source.js';
import { tokens, type Vocabulary } from './fit-fields.js';
import { ident, type Workbench } from './workbench.js';

/** A list field, encoded: where its values are and the two columns that cut each row's part out of them. */
export interface EncodedList {
  readonly field: string;
  /** SQL of (id) in storage order */
  readonly values: string;
  readonly begin: EncodedColumn;
  readonly end: EncodedColumn;
  /** one list per event (each block needs its own part) or one per entity (rows share them) */
  readonly storage: 'rows' | 'shared';
}

/** Int32 offsets are what models read; longer arrays are refused. */
export const maxListValues = 2_147_483_647;

/** Looks ids up and lays the lists of all rows of the source end to end. */
export async function encodeList(
  bench: Workbench,
  source: FieldSource,
  plan: FieldPlan & { kind: 'multi' | 'sequence' },
  vocabularies: readonly Vocabulary[],
  index: number,
): Promise<EncodedList> {
  const vocabulary = vocabularies.find((v) => v.name === plan.vocabulary);
  const elements = ident(`list${index}`, plan.name);
  const spans = ident(`span${index}`, plan.name);
  await bench.build(
    `elements of ${plan.name}, as ids`,
    `CREATE TABLE ${elements} AS SELECT x.row AS owner, x.position, coalesce(v.id, ${UNKNOWN_ID})::INTEGER AS id ` +
      `FROM (${tokens({ ...source, plan })}) x LEFT JOIN ${vocabulary?.relation} v ON v.value = x.value WHERE x.value IS NOT NULL`,
  );
  const [count] = await bench.numbers(`SELECT count(*)::DOUBLE FROM ${elements}`);
  if (count > maxListValues) {
    throw new AutoModelError('LIMIT_EXCEEDED', `Column ${plan.column} holds ${count} list elements`, {
      remedy: 'Lower maxLength or maxValues of its encoding in automodel.json.',
      details: { column: plan.column, elements: count },
    });
  }
  await bench.build(
    `where each row's part of ${plan.name} begins and ends`,
    `CREATE TABLE ${spans} AS SELECT owner, (sum(n) OVER (ORDER BY owner) - n)::INTEGER AS first, ` +
      `(sum(n) OVER (ORDER BY owner))::INTEGER AS past FROM (SELECT owner, count(*) AS n FROM ${elements} GROUP BY owner)`,
  );
  const joins = [`LEFT JOIN ${spans} ON ${spans}.owner = b.${source.link}`];
  return {
    field: plan.name,
    values: `SELECT id FROM ${elements} ORDER BY owner, position`,
    begin: { sql: `coalesce(${spans}.first, 0)::INTEGER`, joins },
    end: { sql: `coalesce(${spans}.past, 0)::INTEGER`, joins },
    storage: source.relation === 'base' ? 'rows' : 'shared',
  };
}
