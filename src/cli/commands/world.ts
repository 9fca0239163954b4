import { Option } from 'commander';
import { formatCount, type WorldResult } from '../../schema/index.js';
import { examples, type RegisterCommand } from '../command.js';
import { pathFrom, positiveInteger, wholeNumber } from '../flags.js';
import { formatTable } from '../table.js';
import { printable, type Style } from '../text.js';

interface Flags {
  readonly seed: number;
  readonly users: number;
  readonly items: number;
  readonly days: number;
  readonly out: string;
  readonly null?: true;
}

export const registerWorld: RegisterCommand = (program, perform, host) => {
  program
    .command('world')
    .description('simulated users and items')
    .addHelpText('after', examples('automodel world generate --out world'))
    .command('generate')
    .description('write a short-video log with planted useful, useless and leaking columns')
    .addOption(new Option('--seed <n>', 'seed of the world').argParser(wholeNumber).default(1))
    .addOption(new Option('--users <n>', 'number of users').argParser(positiveInteger).default(3000))
    .addOption(new Option('--items <n>', 'number of videos').argParser(positiveInteger).default(2000))
    .addOption(new Option('--days <n>', 'days of traffic').argParser(positiveInteger).default(14))
    .requiredOption('--out <dir>', 'folder for the Parquet files', pathFrom(host.workingDirectory))
    .option('--null', 'a world where nothing beats the baseline')
    .addHelpText(
      'after',
      examples('automodel world generate --seed 7 --users 5000 --items 3000 --days 14 --out world'),
    )
    .action((flags: Flags) =>
      perform({
        name: 'world generate',
        run: async (context) => {
          const operations = await context.operations();
          const { seed, users, items, days, out } = flags;
          const nullWorld = flags.null === true;
          const result = await operations.generateWorld(
            { seed, users, items, days, out, nullWorld },
            context.io,
          );
          return { result, lines: worldLines(result, context.shownPath, context.style) };
        },
      }),
    );
};

export function worldLines(result: WorldResult, shownPath: (path: string) => string, style: Style): string[] {
  return [
    ...formatTable(
      [{ title: 'file' }, { title: 'rows', align: 'right' }],
      result.files.map(({ path, rows }) => [shownPath(path), formatCount(rows)]),
      style,
    ),
    '',
    printable(`Planted: ${result.planted.map(({ column, kind }) => `${column} (${kind})`).join(', ')}`),
  ];
}
