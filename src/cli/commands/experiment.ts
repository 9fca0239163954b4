import { Option, type Command } from 'commander';
import { AutoModelError } from '../../platform/index.js';
import type {
  ExperimentAnalyzeOptions,
  ExperimentPlanOptions,
  MetricDefinition,
} from '../../schema/index.js';
import { examples, type Perform, type RegisterCommand } from '../command.js';
import { registerOnlineExperiment } from './online-experiment.js';
import { analysisLines, planLines } from '../experiment-lines.js';
import { gain, pathFrom, positiveInteger, positiveNumber, signedNumber, wholeNumber } from '../flags.js';
import { metricFlag, priorFlag, weightsFlag } from '../metric-flag.js';

interface AnalyzeFlags extends Omit<
  ExperimentAnalyzeOptions,
  'definitions' | 'exposures' | 'variant' | 'control'
> {
  readonly exposures?: string;
  readonly variant?: string;
  readonly control?: string;
  readonly events?: string;
  readonly success?: readonly MetricDefinition[];
  readonly guardrail?: readonly MetricDefinition[];
  readonly watch?: readonly MetricDefinition[];
}

export const registerExperiment: RegisterCommand = (program, perform, host) => {
  const experiment = program
    .command('experiment')
    .description('run, judge and plan A/B tests')
    .addHelpText(
      'after',
      examples(
        'automodel experiment analyze --exposures sums.csv --variant variant --control old',
        'automodel experiment start new-model.json',
      ),
    );
  const path = pathFrom(host.workingDirectory);
  registerAnalyze(experiment, perform, path);
  registerPlan(experiment, perform);
  registerOnlineExperiment(experiment, perform, path);
};

const metricHelp = `
A metric is a name of the data and words after commas: down (smaller is better), proportion (share of units above
zero), denominator=<metric> (a ratio), quantile=0.95, days=7-14 (retention), cuped (adjust by the unit's own past),
covariate=<metric>, minimum=0.01 (least lift worth having), margin=0.02 (of guardrails), of=<metric> (another name
in the data), leave-out (units without a value). Without any, all metrics of the data are success metrics.
`;

function registerAnalyze(experiment: Command, perform: Perform, path: (text: string) => string): void {
  experiment
    .command('analyze')
    .argument('[id]', 'an experiment of this project, judged from its event log')
    .description(
      "judge an A/B test of this project, or from any system's exposures and metrics: KEEP, EXTEND or DISCARD",
    )
    .option(
      '--events <file>',
      "of an experiment of this project: events, in place of the project's log",
      path,
    )
    .option('--exposures <file>', 'unit and variant of each exposure; or sums by variant and metric', path)
    .option('--metrics <file>', 'rows of unit, metric, value and at; or a column per metric', path)
    .option('--unit <column>', 'the randomised unit, in both files')
    .option('--variant <column>', 'the variant that a unit saw')
    .option('--control <name>', 'the variant that the others are compared with')
    .option('--success <metric>', 'a metric that may win; repeat for more', metricFlag('success'))
    .option(
      '--guardrail <metric>',
      'a metric that must not lose more than its margin',
      metricFlag('guardrail'),
    )
    .option('--watch <metric>', 'a metric that is only watched', metricFlag('watched'))
    .addOption(
      new Option('--aim <aim>', 'something has to be better, or guardrails have to be shown safe')
        .choices(['superiority', 'non-inferiority'])
        .default('superiority'),
    )
    .addOption(
      new Option('--weights <list>', 'planned traffic, as old=9,new=1 (equal)').argParser(weightsFlag),
    )
    .option('--segment <column>', 'of the exposures: read its values apart, corrected for their number')
    .option('--exposed-at <column>', 'time of exposure (exposed_at, at or timestamp where there is one)')
    .option('--metric-column <column>', 'name of the metric in long form (metric)')
    .option('--value-column <column>', 'value in long form (value)')
    .option('--at-column <column>', 'time of a value in long form (at)')
    .addOption(new Option('--alpha <level>', 'error level').argParser(positiveNumber).default(0.05))
    .addOption(
      new Option('--scale <scale>', 'differences are judged as shares of the control, or as they are')
        .choices(['relative', 'absolute'])
        .default('relative'),
    )
    .option('--sequential', 'judge by intervals that hold at every look')
    .addOption(
      new Option('--planned-units <n>', 'units of all variants at which the experiment ends').argParser(
        positiveInteger,
      ),
    )
    .addOption(
      new Option('--correction <rule>', 'for several success metrics and variants')
        .choices(['holm', 'benjamini-hochberg', 'none'])
        .default('holm'),
    )
    .addOption(
      new Option('--prior <mean,sd>', 'normal prior of the lift for the Bayesian view (flat)').argParser(
        priorFlag,
      ),
    )
    .addHelpText('after', metricHelp)
    .addHelpText(
      'after',
      examples(
        'automodel experiment analyze new-model',
        'automodel experiment analyze --exposures exposures.csv --metrics metrics.parquet --unit user --variant variant --control old --success clicks,cuped --guardrail hides,down,margin=0.02 --sequential',
      ),
    )
    .action((id: string | undefined, { success = [], guardrail = [], watch = [], ...flags }: AnalyzeFlags) =>
      perform({
        name: 'experiment analyze',
        run: async (context) => {
          const definitions = [...success, ...guardrail, ...watch];
          const source = sourceOf(id, flags, definitions);
          const operations = await context.operations();
          const result =
            source.kind === 'project'
              ? await operations.analyzeRunningExperiment(
                  { projectDir: context.projectDir, id: source.id, events: flags.events },
                  context.io,
                )
              : await operations.analyzeExperiment(source.options, context.io);
          return { result, lines: analysisLines(result, context.style) };
        },
      }),
    );
}

type Source =
  | { readonly kind: 'project'; readonly id: string }
  | { readonly kind: 'files'; readonly options: ExperimentAnalyzeOptions };

/** An experiment of the project, whose record says everything; or files, which must be described. */
function sourceOf(
  id: string | undefined,
  { exposures, variant, control, events, ...others }: Omit<AnalyzeFlags, 'success' | 'guardrail' | 'watch'>,
  definitions: readonly MetricDefinition[],
): Source {
  const refuse = (message: string, remedy: string): never => {
    throw new AutoModelError('USAGE', message, { remedy });
  };
  if (id !== undefined) {
    if (exposures !== undefined || definitions.length > 0)
      refuse(
        `Experiment ${id} has its metrics and exposures in its record`,
        'Leave out the id to judge files, or all flags but --events.',
      );
    return { kind: 'project', id };
  }
  if (events !== undefined)
    refuse('--events needs the id of an experiment', 'Name it: automodel experiment analyze <id>.');
  const missing = Object.entries({ exposures, variant, control }).find(
    ([, value]) => value === undefined,
  )?.[0];
  if (missing !== undefined || exposures === undefined || variant === undefined || control === undefined)
    return refuse(
      `required option '--${missing ?? ''}' not specified`,
      'Give --exposures, --variant and --control, or the id of an experiment of this project.',
    );
  return { kind: 'files', options: { ...others, exposures, variant, control, definitions } };
}

function registerPlan(experiment: Command, perform: Perform): void {
  const number = (flags: string, text: string, parse: (value: string) => number): Option =>
    new Option(flags, text).argParser(parse);
  experiment
    .command('plan')
    .description('the units that an effect needs, or the effect that so many units show')
    .addOption(
      number(
        '--mean <x>',
        'of the control, per unit; a rate when no --sd is given',
        signedNumber,
      ).makeOptionMandatory(),
    )
    .addOption(number('--sd <x>', 'of one unit', positiveNumber))
    .addOption(number('--lift <x>', 'relative lift to be found, as 0.02 or -0.02', signedNumber))
    .addOption(number('--margin <x>', 'relative loss to be ruled out, for a guardrail', positiveNumber))
    .addOption(number('--units <n>', 'units of all arms: what lift do they show?', positiveInteger))
    .addOption(
      new Option('--direction <way>', 'of the lift that --units is asked for')
        .choices(['up', 'down'])
        .default('up'),
    )
    .addOption(number('--alpha <level>', 'error level', positiveNumber).default(0.05))
    .addOption(number('--power <x>', 'of the whole decision', positiveNumber).default(0.8))
    .addOption(number('--treatments <n>', 'arms beside the control', positiveInteger).default(1))
    .addOption(number('--success-metrics <n>', 'metrics that may win', positiveInteger).default(1))
    .addOption(number('--guardrails <n>', 'metrics that must hold', wholeNumber).default(0))
    .addOption(number('--control-share <x>', "the control's share of the units (equal)", positiveNumber))
    .addOption(number('--correlation <x>', 'of the metric with its covariate', gain).default(0))
    .option('--sequential', 'plan for as many looks as you like')
    .addOption(number('--units-per-day <n>', 'new units a day', positiveNumber))
    .addOption(number('--traffic <x>', 'share of them in the experiment', positiveNumber).default(1))
    .addHelpText(
      'after',
      examples(
        'automodel experiment plan --mean 0.08 --lift 0.02 --guardrails 2 --units-per-day 20000',
        'automodel experiment plan --mean 3.1 --sd 5.2 --units 200000 --sequential',
      ),
    )
    .action((flags: ExperimentPlanOptions) =>
      perform({
        name: 'experiment plan',
        run: async (context) => {
          const operations = await context.operations();
          const result = await operations.planExperiment(flags, context.io);
          return { result, lines: planLines(result, context.style) };
        },
      }),
    );
}
