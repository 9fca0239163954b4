import { examples, type RegisterCommand } from '../command.js';
import { printable } from '../text.js';

interface Flags {
  readonly run?: string;
}

export const registerReport: RegisterCommand = (program, perform) => {
  program
    .command('report')
    .description('rebuild the HTML report of a run from the journal')
    .option('--run <id>', 'the run; the latest when left out')
    .addHelpText('after', examples('automodel report'))
    .action((flags: Flags) =>
      perform({
        name: 'report',
        run: async (context) => {
          const operations = await context.operations();
          const result = await operations.report(
            { projectDir: context.projectDir, runId: flags.run },
            context.io,
          );
          return {
            result,
            lines: [printable(`Report of run ${result.runId}: ${context.shownPath(result.html)}`)],
          };
        },
      }),
    );
};
