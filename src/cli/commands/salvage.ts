import { examples, type RegisterCommand } from '../command.js';
import { printable } from '../text.js';

export const registerSalvage: RegisterCommand = (program, perform) => {
  program
    .command('salvage')
    .description('mend a damaged journal: keep every whole event before the damage, and the damaged file')
    .addHelpText('after', examples('automodel salvage', 'automodel salvage --json'))
    .action(() =>
      perform({
        name: 'salvage',
        run: async (context) => {
          const operations = await context.operations();
          const result = await operations.salvage({ projectDir: context.projectDir }, context.io);
          const { events, laterFacts, damage, damagedCopy } = result;
          if (damage === null || damagedCopy === null)
            return { result, lines: [`The journal is whole: ${events} events. Nothing was changed.`] };
          return {
            result,
            lines: [
              printable(damage),
              printable(
                `Events 1 to ${events} are kept; the damaged file is ${context.shownPath(damagedCopy)}.`,
              ),
              `From after the damage, ${laterFacts} finished trainings and other facts are kept.`,
              'Go on with automodel evolve --resume: what came after is done again, to the same end.',
            ],
          };
        },
      }),
    );
};
