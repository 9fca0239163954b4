import { Option, type Command } from 'commander';
import { AutoModelError } from '../../platform/index.js';
import { measuredLines, simulatedLines } from '../calibrate-lines.js';
import { examples, type RegisterCommand } from '../command.js';
import { positiveInteger, positiveNumber, seedCount, wholeNumber } from '../flags.js';

interface Flags {
  readonly seeds?: number;
  readonly minutes?: number;
  readonly workers: number;
  readonly seed: number;
  readonly wantedGain?: number;
  readonly simulate?: true;
  readonly runs: number;
  readonly candidates: number;
}

export const registerCalibrate: RegisterCommand = (program, perform) => {
  program
    .command('calibrate')
    .description('measure the noise: what gain the gate can resolve, and how often it errs')
    .addOption(
      new Option('--seeds <n>', 'seeds of each configuration, beside its A/A copy (11)').argParser(seedCount),
    )
    .addOption(new Option('--minutes <n>', 'budget in minutes').argParser(positiveNumber))
    .addOption(new Option('--workers <n>', 'trainings at once').argParser(positiveInteger).default(1))
    .addOption(new Option('--seed <n>', 'seed of the run to come').argParser(wholeNumber).default(1))
    .addOption(
      new Option('--wanted-gain <x>', 'on the primary metric: how many seeds resolve it').argParser(
        positiveNumber,
      ),
    )
    .option('--simulate', 'try the gate itself on simulated runs; needs no project')
    .addOption(new Option('--runs <n>', 'simulated runs').argParser(positiveInteger).default(10_000))
    .addOption(
      new Option('--candidates <n>', 'candidates of each simulated run')
        .argParser(positiveInteger)
        .default(500),
    )
    .addHelpText(
      'after',
      examples(
        'automodel calibrate --workers 2 --wanted-gain 0.001',
        'automodel calibrate --simulate --workers 2',
      ),
    )
    .action((flags: Flags, command: Command) =>
      perform({
        name: 'calibrate',
        run: async ({ operations, projectDir, io, style }) => {
          const { seeds, minutes, workers, seed, wantedGain, runs, candidates } = flags;
          const simulate = flags.simulate === true;
          refuseOthers(command, simulate);
          if (simulate) {
            const result = await (await operations()).simulateGate({ runs, candidates, workers, seed }, io);
            return { result, lines: simulatedLines(result, style) };
          }
          const options = { projectDir, seeds, minutes, workers, seed, wantedGain };
          const result = await (await operations()).calibrate(options, io);
          return { result, lines: measuredLines(result, style) };
        },
      }),
    );
};

/** A flag of the other half of the command would be ignored in silence. */
function refuseOthers(command: Command, simulate: boolean): void {
  const others = simulate ? ['seeds', 'minutes', 'wantedGain'] : ['runs', 'candidates'];
  const given = command.options.find(
    (option) =>
      others.includes(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (given === undefined) return;
  throw new AutoModelError(
    'USAGE',
    `${given.long ?? given.flags} ${simulate ? 'has no meaning with' : 'belongs to'} --simulate`,
    { remedy: 'Add --help to see which flags go together.' },
  );
}
