import { existsSync, readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import { AutoModelError, removeQuietly } from '../../platform/index.js';
import type { EvolveOptions, StartResult, WorldOptions } from '../../schema/index.js';
import { examples, type CommandContext, type RegisterCommand } from '../command.js';
import { evolveLines } from '../evolve-lines.js';
import { pathFrom, positiveInteger, positiveNumber, shellWord, wholeNumber } from '../flags.js';
import { refusedLines } from '../refused-lines.js';

interface Flags {
  readonly seed: number;
  readonly out: string;
  readonly users: number;
  readonly items: number;
  readonly days: number;
  readonly trials: number;
  readonly minutes: number;
  readonly workers: number;
  readonly null?: true;
}

/** Says that a folder was made by `start`, and may be emptied by it. */
const marker = '.made-by-automodel-start';

export const registerStart: RegisterCommand = (program, perform, host) => {
  program
    .command('start')
    .description('the whole thing on a simulated log: generate, look, search, prove, report')
    .addOption(new Option('--seed <n>', 'seed of the world and of the run').argParser(wholeNumber).default(1))
    .option('--null', 'a world where nothing beats the baseline: must accept nothing')
    .option(
      '--out <dir>',
      'folder of the demonstration',
      pathFrom(host.workingDirectory),
      pathFrom(host.workingDirectory)('automodel-demo'),
    )
    .addOption(new Option('--users <n>', 'number of users').argParser(positiveInteger).default(1600))
    .addOption(new Option('--items <n>', 'number of videos').argParser(positiveInteger).default(800))
    .addOption(new Option('--days <n>', 'days of traffic').argParser(positiveInteger).default(10))
    .addOption(new Option('--trials <n>', 'budget in trials').argParser(positiveInteger).default(12))
    .addOption(new Option('--minutes <n>', 'budget in minutes').argParser(positiveNumber).default(4))
    .addOption(new Option('--workers <n>', 'trials at once').argParser(positiveInteger).default(2))
    .addHelpText('after', examples('automodel start', 'automodel start --null'))
    .action((flags: Flags) =>
      perform({ name: 'start', run: async (context) => ({ ...(await start(flags, context)) }) }),
    );
};

async function start(
  flags: Flags,
  context: CommandContext,
): Promise<{ result: StartResult; lines: string[] }> {
  const { io } = context;
  const operations = await context.operations();
  const projectDir = flags.out;
  makeDemoFolder(projectDir, context.shownPath(projectDir));
  const world = await operations.generateWorld(worldOptions(flags, join(projectDir, 'data')), io);
  // A demonstration asks nothing: the guesses are part of what it shows.
  const silent = { ...io, ask: undefined };
  const init = await operations.init(
    {
      projectDir,
      files: world.files.map(({ path }) => path),
      task: 'ctr',
      split: await demoSplit(flags.days),
      positive: undefined,
      label: undefined,
      useDatasetJson: false,
    },
    silent,
  );
  const evolve = await operations.evolve(evolveOptions(flags, projectDir), silent);
  const nextCommand =
    'automodel init <your-events.parquet> --task ctr --split time && automodel evolve --minutes 30';
  const result: StartResult = { projectDir, world, init, evolve, nextCommand };
  return { result, lines: startLines(result, context) };
}

/**
 * Six tenths of the days to learn from, two to choose and prove by, two for the test: a small log needs many users on the
 * proving side, or no gain could be told from noise.
 */
async function demoSplit(days: number): Promise<string> {
  const { defaultWorldSettings } = await import('../../world/index.js');
  const boundary = (share: number) => defaultWorldSettings.startSecond + Math.round(days * share) * 86_400;
  return `time@${boundary(0.6)},${boundary(0.8)}`;
}

function worldOptions({ seed, users, items, days, null: nullWorld }: Flags, out: string): WorldOptions {
  return { seed, users, items, days, out, nullWorld: nullWorld === true };
}

function evolveOptions({ seed, trials, minutes, workers }: Flags, projectDir: string): EvolveOptions {
  return {
    projectDir,
    trials,
    minutes,
    seed,
    workers,
    resume: false,
    nullRun: false,
    control: 'share',
    refit: 'train+validation',
    minimumGain: undefined,
    trialMinutes: undefined,
    trialMemoryMb: undefined,
  };
}

/** Empties an earlier demonstration; refuses any other folder with something in it. */
function makeDemoFolder(path: string, shown: string): void {
  if (existsSync(path) && readdirSync(path).length > 0) {
    if (!existsSync(join(path, marker))) {
      throw new AutoModelError('USAGE', `${shown} exists and was not made by automodel start`, {
        remedy: 'Name another folder with --out.',
        details: { path },
      });
    }
    removeQuietly(path);
  }
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, marker), 'Made by automodel start, which may empty this folder.\n');
}

export function startLines(
  result: StartResult,
  context: Pick<CommandContext, 'style' | 'shownPath'>,
): string[] {
  const { evolve, init } = result;
  const leaks = init.columns.filter(({ role }) => role === 'leak');
  const known = new Set(evolve.refused.map(({ table, column }) => `${table}.${column}`));
  const refusedAtInit = leaks
    .filter(({ table, column }) => !known.has(`${table}.${column}`))
    .map(({ table, column, reason }) => ({ table, column, role: 'leak' as const, reason }));
  const project = shellWord(context.shownPath(result.projectDir));
  return [
    ...evolveLines(evolve, context),
    ...refusedLines(refusedAtInit, context.style),
    '',
    ...(result.world.nullWorld
      ? ['In this world nothing beats the baseline, so nothing should be accepted.', '']
      : []),
    `Go on here:        automodel evolve --resume --minutes 10 --project ${project}`,
    `On your own file:  ${result.nextCommand}`,
  ];
}
