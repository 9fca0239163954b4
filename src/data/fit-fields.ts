import { FIRST_VALUE_ID, UNKNOWN_ID } from '../schema/index.js';
import { trainingCounts, type FieldSource } from './field-source.js';
import type { FieldPlan } from './field-plan.js';
import { ident, type Workbench } from './workbench.js';

/** A fitted vocabulary: table (value, id, n) in the engine, unless its ids are buckets. */
export interface Vocabulary {
  readonly name: string;
  readonly relation: string | undefined;
  /** number of ids, padding and unknown included */
  readonly size: number;
}

/** Values of a list field, one per row: (row, position, value); `row` is pos or rid of the source's relation. */
export function tokens(source: FieldSource): string {
  const { plan, relation, rowKey, cell } = source;
  const list =
    plan.kind === 'multi' && plan.separator !== undefined
      ? `string_split(${cell}, '${plan.separator.replaceAll("'", "''")}')`
      : cell;
  const value = plan.kind === 'multi' && plan.separator !== undefined ? `nullif(trim(value), '')` : 'value';
  // Of a sequence the latest elements are kept, of a bag the first.
  const cut =
    plan.kind === 'sequence' || plan.kind === 'multi'
      ? `list_slice(${list}, ${plan.kind === 'sequence' ? `-${plan.maxLength}` : '1'}, ${plan.kind === 'sequence' ? '-1' : plan.maxLength})`
      : list;
  return (
    `SELECT row, position, ${value} AS value FROM (SELECT ${rowKey} AS row, unnest(${cut}) AS value, ` +
    `generate_subscripts(${cut}, 1) AS position FROM ${relation} WHERE ${cell} IS NOT NULL)`
  );
}

/** SQL of (value, n) over the lists of training rows; a list of a side table counts once. */
function tokenCounts(source: FieldSource): string {
  return (
    `SELECT value, count(*) AS n FROM (${tokens(source)}) WHERE value IS NOT NULL AND ` +
    `row IN (SELECT ${source.link} FROM base WHERE split = 0) GROUP BY ALL`
  );
}

const vocabularyTable = (index: number, name: string): string => ident(`voc${index}`, name);

/**
 * Fits every field on training rows alone: vocabularies by frequency (ties by value, so ids do not depend on the order of
 * rows), quantile cuts, means. Returns the plans completed.
 */
export async function fitFields(
  bench: Workbench,
  sources: readonly FieldSource[],
  itemField: string | undefined,
): Promise<{ plans: FieldPlan[]; vocabularies: Vocabulary[] }> {
  const vocabularies: Vocabulary[] = [];
  const plans: FieldPlan[] = [];
  const itemLists = sources.filter((source) => source.plan.kind === 'sequence' && source.plan.ofItems);
  for (const source of sources) {
    const { plan } = source;
    if (plan.kind === 'categorical') {
      const members = plan.name === itemField ? itemLists.filter((list) => sameFamily(list, source)) : [];
      const counts = [trainingCounts(source), ...members.map(tokenCounts)];
      const vocabulary = await fitVocabulary(bench, vocabularies.length, plan.name, plan.minCount, counts);
      vocabularies.push(vocabulary);
      const [nullId] = await bench.numbers(
        `SELECT coalesce(max(id), ${UNKNOWN_ID})::DOUBLE FROM ${vocabulary.relation} WHERE value IS NULL`,
      );
      plans.push({ ...plan, nullId });
    } else if (plan.kind === 'bucket') {
      const fitted = await fitBuckets(bench, source, plan);
      vocabularies.push(fitted.vocabulary);
      plans.push(fitted.plan);
    } else if (plan.kind === 'standardise') {
      plans.push(await fitStandardise(bench, source, plan));
    } else {
      const shared =
        plan.kind === 'sequence' && plan.ofItems && itemField !== undefined && itemLists.includes(source)
          ? sources.find((s) => s.plan.name === itemField && sameFamily(source, s))
          : undefined;
      if (shared !== undefined) plans.push({ ...plan, vocabulary: shared.plan.name });
      else {
        vocabularies.push(
          await fitVocabulary(bench, vocabularies.length, plan.name, plan.minCount, [tokenCounts(source)]),
        );
        plans.push(plan);
      }
    }
  }
  return { plans, vocabularies };
}

/** Whether the elements of a list are of the type of a column, so that they can share a vocabulary. */
function sameFamily(list: FieldSource, column: FieldSource): boolean {
  return list.type === `list-${column.type}`;
}

async function fitVocabulary(
  bench: Workbench,
  index: number,
  name: string,
  minCount: number,
  counts: readonly string[],
): Promise<Vocabulary> {
  const relation = vocabularyTable(index, name);
  await bench.build(
    `vocabulary of ${name}: values with at least ${minCount} training rows`,
    `CREATE TABLE ${relation} AS SELECT value, n, (row_number() OVER (ORDER BY n DESC, value NULLS FIRST) + ${FIRST_VALUE_ID - 1})::INTEGER AS id ` +
      `FROM (SELECT value, sum(n)::BIGINT AS n FROM (${counts.join(' UNION ALL ')}) GROUP BY value) WHERE n >= ${minCount}`,
  );
  const [size] = await bench.numbers(`SELECT count(*)::DOUBLE FROM ${relation}`);
  return { name, relation, size: size + FIRST_VALUE_ID };
}

/** Quantiles and moments are taken over at most about this many training rows, every k-th of them. */
const fitRows = 2_000_000;

async function trainingSample(bench: Workbench, source: FieldSource): Promise<string> {
  const [rows] = await bench.numbers('SELECT count(*)::DOUBLE FROM base WHERE split = 0');
  const step = Math.max(1, Math.ceil(rows / fitRows));
  return source.relation === 'base'
    ? `SELECT ${source.cell}::DOUBLE AS x FROM base WHERE split = 0 AND pos % ${step} = 0`
    : `SELECT s.x FROM base b LEFT JOIN (SELECT rid, ${source.cell}::DOUBLE AS x FROM ${source.relation}) s ` +
        `ON s.rid = b.${source.link} WHERE b.split = 0 AND b.pos % ${step} = 0`;
}

async function fitBuckets(
  bench: Workbench,
  source: FieldSource,
  plan: Extract<FieldPlan, { kind: 'bucket' }>,
): Promise<{ plan: FieldPlan; vocabulary: Vocabulary }> {
  const shares = Array.from({ length: plan.buckets - 1 }, (_, k) => (k + 1) / plan.buckets);
  const sample = await trainingSample(bench, source);
  const [row] = await bench.engine.rows(
    `SELECT list_distinct(quantile_disc(x, [${shares.join(', ')}])), count(*) FILTER (x IS NULL)::DOUBLE, max(x) FROM (${sample})`,
  );
  const list = row[0] as { items: readonly unknown[] } | null;
  const top = row[2] === null ? Number.NaN : Number(row[2]);
  const cuts = (list?.items ?? [])
    .map(Number)
    .filter((cut) => cut < top)
    .sort((a, b) => a - b);
  const missing = Number(row[1]) >= bench.config.minCount;
  const size = FIRST_VALUE_ID + (missing ? 1 : 0) + cuts.length + 1;
  return {
    plan: { ...plan, cuts, nullId: missing ? FIRST_VALUE_ID : UNKNOWN_ID },
    vocabulary: { name: plan.name, relation: undefined, size },
  };
}

/** Numbers beyond this would overflow a variance, and say nothing of the others. */
const largest = '1e100';

async function fitStandardise(
  bench: Workbench,
  source: FieldSource,
  plan: Extract<FieldPlan, { kind: 'standardise' }>,
): Promise<FieldPlan> {
  const [mean, sd] = await bench.numbers(
    `SELECT avg(x), stddev_pop(x) FROM (${await trainingSample(bench, source)}) WHERE abs(x) <= ${largest}`,
  );
  // Threads add in any order; twelve digits are the same in every run.
  const steady = (value: number, fallback: number): number =>
    Number.isFinite(value) ? Number(value.toPrecision(12)) : fallback;
  return { ...plan, mean: steady(mean, 0), sd: sd > 0 ? steady(sd, 1) : 1 };
}
