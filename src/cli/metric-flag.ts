import { InvalidArgumentError } from 'commander';
import { MetricDefinition, type MetricRole } from '../schema/index.js';

/** Words without a value. */
const words: Readonly<Record<string, object>> = {
  up: { direction: 'up' },
  down: { direction: 'down' },
  proportion: { kind: 'proportion' },
  cuped: { cuped: true },
  'leave-out': { missing: 'leave-out' },
};

const texts: Readonly<Record<string, string>> = {
  of: 'of',
  covariate: 'covariate',
  'covariate-denominator': 'covariateDenominator',
};
const numbers: Readonly<Record<string, string>> = { margin: 'margin', minimum: 'minimum' };

/**
 * Parser of `--success`, `--guardrail` and `--watch`, which gathers: a name and comma-separated words (down, proportion, cuped,
 * leave-out) and settings (denominator=, quantile=, days=7-14, margin=, minimum=, covariate=, covariate-denominator=, of=).
 * A JSON object of the same, for names that hold commas.
 */
export function metricFlag(
  role: MetricRole,
): (text: string, gathered?: readonly MetricDefinition[]) => readonly MetricDefinition[] {
  return (text, gathered = []) => {
    const parsed = MetricDefinition.safeParse({ ...membersOf(text), role });
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new InvalidArgumentError(`${issue.path.join('.') || 'The definition'}: ${issue.message}.`);
    }
    return [...gathered, parsed.data];
  };
}

function membersOf(text: string): object {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text) as object;
    } catch {
      throw new InvalidArgumentError('Give a whole JSON object, or name,word,setting=value.');
    }
  }
  const [name, ...settings] = text.split(',');
  return Object.assign(
    { name: name.trim() },
    ...settings.map((setting) => memberOf(setting.trim())),
  ) as object;
}

function memberOf(setting: string): object {
  if (Object.hasOwn(words, setting)) return words[setting];
  const at = setting.indexOf('=');
  const [key, value] = at < 1 ? ['', ''] : [setting.slice(0, at), setting.slice(at + 1)];
  if (Object.hasOwn(texts, key)) return { [texts[key]]: value };
  if (Object.hasOwn(numbers, key)) return { [numbers[key]]: numberOf(key, value) };
  if (key === 'denominator') return { kind: 'ratio', denominator: value };
  if (key === 'quantile') return { kind: 'quantile', quantile: numberOf(key, value) };
  if (key === 'days') {
    const [from, to] = value.split('-');
    return { kind: 'retention', days: [numberOf(key, from), numberOf(key, to ?? '')] };
  }
  throw new InvalidArgumentError(
    `${JSON.stringify(setting)} is none of ${[...Object.keys(words), ...Object.keys(texts), ...Object.keys(numbers), 'denominator', 'quantile', 'days'].join(', ')}.`,
  );
}

function numberOf(key: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError(`${key} needs a number, as ${key}=0.02.`);
  return value;
}

/** Parser of `--weights control=1,treatment=1`. */
export function weightsFlag(text: string): Readonly<Record<string, number>> {
  const pairs = text.split(',').map((pair): [string, number] => {
    const at = pair.lastIndexOf('=');
    const weight = at < 1 || pair.slice(at + 1).trim() === '' ? Number.NaN : Number(pair.slice(at + 1));
    if (!Number.isFinite(weight) || weight < 0)
      throw new InvalidArgumentError('Give variant=weight for every variant, weights from 0.');
    return [pair.slice(0, at).trim(), weight];
  });
  if (new Set(pairs.map(([name]) => name)).size < pairs.length)
    throw new InvalidArgumentError('A variant is given twice.');
  if (!pairs.some(([, weight]) => weight > 0)) throw new InvalidArgumentError('One weight must be above 0.');
  return Object.fromEntries(pairs);
}

/** Parser of `--prior mean,sd`. */
export function priorFlag(text: string): { readonly mean: number; readonly sd: number } {
  const [mean, sd, ...rest] = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!Number.isFinite(mean) || !(sd > 0) || !Number.isFinite(sd) || rest.length > 0)
    throw new InvalidArgumentError('Give mean,sd of the lift, as 0,0.05.');
  return { mean, sd };
}
