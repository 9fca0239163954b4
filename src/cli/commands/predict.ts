import { examples, type RegisterCommand } from '../command.js';
import { formatCount } from '../../schema/index.js';
import { pathFrom } from '../flags.js';
import { printable } from '../text.js';

interface Flags {
  readonly input: string;
  readonly out: string;
  readonly artefact?: string;
}

export const registerPredict: RegisterCommand = (program, perform, host) => {
  const path = pathFrom(host.workingDirectory);
  program
    .command('predict')
    .description('score the rows of a file with a kept artefact')
    .requiredOption('--input <file>', 'rows to score', path)
    .requiredOption('--out <file>', 'row and score of each row: a .parquet or .csv file', path)
    .option('--artefact <hash>', 'hash or its beginning; the latest when left out')
    .addHelpText('after', examples('automodel predict --input tomorrow.parquet --out scores.parquet'))
    .action(({ input, out, artefact }: Flags) =>
      perform({
        name: 'predict',
        run: async (context) => {
          const operations = await context.operations();
          const result = await operations.predict(
            { projectDir: context.projectDir, input, out, artefact },
            context.io,
          );
          const what = `${formatCount(result.rows)} rows with ${result.model} (${result.artefact.slice(0, 12)})`;
          return { result, lines: [printable(`Scored ${what} into ${context.shownPath(result.out)}`)] };
        },
      }),
    );
};
