import { AutoModelError } from '../../platform/index.js';
import {
  MetricDefinition,
  type ExperimentAnalyzeOptions,
  type ExperimentAnalyzeResult,
  type Warning,
} from '../../schema/index.js';
import { checkFile, openEngine, type Engine, type LoadedTable } from '../../data/index.js';
import { pastDefinitions } from '../alike-before.js';
import type { ExperimentData, MeasuredMetric, SegmentData } from '../analyse.js';
import { checkDefinitions, namesOf } from './metric-sources.js';
import { formOf, metricsThere, readMeasurements, type MeasurementColumns } from './read-measurements.js';
import { readExposures, type Exposures } from './read-exposures.js';
import { isSumsTable, readSums, sumsMeasures, unitsOfSums } from './read-sums.js';
import { findColumn, openTable } from './table-columns.js';
import { orderedArms, requireUnits, tooFew } from './traffic.js';
import { inSegment, measureMetrics, planMetrics, type MetricPlan } from './unit-moments.js';
import { measureWindows } from './window-moments.js';

export interface ReadExperiment {
  readonly form: ExperimentAnalyzeResult['form'];
  readonly data: ExperimentData;
  readonly leftOut: ExperimentAnalyzeResult['leftOut'];
}

type Tell = (warning: Warning) => void;

/**
 * Reads an experiment of any system: exposures with metrics in long form (a row per unit, metric and value) or wide form (a column per
 * metric), in their own file or the same; or sums (a row per variant and metric). One thread, so that sums of equal files have
 * equal last digits.
 */
export async function readExperiment(
  options: ExperimentAnalyzeOptions,
  warn: Tell,
  signal: AbortSignal,
): Promise<ReadExperiment> {
  const files = [...new Set([options.exposures, options.metrics ?? options.exposures])].map(checkFile);
  const engine = await openEngine({ files, threads: 1, signal });
  try {
    const exposures = await openTable(engine, files[0], 'raw_exposures');
    const metrics = files.length === 1 ? exposures : await openTable(engine, files[1], 'raw_metrics');
    const metricColumn = options.metricColumn ?? 'metric';
    return isSumsTable(metrics, metricColumn, options.variant)
      ? await fromSums(engine, exposures, metrics, options, warn)
      : await fromRows(engine, exposures, metrics, options, warn);
  } finally {
    engine.close();
  }
}

/** Means of everything, where nobody said what counts. */
function assumed(names: readonly string[], warn: Tell): MetricDefinition[] {
  if (names.length === 0) {
    throw new AutoModelError('EXPERIMENT_INVALID', 'There is no metric in the data', {
      remedy:
        'Give a file of metrics with --metrics: columns unit, metric and value, or a column of numbers per metric.',
    });
  }
  warn({
    code: 'METRICS_ASSUMED',
    message: `No metric was named, so each is a success metric, a mean, better when it goes up: ${names.join(', ')}.`,
  });
  return names.map((name) => MetricDefinition.parse({ name, role: 'success' }));
}

async function exposuresOf(
  engine: Engine,
  table: LoadedTable,
  { unit, variant, control, weights, exposedAt, segment }: ExperimentAnalyzeOptions,
  guessTime: boolean,
): Promise<Exposures> {
  if (unit === undefined) {
    throw new AutoModelError('USAGE', 'Rows of units need the column that names the unit', {
      remedy: 'Add --unit <column>. Only sums (variant, metric, n, sum, sum_squares) go without.',
    });
  }
  const exposures = await readExposures(engine, table, {
    unit,
    variant,
    control,
    weights,
    exposedAt,
    segment,
    guessTime,
  });
  requireUnits(exposures.arms, table.files[0]);
  return exposures;
}

async function fromRows(
  engine: Engine,
  exposureTable: LoadedTable,
  metricTable: LoadedTable,
  options: ExperimentAnalyzeOptions,
  warn: Tell,
): Promise<ReadExperiment> {
  const oneFile = exposureTable === metricTable;
  const exposures = await exposuresOf(engine, exposureTable, options, !oneFile);
  const formColumns = { metric: options.metricColumn ?? 'metric', value: options.valueColumn ?? 'value' };
  const form = formOf(metricTable, formColumns);
  const columns: MeasurementColumns = {
    unit: options.unit ?? '',
    ...formColumns,
    at: oneFile && form === 'wide' ? undefined : (options.atColumn ?? 'at'),
    others: [
      ...(options.unit === undefined ? [] : [options.unit]),
      options.variant,
      options.atColumn ?? 'at',
      ...(options.segment === undefined ? [] : [options.segment]),
      ...(exposures.time === null ? [] : [exposures.time.column.name]),
    ],
  };
  checkDefinitions(options.definitions, form);
  const definitions =
    options.definitions.length > 0
      ? options.definitions
      : assumed(await metricsThere(engine, metricTable, columns), warn);
  const names = namesOf(definitions);
  const { timed, calendar, end, rowsOfUnexposedUnits } = await readMeasurements(
    engine,
    metricTable,
    columns,
    names,
    exposures.time,
  );
  const own = definitions.find(({ cuped }) => cuped);
  if (own !== undefined && !timed) {
    throw new AutoModelError('USAGE', `Metric ${JSON.stringify(own.name)} has no past without times`, {
      remedy:
        'Give times in both files (--exposed-at, --at-column), or a column measured before: covariate=<metric>.',
      details: { metric: own.name },
    });
  }
  if (!timed && columns.at !== undefined && findColumn(metricTable, columns.at) !== undefined)
    warn({
      code: 'TIMES_UNUSED',
      message: 'The metrics have times and the exposures have none: values before exposure are counted too.',
    });
  // Only what has times has a past, and days since exposure.
  const pasts = timed ? pastDefinitions(definitions) : [];
  const plan = await planMetrics(engine, [...definitions, ...pasts], {
    arms: exposures.arms,
    names,
    timed,
    calendar,
    end,
    warn,
  });
  const measured = await measureMetrics(engine, plan);
  const whole = (definition: MetricDefinition, index: number): MeasuredMetric => ({
    definition,
    arms: measured[index].map((measure, arm) => {
      if (measure === null) throw tooFew(definition.name, exposures.arms[arm].variant);
      return measure;
    }),
  });
  const metrics: MeasuredMetric[] = [];
  for (const [index, definition] of definitions.entries()) {
    const windows = timed
      ? await measureWindows(engine, definition, { arms: exposures.arms, names, calendar, end })
      : undefined;
    metrics.push({ ...whole(definition, index), windows });
  }
  const segments = await readSegments(
    engine,
    exposures,
    { ...plan, metrics: plan.metrics.slice(0, definitions.length) },
    definitions,
  );
  const [[before]] = await engine.rows('SELECT count(*) FILTER (since < 0)::DOUBLE FROM measured');
  const leftOut = {
    unitsInSeveralVariants: exposures.unitsInSeveralVariants,
    examples: [...exposures.examples],
    exposureRowsWithoutUnitOrVariant: exposures.rowsWithoutUnitOrVariant,
    metricRowsOfUnexposedUnits: rowsOfUnexposedUnits,
    metricRowsBeforeExposure: Number(before),
  };
  tellLeftOut(leftOut, warn);
  return {
    form,
    data: {
      arms: exposures.arms,
      metrics,
      segments,
      checks: [exposures.check],
      pasts: pasts.map((definition, index) => whole(definition, definitions.length + index)),
    },
    leftOut,
  };
}

/** Metrics by segment; a metric that an arm of a segment has fewer than two units of is left out there. */
async function readSegments(
  engine: Engine,
  { arms, segments }: Exposures,
  plan: MetricPlan,
  definitions: readonly MetricDefinition[],
): Promise<SegmentData[]> {
  const data: SegmentData[] = [];
  for (const value of segments) {
    const counts = await engine.rows(
      'SELECT arm, count(*)::DOUBLE FROM units WHERE segment = ? GROUP BY arm',
      [value],
    );
    const unitsOf = new Map(counts.map(([arm, count]) => [Number(arm), Number(count)]));
    const measures = await measureMetrics(engine, plan, inSegment(value));
    data.push({
      value,
      arms: arms.map((arm, index) => ({ ...arm, units: unitsOf.get(index) ?? 0 })),
      metrics: measures.flatMap((own, index) => {
        const whole = own.filter((measure) => measure !== null);
        return whole.length < own.length ? [] : [{ definition: definitions[index], arms: whole }];
      }),
    });
  }
  return data;
}

async function fromSums(
  engine: Engine,
  exposureTable: LoadedTable,
  sumsTable: LoadedTable,
  options: ExperimentAnalyzeOptions,
  warn: Tell,
): Promise<ReadExperiment> {
  checkDefinitions(options.definitions, 'sums');
  if (options.segment !== undefined) {
    throw new AutoModelError('USAGE', 'Sums cannot be parted into segments', {
      remedy: 'Give rows of units, or the sums of one segment at a time.',
    });
  }
  const sums = await readSums(engine, sumsTable, options.metricColumn ?? 'metric', options.variant);
  const exposures =
    exposureTable === sumsTable ? undefined : await exposuresOf(engine, exposureTable, options, false);
  const units = unitsOfSums(sums, warn);
  const arms =
    exposures?.arms ??
    orderedArms([...units.keys()], { control: options.control, weights: options.weights }, sums.file).map(
      (variant) => ({
        variant,
        units: units.get(variant) ?? 0,
        weight: options.weights?.[variant] ?? 1,
      }),
    );
  const definitions =
    options.definitions.length > 0
      ? options.definitions
      : assumed([...new Set(sums.rows.map(({ metric }) => metric))], warn);
  const variants = arms.map(({ variant }) => variant);
  const leftOut = {
    unitsInSeveralVariants: exposures?.unitsInSeveralVariants ?? 0,
    examples: [...(exposures?.examples ?? [])],
    exposureRowsWithoutUnitOrVariant: exposures?.rowsWithoutUnitOrVariant ?? 0,
    metricRowsOfUnexposedUnits: 0,
    metricRowsBeforeExposure: 0,
  };
  tellLeftOut(leftOut, warn);
  return {
    form: 'sums',
    data: {
      arms,
      metrics: definitions.map((definition) => ({
        definition,
        arms: sumsMeasures(sums, definition, variants),
      })),
      segments: [],
      checks: exposures === undefined ? [] : [exposures.check],
    },
    leftOut,
  };
}

function tellLeftOut(leftOut: ReadExperiment['leftOut'], warn: Tell): void {
  const tell = (code: string, count: number, message: string): void => {
    if (count > 0) warn({ code, message: `${count} ${message}` });
  };
  const { examples } = leftOut;
  tell(
    'UNITS_IN_SEVERAL_VARIANTS',
    leftOut.unitsInSeveralVariants,
    `units were in more than one variant and are left out; first: ${examples.join('; ')}.`,
  );
  tell(
    'EXPOSURES_BLANK',
    leftOut.exposureRowsWithoutUnitOrVariant,
    'rows of exposures have no unit or no variant; left out.',
  );
  tell(
    'UNITS_NEVER_EXPOSED',
    leftOut.metricRowsOfUnexposedUnits,
    'rows of metrics are of units that were never exposed; left out.',
  );
  tell(
    'VALUES_BEFORE_EXPOSURE',
    leftOut.metricRowsBeforeExposure,
    'values are from before their unit was exposed; they count for covariates only.',
  );
}
