import { FIRST_VALUE_ID, UNKNOWN_ID } from '../schema/index.js';
import type { FieldPlan } from './field-plan.js';
import type { FieldSource } from './field-source.js';
import type { Vocabulary } from './fit-fields.js';
import { numberLiteral } from './sql.js';

/** A column of a block, as SQL over `base b`. */
export interface EncodedColumn {
  readonly sql: string;
  /** joins that the expression needs; equal texts are joined once */
  readonly joins: readonly string[];
}

/** SQL of the encoded value of a single-valued field. `alias` must be unique among the columns of one query. */
export function encodedColumn(
  source: FieldSource,
  plan: FieldPlan,
  vocabularies: readonly Vocabulary[],
  alias: string,
): EncodedColumn {
  const joins: string[] = [];
  let cell = source.cell;
  if (source.relation !== 'base') {
    joins.push(`LEFT JOIN ${source.relation} ON ${source.relation}.rid = b.${source.link}`);
  }
  switch (plan.kind) {
    case 'categorical': {
      const vocabulary = vocabularies.find((v) => v.name === plan.vocabulary);
      joins.push(`LEFT JOIN ${vocabulary?.relation} ${alias} ON ${alias}.value = ${cell}`);
      return {
        sql: `CASE WHEN ${cell} IS NULL THEN ${plan.nullId} ELSE coalesce(${alias}.id, ${UNKNOWN_ID}) END::INTEGER`,
        joins,
      };
    }
    case 'bucket': {
      const first = plan.nullId === FIRST_VALUE_ID ? FIRST_VALUE_ID + 1 : FIRST_VALUE_ID;
      const arms = plan.cuts.map((cut, k) => `WHEN ${cell} <= ${numberLiteral(cut)} THEN ${first + k}`);
      return {
        sql: `CASE WHEN ${cell} IS NULL THEN ${plan.nullId} ${arms.join(' ')} ELSE ${first + plan.cuts.length} END::INTEGER`,
        joins,
      };
    }
    case 'standardise':
      cell = `((${cell}::DOUBLE - ${numberLiteral(plan.mean)}) / ${numberLiteral(plan.sd)})`;
      // NaN is greater than every number; what no float can hold counts as missing, as infinity does.
      return { sql: `CASE WHEN abs(${cell}) <= 3.4e38 THEN ${cell} ELSE 0 END::FLOAT`, joins };
    default:
      throw new TypeError(`${plan.kind} fields are lists`);
  }
}
