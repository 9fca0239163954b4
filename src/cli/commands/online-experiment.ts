import { Option, type Command } from 'commander';
import type {
  ExperimentEstimateOptions,
  ExperimentStopOptions,
  MetricDefinition,
} from '../../schema/index.js';
import { AutoModelError } from '../../platform/index.js';
import { examples, type Perform } from '../command.js';
import { gain, positiveInteger, positiveNumber } from '../flags.js';
import { metricFlag } from '../metric-flag.js';
import {
  changeLines,
  estimateLines,
  rampLines,
  startLines,
  statusLines,
} from '../online-experiment-lines.js';

type ReadPath = (text: string) => string;

/** `experiment start|status|ramp|stop|estimate`: what runs in this project, and what its log can say without running. */
export function registerOnlineExperiment(experiment: Command, perform: Perform, path: ReadPath): void {
  registerStart(experiment, perform, path);
  registerStatus(experiment, perform);
  registerRamp(experiment, perform, path);
  registerStop(experiment, perform);
  registerEstimate(experiment, perform, path);
}

interface StartFlags {
  readonly id?: string;
  readonly hypothesis?: string;
  readonly change?: readonly string[];
  readonly surface?: readonly string[];
  readonly serve?: string;
  readonly success?: readonly MetricDefinition[];
  readonly guardrail?: readonly MetricDefinition[];
  readonly watch?: readonly MetricDefinition[];
  readonly plannedUnits?: number;
  readonly holdout?: number;
}

const gathered = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

function registerStart(experiment: Command, perform: Perform, path: ReadPath): void {
  experiment
    .command('start')
    .argument('[file]', 'the experiment as JSON; flags replace its members', path)
    .description('start an A/B test at the first step of its ramp')
    .option('--id <name>', 'of the experiment')
    .option('--hypothesis <text>', 'what is expected, and why')
    .option('--serve <version>', 'the version that the treatment gets')
    .option('--change <parameter>', 'what it changes, and so holds; repeat for more', gathered)
    .option('--surface <name>', 'where it acts (recommend); repeat for more', gathered)
    .option('--success <metric>', 'a metric that may win; repeat for more', metricFlag('success'))
    .option('--guardrail <metric>', 'must not lose more than its margin', metricFlag('guardrail'))
    .option('--watch <metric>', 'a metric that is only watched', metricFlag('watched'))
    .addOption(new Option('--planned-units <n>', 'users at which it ends').argParser(positiveInteger))
    .addOption(new Option('--holdout <share>', 'stays on the control for good').argParser(gain))
    .addHelpText(
      'after',
      '\nA metric counts the events of its name: clicks are events of kind "click" by of=click. A file can say more:\nsums of values, surfaces, layers, arms with weights, the steps of the ramp (docs/experiments.md).\n',
    )
    .addHelpText(
      'after',
      examples(
        'automodel experiment start new-model.json',
        'automodel experiment start --id new-model --hypothesis better --serve v2 --change model --success clicks,of=click --guardrail hides,of=hide,down,margin=0.05 --planned-units 200000',
      ),
    )
    .action((file: string | undefined, flags: StartFlags) =>
      perform({
        name: 'experiment start',
        run: async (context) => {
          const operations = await context.operations();
          const result = await operations.startExperiment(
            { projectDir: context.projectDir, file, members: membersOf(flags) },
            context.io,
          );
          return { result, lines: startLines(result, context.style) };
        },
      }),
    );
}

function membersOf({
  id,
  hypothesis,
  change,
  surface,
  serve,
  success = [],
  guardrail = [],
  watch = [],
  plannedUnits,
  holdout,
}: StartFlags): Record<string, unknown> {
  const metrics = [...success, ...guardrail, ...watch];
  const members = {
    id,
    hypothesis,
    plannedUnits,
    holdout,
    holds: change === undefined ? undefined : { parameters: change, ...(surface && { surfaces: surface }) },
    treatments:
      serve === undefined ? undefined : [{ name: 'treatment', change: { kind: 'version', version: serve } }],
    metrics: metrics.length === 0 ? undefined : metrics,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function registerStatus(experiment: Command, perform: Perform): void {
  experiment
    .command('status')
    .argument('[id]', 'one experiment; all where it is left out')
    .description('what runs and ran: arms, exposure, epochs, the last look and its verdicts')
    .option('--holds', 'list who holds which parameter on which surface')
    .addHelpText(
      'after',
      examples('automodel experiment status', 'automodel experiment status --holds --json'),
    )
    .action((id: string | undefined, { holds }: { readonly holds?: boolean }) =>
      perform({
        name: 'experiment status',
        run: async (context) => {
          const operations = await context.operations();
          const result = await operations.experimentStatus(
            { projectDir: context.projectDir, id, holds },
            context.io,
          );
          return { result, lines: statusLines(result, holds === true, context.style) };
        },
      }),
    );
}

interface RampFlags {
  readonly events?: string;
  readonly share?: number;
  readonly dryRun?: boolean;
  readonly watch?: boolean;
  readonly every?: number;
}

/** Guardrails may be looked at all the time; reading the log has its price. */
const usualMinutes = 60;

const watchHelp = `
--watch looks at once, then every so many minutes, and ends when the experiment has ended, whoever ended it. Ctrl-C stops the
watch and leaves the experiment as it is; started again it goes on, since each look is in the journal of the experiments.
Under --json it prints one object, at its end; what each look came to is said on stderr and by "experiment status".
`;

function registerRamp(experiment: Command, perform: Perform, path: ReadPath): void {
  experiment
    .command('ramp')
    .argument('<id>', 'a running experiment')
    .description('look at an A/B test, once or until it ends: go on, hold, roll back or end it')
    .option('--events <file>', "events as JSON lines or Parquet, in place of the project's log", path)
    .addOption(
      new Option('--share <x>', 'set the treated share by hand and ask nothing')
        .argParser(gain)
        .conflicts(['events']),
    )
    .option('--dry-run', 'say what would be done')
    .addOption(
      new Option('--watch', 'look again and again until the experiment has ended').conflicts([
        'share',
        'dryRun',
      ]),
    )
    .addOption(
      new Option('--every <minutes>', `between two looks of --watch (${usualMinutes})`).argParser(
        positiveNumber,
      ),
    )
    .addHelpText('after', watchHelp)
    .addHelpText(
      'after',
      examples(
        'automodel experiment ramp new-model',
        'automodel experiment ramp new-model --share 0.1',
        'automodel experiment ramp new-model --watch --every 30',
      ),
    )
    .action((id: string, { watch, every, ...flags }: RampFlags) =>
      perform({
        name: 'experiment ramp',
        run: async (context) => {
          if (every !== undefined && watch !== true)
            throw new AutoModelError('USAGE', '--every says how often --watch looks', {
              remedy: 'Add --watch, or leave out --every.',
            });
          const operations = await context.operations();
          const watched = watch === true && { watchEveryMs: 60_000 * (every ?? usualMinutes) };
          const result = await operations.rampExperiment(
            { projectDir: context.projectDir, id, ...flags, ...watched },
            context.io,
          );
          return { result, lines: rampLines(result, context.style) };
        },
      }),
    );
}

function registerStop(experiment: Command, perform: Perform): void {
  experiment
    .command('stop')
    .argument('<id>', 'a running experiment')
    .description('end an A/B test: everybody gets the control again')
    .addOption(
      new Option('--outcome <word>', 'what it came to; killed is the emergency stop')
        .choices(['KEEP', 'DISCARD', 'killed'])
        .makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'why')
    .addHelpText('after', examples('automodel experiment stop new-model --outcome killed --reason errors'))
    .action((id: string, flags: Pick<ExperimentStopOptions, 'outcome' | 'reason'>) =>
      perform({
        name: 'experiment stop',
        run: async (context) => {
          const operations = await context.operations();
          const result = await operations.stopExperiment(
            { projectDir: context.projectDir, id, ...flags },
            context.io,
          );
          return { result, lines: changeLines(result, context.style) };
        },
      }),
    );
}

function registerEstimate(experiment: Command, perform: Perform, path: ReadPath): void {
  experiment
    .command('estimate')
    .description('what another policy would have earned, from the log of the one that acted')
    .requiredOption('--log <file>', 'a row per decision', path)
    .option('--reward <column>', 'what the decision earned', 'reward')
    .option('--propensity <column>', 'chance of the action under the policy that acted', 'propensity')
    .option('--target <column>', 'its chance under the judged policy', 'target')
    .option('--predicted <column>', "a model's reward of the action, for DM and DR")
    .option('--predicted-target <column>', "the model's mean reward under the judged policy")
    .option('--unsupported <column>', 'chance of the judged policy for actions that could not be logged')
    .option('--unit <column>', 'whose decision it was: its rows are not independent')
    .addOption(new Option('--clip <weight>', 'cut larger weights (none)').argParser(positiveNumber))
    .addOption(new Option('--alpha <level>', 'of the intervals').argParser(positiveNumber).default(0.05))
    .addHelpText(
      'after',
      examples('automodel experiment estimate --log decisions.parquet --unit user --clip 50'),
    )
    .action((flags: ExperimentEstimateOptions) =>
      perform({
        name: 'experiment estimate',
        run: async (context) => {
          const operations = await context.operations();
          const result = await operations.estimatePolicyValue(flags, context.io);
          return { result, lines: estimateLines(result, context.style) };
        },
      }),
    );
}
