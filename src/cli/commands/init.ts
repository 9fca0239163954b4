import { resolve } from 'node:path';
import { Option } from 'commander';
import { AutoModelError } from '../../platform/index.js';
import { ColumnRole, formatCount, formatShare, type InitResult, type Task } from '../../schema/index.js';
import { examples, type RegisterCommand } from '../command.js';
import { formatTable } from '../table.js';
import { printable, type Style } from '../text.js';

interface Flags {
  readonly task?: Task;
  readonly split?: string;
  readonly positive?: string;
  readonly label?: string;
  readonly clock?: string;
  readonly role?: readonly string[];
  readonly datasetJson: boolean;
}

export const registerInit: RegisterCommand = (program, perform, host) => {
  program
    .command('init')
    .description('look at event files, infer what each column is, write automodel.json')
    .argument('<files...>', 'Parquet, CSV (also .gz) or JSONL files')
    .addOption(new Option('--task <task>', 'what to predict').choices(['ctr', 'next-item', 'rating']))
    .option('--split <name>', 'time | column:<name>[@a,b] | leave-one-out[:order=<col>] | files | random')
    .option('--positive <rule>', 'turn a rating into a label, as in "rating>=4"')
    .option('--label <column>', 'the label column')
    .option('--clock <column>', 'the time column of the log')
    .option('--role <table.column=role...>', `say what a column is: ${ColumnRole.options.join(', ')}`)
    .option('--no-dataset-json', 'ignore a dataset.json beside the data')
    .addHelpText('after', examples('automodel init events.parquet items.csv --task ctr --split time'))
    .action((files: readonly string[], flags: Flags) =>
      perform({
        name: 'init',
        run: async (context) => {
          const operations = await context.operations();
          const result = await operations.init(
            {
              projectDir: context.projectDir,
              files: files.map((file) => resolve(host.workingDirectory, file)),
              task: flags.task,
              split: flags.split,
              positive: flags.positive,
              label: flags.label,
              clock: flags.clock,
              roles: readRoles(flags.role),
              useDatasetJson: flags.datasetJson,
            },
            context.io,
          );
          return { result, lines: initLines(result, context.shownPath(result.configPath), context.style) };
        },
      }),
    );
};

/** "events.column0=user_id" → {"events.column0": "user_id"}. @throws USAGE */
export function readRoles(texts: readonly string[] = []): Record<string, ColumnRole> | undefined {
  if (texts.length === 0) return undefined;
  return Object.fromEntries(
    texts.map((text): [string, ColumnRole] => {
      const at = text.lastIndexOf('=');
      const role = ColumnRole.safeParse(text.slice(at + 1));
      if (at > 0 && role.success) return [text.slice(0, at), role.data];
      throw new AutoModelError('USAGE', `Cannot read --role ${JSON.stringify(text)}`, {
        remedy: `Write --role <table>.<column>=<role>; the roles are ${ColumnRole.options.join(', ')}.`,
      });
    }),
  );
}

/** Tables and roles as found, what was guessed, and where to change it. */
export function initLines(result: InitResult, configPath: string, style: Style): string[] {
  const tables = formatTable(
    [{ title: 'table' }, { title: 'is' }, { title: 'rows', align: 'right' }, { title: 'joined by' }],
    result.tables.map(({ name, kind, rows, joinKeys }) => [
      name,
      kind,
      formatCount(rows),
      joinKeys.join(', '),
    ]),
    style,
  );
  const columns = formatTable(
    [
      { title: 'table' },
      { title: 'column' },
      { title: 'role' },
      { title: 'sure', align: 'right' },
      { title: 'because' },
    ],
    result.columns.map(({ table, column, role, confidence, reason }) => [
      table,
      column,
      role,
      formatShare(confidence),
      reason,
    ]),
    style,
  );
  const lines = [...tables, '', ...columns, ''];
  if (result.questions.length > 0) {
    lines.push(style.strong('Open questions; the guess stands until you change it'));
    for (const { question, guess, setting } of result.questions) {
      lines.push(printable(`  ${question} Guessed: ${guess} (${setting})`));
    }
    lines.push('');
  }
  lines.push(printable(`Task ${result.task}, label ${result.label}, split ${result.split}.`));
  lines.push(printable(`Wrote ${configPath}. Next: automodel profile, or automodel evolve.`));
  return lines;
}
