import { formatCount, formatShare, formatValue, type ProfileResult } from '../../schema/index.js';
import { examples, type RegisterCommand } from '../command.js';
import { refusedLines } from '../refused-lines.js';
import { formatTable } from '../table.js';
import { printable, type Style } from '../text.js';

export const registerProfile: RegisterCommand = (program, perform) => {
  program
    .command('profile')
    .description('describe tables, splits and columns, with what init found to leak')
    .addHelpText('after', examples('automodel profile', 'automodel profile --json | jq .result.probes'))
    .action(() =>
      perform({
        name: 'profile',
        run: async (context) => {
          const operations = await context.operations();
          const result = await operations.profile({ projectDir: context.projectDir }, context.io);
          return { result, lines: profileLines(result, context.style) };
        },
      }),
    );
};

export function profileLines(result: ProfileResult, style: Style): string[] {
  const { contract, labelMean } = result;
  const splits = formatTable(
    [{ title: 'split' }, { title: 'rows', align: 'right' }, { title: 'label mean', align: 'right' }],
    (['train', 'validation', 'test'] as const).map((split) => [
      split,
      formatCount(contract.rows[split]),
      labelMean[split] === null ? '—' : formatValue(labelMean[split]),
    ]),
    style,
  );
  const columns = formatTable(
    [
      { title: 'table' },
      { title: 'column' },
      { title: 'role' },
      { title: 'type' },
      { title: 'distinct', align: 'right' },
      { title: 'missing', align: 'right' },
      { title: 'from' },
      { title: 'to' },
    ],
    result.columns.map(({ table, column, role, type, distinct, missing, min, max }) => [
      table,
      column,
      role,
      type,
      formatCount(distinct),
      formatShare(missing),
      min ?? '',
      max ?? '',
    ]),
    style,
  );
  const findings = result.probes.filter(({ verdict }) => verdict !== 'clean');
  const probes =
    findings.length === 0
      ? [style.good(`All ${result.probes.length} leak probes are clean.`)]
      : formatTable(
          [{ title: 'probe' }, { title: 'column' }, { title: 'verdict' }, { title: 'what was seen' }],
          findings.map(({ probe, table, column, verdict, message }) => [
            probe,
            [table, column].filter((part) => part !== null).join('.'),
            verdict,
            message,
          ]),
          style,
        );
  const counts = [
    `${formatCount(result.users)} users`,
    `${formatCount(result.items)} items`,
    `${formatCount(result.duplicateRows)} duplicate rows`,
  ];
  return [
    printable(`Split ${contract.split}, contract ${contract.hash.slice(0, 12)}; ${counts.join(', ')}.`),
    '',
    ...splits,
    '',
    ...columns,
    '',
    ...probes,
    ...refusedLines(result.refused, style),
  ];
}
