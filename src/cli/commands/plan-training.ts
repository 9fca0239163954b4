import { Option } from 'commander';
import type { Assignment } from '../../schema/index.js';
import { examples, type RegisterCommand } from '../command.js';
import { assignmentPair, positiveInteger, positiveNumber, seedCount } from '../flags.js';
import { trainingPlanLines } from '../training-plan-lines.js';

interface Flags {
  readonly model?: string;
  readonly artefact?: string;
  readonly hp?: Assignment;
  readonly memoryMb?: number;
  readonly cores?: number;
  readonly batchSeeds?: number;
  readonly metricMargin?: number;
  readonly rounds?: number;
  readonly windowSeconds?: number;
  readonly apply?: true;
}

export const registerPlanTraining: RegisterCommand = (program, perform) => {
  const number = (flags: string, text: string): Option => new Option(flags, text).argParser(positiveNumber);
  program
    .command('plan-training')
    .description('find the fastest way to share this machine among trainings, by measuring their steps')
    .option('--model <id>', 'lr, fm, dnn, dcnv2, din, sasrec, ...')
    .option('--artefact <hash>', 'instead: an artefact whose model and settings are taken')
    .addOption(
      new Option('--hp <name=value...>', 'set hyper-parameters, or recipe.* and use.<field>').argParser(
        assignmentPair,
      ),
    )
    .addOption(number('--memory-mb <n>', 'of all trainings together'))
    .addOption(number('--cores <n>', 'that may be busy, all trainings together'))
    .addOption(
      new Option(
        '--batch-seeds <n>',
        'also try larger batches, trained with so many seeds (left as given)',
      ).argParser(seedCount),
    )
    .addOption(number('--metric-margin <x>', 'of the primary metric that a larger batch may cost (0.001)'))
    .addOption(new Option('--rounds <n>', 'times that each plan has its turn (9)').argParser(positiveInteger))
    .addOption(number('--window-seconds <s>', 'of one turn (1.2)'))
    .option('--apply', 'write the plan into training.json, which train and evolve read')
    .addHelpText(
      'after',
      examples(
        'automodel plan-training --model dcnv2 --apply',
        'automodel plan-training --model din --cores 1 --memory-mb 600',
        'automodel plan-training --artefact 3f2a --batch-seeds 5',
      ),
    )
    .action((flags: Flags) =>
      perform({
        name: 'plan-training',
        stopping: 'Stopping',
        run: async ({ operations, projectDir, io, style }) => {
          const { model, artefact, hp, memoryMb, cores, metricMargin, ...rest } = flags;
          const limits = { memoryMb, cores, metricMargin };
          const result = await (
            await operations()
          ).planTraining({ projectDir, model, artefact, hyperParameters: hp ?? {}, limits, ...rest }, io);
          return { result, lines: trainingPlanLines(result, style) };
        },
      }),
    );
};
