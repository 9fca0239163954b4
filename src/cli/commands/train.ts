import { Option } from 'commander';
import {
  formatCount,
  formatDifference,
  formatDuration,
  type Assignment,
  type TrainResult,
} from '../../schema/index.js';
import { examples, type RegisterCommand } from '../command.js';
import { assignmentPair, positiveInteger, wholeNumber } from '../flags.js';
import { formatMetricTable, formatScores } from '../scores.js';
import { printable, type Style } from '../text.js';

interface Flags {
  readonly model: string;
  readonly seeds: number;
  readonly seed: number;
  readonly hp?: Assignment;
  readonly tune: number;
  readonly test: boolean;
  readonly workers?: number;
}

export const registerTrain: RegisterCommand = (program, perform) => {
  program
    .command('train')
    .description('train one model over seeds and score it beside the floors')
    .requiredOption('--model <id>', 'popularity, rates, lr, fm, dnn, dcnv2, din, sasrec, ...')
    .addOption(new Option('--seeds <n>', 'number of seeds').argParser(positiveInteger).default(3))
    .addOption(new Option('--seed <n>', 'first seed').argParser(wholeNumber).default(1))
    .addOption(
      new Option('--hp <name=value...>', 'set hyper-parameters, or recipe.* and use.<field>').argParser(
        assignmentPair,
      ),
    )
    .addOption(
      new Option('--tune <n>', 'tuning trials on validation first').argParser(wholeNumber).default(0),
    )
    .addOption(
      new Option('--workers <n>', 'trainings at once (as training.json says, else 1)').argParser(
        positiveInteger,
      ),
    )
    .option('--no-test', 'leave the test split closed')
    .addHelpText(
      'after',
      examples('automodel train --model dcnv2 --seeds 3 --hp dropout=0.1 recipe.learningRate=0.001'),
    )
    .action((flags: Flags) =>
      perform({
        name: 'train',
        run: async (context) => {
          const operations = await context.operations();
          const { hp, ...options } = flags;
          const { projectDir } = context;
          const result = await operations.train(
            { projectDir, ...options, hyperParameters: hp ?? {} },
            context.io,
          );
          return { result, lines: trainLines(result, context.shownPath, context.style) };
        },
      }),
    );
};

export function trainLines(result: TrainResult, shownPath: (path: string) => string, style: Style): string[] {
  const { model, seeds, contract, metrics, floors, cost, tuned } = result;
  const primary = primaryOf(result);
  const lines = [
    style.strong(
      printable(
        `${model} over ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}, split ${contract.split}`,
      ),
    ),
    '',
    ...formatMetricTable(metrics, style),
  ];
  if (floors.length > 0) {
    const rows = [...floors.map((score) => ({ label: 'floor', score })), { label: 'trained', score: result }];
    lines.push('', ...formatScores(rows, primary, style));
  }
  for (const { against, metric, split, difference, ci } of result.comparisons) {
    const interval = `95 % interval ${formatDifference(ci[0])} to ${formatDifference(ci[1])}`;
    lines.push(
      printable(`Against ${against}: ${split} ${metric} ${formatDifference(difference)}, ${interval}`),
    );
  }
  lines.push('');
  if (tuned !== null)
    lines.push(printable(`Tuned on validation over ${tuned.trials} trials: ${settings(tuned.chosen)}.`));
  lines.push(`${formatCount(result.parameters)} parameters, ${formatDuration(cost.seconds)} of training.`);
  if (metrics.test !== undefined) lines.push(`Openings of the test split so far: ${result.testOpenings}.`);
  lines.push(
    result.artefactPath === null
      ? `${model} is a floor of click tasks and keeps no artefact.`
      : printable(`Artefact: ${shownPath(result.artefactPath)}`),
  );
  return lines;
}

/** "dropout=0.1, dim=16". */
export function settings(assignment: Assignment): string {
  return Object.entries(assignment)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

function primaryOf({ metrics }: TrainResult): string {
  const any = metrics.test ?? metrics.validation ?? metrics.train ?? {};
  return Object.keys(any)[0] ?? '';
}
