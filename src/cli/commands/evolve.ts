import { Option, type Command } from 'commander';
import type { OperationIo } from '../../schema/index.js';
import { examples, type RegisterCommand } from '../command.js';
import { evolveLines } from '../evolve-lines.js';
import { gain, positiveInteger, positiveNumber, seedCount, shellWord, wholeNumber } from '../flags.js';

interface Flags {
  readonly trials?: number;
  readonly minutes?: number;
  readonly seed: number;
  readonly workers?: number;
  readonly resume?: true;
  readonly null?: true;
  readonly control?: 'full';
  readonly refit: 'train+validation' | 'all';
  readonly minimumGain?: number;
  readonly force?: true;
  readonly gateSeeds?: number;
  readonly trialMinutes?: number;
  readonly trialMemory?: number;
}

/** Minutes of a fresh run whose budget nobody named. */
const defaultMinutes = 30;

export const registerEvolve: RegisterCommand = (program, perform) => {
  program
    .command('evolve')
    .description('search models, features and recipes; accept only what is proven better')
    .addOption(new Option('--trials <n>', 'budget in trials').argParser(positiveInteger))
    .addOption(
      new Option('--minutes <n>', `budget in minutes (${defaultMinutes} when none is named)`).argParser(
        positiveNumber,
      ),
    )
    .addOption(new Option('--seed <n>', 'seed of every decision').argParser(wholeNumber).default(1))
    .addOption(
      new Option('--workers <n>', 'trials at once (as training.json says, else 1)').argParser(
        positiveInteger,
      ),
    )
    .option('--resume', 'go on with the latest run; a budget given beside it is added to what is left')
    .option('--null', 'shuffle the labels: a run that must accept nothing')
    .addOption(
      new Option('--control <size>', 'also run random search with the whole budget').choices(['full']),
    )
    .addOption(
      new Option('--refit <rows>', 'rows of the kept artefact')
        .choices(['train+validation', 'all'])
        .default('train+validation'),
    )
    .addOption(
      new Option('--minimum-gain <x>', 'smallest gain that counts (the smallest resolvable)').argParser(gain),
    )
    .option('--force', 'go on where the gate cannot resolve the minimum gain')
    .addOption(
      new Option('--gate-seeds <n>', 'paired seeds of one look of the gate (5)').argParser(seedCount),
    )
    .addOption(
      new Option('--trial-minutes <n>', 'longest that one trial may take (a third of --minutes)').argParser(
        positiveNumber,
      ),
    )
    .addOption(
      new Option(
        '--trial-memory <MiB>',
        'most that one worker may use (4/5 of the memory, shared)',
      ).argParser(positiveInteger),
    )
    .addHelpText(
      'after',
      examples('automodel evolve --minutes 60 --workers 2', 'automodel evolve --resume --minutes 30'),
    )
    .action((flags: Flags, command: Command) => {
      // Before a run is in the journal there is nothing to resume.
      let recorded = flags.resume === true;
      return perform({
        name: 'evolve',
        resume: () => (recorded ? resumeCommand(program.opts<{ project: string }>().project) : undefined),
        run: async (context) => {
          const onProgress: OperationIo['onProgress'] = (event) => {
            recorded ||= event.kind === 'run-recorded';
            context.io.onProgress(event);
          };
          const idle = flags.resume === true ? flagsOfTheStart(command) : [];
          if (idle.length > 0) {
            context.io.warn({
              code: 'FLAGS_IGNORED',
              message: `${idle.join(', ')}: a resumed run keeps what it was started with. Another value needs a new run, without --resume.`,
            });
          }
          const operations = await context.operations();
          const unnamed = flags.trials === undefined && flags.minutes === undefined && flags.resume !== true;
          const result = await operations.evolve(
            {
              projectDir: context.projectDir,
              trials: flags.trials,
              minutes: unnamed ? defaultMinutes : flags.minutes,
              seed: flags.seed,
              workers: flags.workers,
              resume: flags.resume === true,
              nullRun: flags.null === true,
              control: flags.control ?? 'share',
              refit: flags.refit,
              minimumGain: flags.minimumGain,
              force: flags.force === true,
              ...(flags.gateSeeds !== undefined && { gateSeeds: flags.gateSeeds }),
              trialMinutes: flags.trialMinutes,
              trialMemoryMb: flags.trialMemory,
            },
            { ...context.io, onProgress },
          );
          return { result, lines: evolveLines(result, context) };
        },
      });
    });
};

/** Flags of this line that are a run's own from its start on. */
function flagsOfTheStart(command: Command): string[] {
  const fixed = ['seed', 'workers', 'null', 'control', 'refit', 'minimumGain', 'gateSeeds'];
  return command.options
    .filter((option) => fixed.includes(option.attributeName()))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map((option) => option.long ?? option.flags);
}

function resumeCommand(project: string): string {
  return `automodel evolve --resume${project === '.' ? '' : ` --project ${shellWord(project)}`}`;
}
