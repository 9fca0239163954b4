import { Option } from 'commander';
import { formatCount } from '../../schema/index.js';
import { examples, type RegisterCommand } from '../command.js';
import { pathFrom } from '../flags.js';
import { formatMetricTable } from '../scores.js';
import { printable } from '../text.js';

interface Flags {
  readonly predictions: string;
  readonly split: 'validation' | 'test';
}

export const registerEvaluate: RegisterCommand = (program, perform, host) => {
  program
    .command('evaluate')
    .description("recompute every metric from any system's predictions under this project's contract")
    .requiredOption(
      '--predictions <file>',
      'Parquet or CSV of row and score',
      pathFrom(host.workingDirectory),
    )
    .addOption(
      new Option('--split <name>', 'split that was predicted')
        .choices(['validation', 'test'])
        .default('test'),
    )
    .addHelpText('after', examples('automodel evaluate --predictions scores.parquet --split validation'))
    .action(({ predictions, split }: Flags) =>
      perform({
        name: 'evaluate',
        run: async (context) => {
          const operations = await context.operations();
          const result = await operations.evaluate(
            { projectDir: context.projectDir, predictions, split },
            context.io,
          );
          const lines = [
            printable(
              `${formatCount(result.rows)} predictions, contract ${result.contract.hash.slice(0, 12)}`,
            ),
            '',
            ...formatMetricTable(result.metrics, context.style),
          ];
          if (split === 'test') lines.push('', `Openings of the test split so far: ${result.testOpenings}.`);
          return { result, lines };
        },
      }),
    );
};
