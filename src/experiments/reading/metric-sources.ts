import { AutoModelError } from '../../platform/index.js';
import type { MetricDefinition } from '../../schema/index.js';

/** A column of a metric's moments: rows of one metric of the data in a window of time since exposure. */
export interface Source {
  /** metric (long form) or column (wide form) of the data */
  readonly name: string;
  readonly window: 'after' | 'before' | 'days';
  /** of window days */
  readonly days?: readonly [number, number];
}

/** Columns of a definition, in the order of `estimandOf`: value, denominator, covariate, its denominator. */
export function sourcesOf(definition: MetricDefinition, timed: boolean): Source[] {
  const { name, of = name, kind, denominator, cuped, covariate, covariateDenominator, days } = definition;
  const after = (source: string): Source => ({ name: source, window: 'after' });
  // Without times, another metric is believed to have been measured before.
  const before = (source: string): Source => ({ name: source, window: timed ? 'before' : 'after' });
  if (kind === 'retention') return [{ name: of, window: 'days', days }];
  return [
    after(of),
    ...(denominator === undefined ? [] : [after(denominator)]),
    ...(cuped ? [before(of)] : []),
    ...(cuped && denominator !== undefined ? [before(denominator)] : []),
    ...(covariate === undefined ? [] : [before(covariate)]),
    ...(covariateDenominator === undefined ? [] : [before(covariateDenominator)]),
  ];
}

/** Names of the data that the definitions use, each once. */
export function namesOf(definitions: readonly MetricDefinition[]): string[] {
  return [
    ...new Set(definitions.flatMap((definition) => sourcesOf(definition, true).map(({ name }) => name))),
  ];
}

/** @throws USAGE for definitions that contradict themselves or lack what their kind needs */
export function checkDefinitions(
  definitions: readonly MetricDefinition[],
  form: 'long' | 'wide' | 'sums',
): void {
  const names = new Set<string>();
  for (const definition of definitions) {
    const fault = names.has(definition.name) ? 'is defined twice' : faultOf(definition, form);
    names.add(definition.name);
    if (fault === undefined) continue;
    throw new AutoModelError('USAGE', `Metric ${JSON.stringify(definition.name)} ${fault}`, {
      remedy: 'See the kinds and options of metrics: automodel experiment analyze --help.',
      details: { metric: definition.name },
    });
  }
}

function faultOf(definition: MetricDefinition, form: 'long' | 'wide' | 'sums'): string | undefined {
  const { role, kind, margin, minimum, denominator, cuped, covariate, covariateDenominator, quantile, days } =
    definition;
  const adjusted = cuped || covariate !== undefined;
  if (role === 'guardrail' && margin === undefined)
    return 'is a guardrail without a margin: say what loss is still no harm, margin=0.02';
  if (role !== 'guardrail' && margin !== undefined) return 'has a margin but is no guardrail';
  if (role !== 'success' && minimum !== undefined) return 'has a minimum but is no success metric';
  if (form !== 'sums' && (kind === 'ratio') !== (denominator !== undefined))
    return kind === 'ratio' ? 'is a ratio without a denominator' : 'has a denominator but is no ratio';
  if ((kind === 'quantile') !== (quantile !== undefined))
    return kind === 'quantile' ? 'is a quantile without a level' : 'has a level but is no quantile';
  if (form !== 'sums' && (kind === 'retention') !== (days !== undefined))
    return kind === 'retention' ? 'is retention without days' : 'has days but is no retention';
  if (days !== undefined && days[0] >= days[1]) return 'has a window of days that ends before it begins';
  if (cuped && covariate !== undefined) return 'has two covariates: its own past and another metric';
  if (covariateDenominator !== undefined && covariate === undefined)
    return 'has a denominator of a covariate but no covariate';
  if (adjusted && (kind === 'quantile' || kind === 'retention'))
    return `is a ${kind}, which takes no covariate`;
  if (form === 'sums' && kind === 'quantile') return 'is a quantile, which sums cannot tell';
  return undefined;
}
