import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import { AutoModelError } from '../../platform/index.js';
import type { DemoOnlineResult } from '../../schema/index.js';
import { examples, type CommandContext, type RegisterCommand } from '../command.js';
import { pathFrom, positiveInteger, wholeNumber } from '../flags.js';
import { onlineDemoLines } from '../online-demo-lines.js';

interface Flags {
  readonly out: string;
  readonly seed: number;
  readonly users: number;
  readonly items: number;
  readonly logDays: number;
  readonly testDays: number;
}

/** Says that a folder was made by this command, and may be emptied by it. */
const marker = '.made-by-automodel-demo-online';

export const registerDemo: RegisterCommand = (program, perform, host) => {
  const path = pathFrom(host.workingDirectory);
  const demo = program
    .command('demo')
    .description('demonstrations in simulated worlds')
    .addHelpText('after', examples('automodel demo online'));
  demo
    .command('online')
    .description('serve a model, try a better and a worse change, and see the truth beside the estimates')
    .option('--out <dir>', 'folder of the demonstration', path, path('automodel-online'))
    .addOption(new Option('--seed <n>', 'seed of the world').argParser(wholeNumber).default(11))
    .addOption(new Option('--users <n>', 'number of people').argParser(positiveInteger).default(9000))
    .addOption(new Option('--items <n>', 'number of videos').argParser(positiveInteger).default(600))
    .addOption(new Option('--log-days <n>', 'days of log to train on').argParser(positiveInteger).default(4))
    .addOption(
      new Option('--test-days <n>', 'days that an experiment may take').argParser(positiveInteger).default(4),
    )
    .addHelpText('after', examples('automodel demo online --out online', 'automodel demo online --seed 2'))
    .action((flags: Flags) =>
      perform({ name: 'demo online', stopping: 'Stopping', run: (context) => demoOnline(flags, context) }),
    );
};

async function demoOnline(
  flags: Flags,
  { operations, host, io, style, shownPath }: CommandContext,
): Promise<{ result: DemoOnlineResult; lines: string[] }> {
  const { out, ...settings } = flags;
  emptyFolder(out, shownPath(out));
  const found = await (await operations()).demoOnline({ dir: out, ...settings }, io);
  const report = join(out, 'online.html');
  const result = { ...found, report };
  writeFileSync(report, await host.renderOnlineDemo(result));
  return { result, lines: onlineDemoLines(result, shownPath(report), style) };
}

/** @throws PATH_NOT_WRITABLE for a folder with something in it that this command did not make */
function emptyFolder(dir: string, shown: string): void {
  if (existsSync(dir) && readdirSync(dir).length > 0 && !existsSync(join(dir, marker))) {
    throw new AutoModelError('PATH_NOT_WRITABLE', `${shown} holds something that is not of this command`, {
      remedy: 'Name another folder with --out.',
      details: { dir },
    });
  }
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, marker), '');
}
