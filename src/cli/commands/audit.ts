import { InvalidArgumentError, Option } from 'commander';
import { AutoModelError } from '../../platform/index.js';
import {
  formatDuration,
  isAtLeast,
  severities,
  type AuditFinding,
  type AuditResult,
  type Severity,
} from '../../schema/index.js';
import { examples, type RegisterCommand } from '../command.js';
import { formatTable } from '../table.js';
import { printable, type Style } from '../text.js';

interface Flags {
  readonly failOn?: Severity;
  readonly probes?: readonly string[];
}

export const registerAudit: RegisterCommand = (program, perform) => {
  program
    .command('audit')
    .description('look for leaks and defects: what a score could owe to luck, to the label or to the future')
    .addOption(
      new Option('--fail-on <severity>', 'end with 4 when a finding is at least that severe').choices([
        ...severities,
      ]),
    )
    .addOption(new Option('--probes <names>', 'only these, separated by commas').argParser(names))
    .addHelpText(
      'after',
      examples('automodel audit', 'automodel audit --fail-on high --json | jq .result.findings'),
    )
    .action((flags: Flags) =>
      perform({
        name: 'audit',
        run: async (context) => {
          const operations = await context.operations();
          const { projectDir, io, style } = context;
          const result = await operations.audit({ projectDir, probes: flags.probes }, io);
          const lines = auditLines(result, style);
          const failure = failureOf(result, flags.failOn);
          return failure === undefined ? { result, lines } : { result, lines, failure };
        },
      }),
    );
};

function names(text: string): string[] {
  const found = text.split(',').map((name) => name.trim());
  if (found.some((name) => name === '')) throw new InvalidArgumentError('Give names separated by commas.');
  return found;
}

function failureOf(
  { findings, worst }: AuditResult,
  least: Severity | undefined,
): AutoModelError | undefined {
  if (least === undefined || worst === null || !isAtLeast(worst, least)) return undefined;
  const grave = findings.filter(({ severity }) => isAtLeast(severity, least));
  return new AutoModelError(
    'LEAK_REFUSED',
    `${grave.length} ${grave.length === 1 ? 'finding is' : 'findings are'} of severity ${least} or worse; the worst: ${grave[0].probe}: ${grave[0].evidence}`,
    { remedy: grave[0].remedy, details: { failOn: least, findings: grave.length, worst } },
  );
}

const shownColumns = 3;

export function auditLines(result: AuditResult, style: Style): string[] {
  const lines: string[] = [];
  if (result.findings.length > 0) {
    const rows = grouped(result.findings).map(({ probe, severity, columns, evidence, findings }) => [
      severity,
      probe,
      columns.length === 0
        ? ''
        : `${columns.slice(0, shownColumns).join(', ')}${columns.length > shownColumns ? ` and ${columns.length - shownColumns} more` : ''}`,
      findings > 1 ? `${columns[0]}: ${evidence}` : evidence,
    ]);
    const remedies = grouped(result.findings)
      .filter(({ severity }) => severity !== 'low')
      .map(({ probe, remedy, findings }) => {
        const others = findings > 1 ? ` Likewise the other ${findings - 1}.` : '';
        return printable(`  ${probe}: ${remedy}${others}`);
      });
    lines.push(
      ...formatTable(
        [{ title: 'severity' }, { title: 'probe' }, { title: 'columns' }, { title: 'what was seen' }],
        rows,
        style,
      ),
      '',
      ...(remedies.length === 0 ? [] : [style.strong('What to do'), ...remedies, '']),
    );
  }
  const of = (outcome: string): AuditResult['probes'] =>
    result.probes.filter((probe) => probe.outcome === outcome);
  const seconds = result.probes.reduce((sum, probe) => sum + probe.seconds, 0);
  lines.push(
    style.strong(
      `${result.probes.length} probes in ${formatDuration(seconds)}${result.cached.length > 0 ? ` (${result.cached.length} known from before)` : ''}: ` +
        `${of('found').length} found something, ${of('passed').length} passed, ${of('skipped').length} skipped.`,
    ),
  );
  if (of('passed').length > 0)
    lines.push(
      `Passed: ${of('passed')
        .map(({ probe }) => probe)
        .join(', ')}.`,
    );
  for (const { probe, reason } of of('skipped')) lines.push(printable(`Skipped ${probe}: ${reason ?? ''}.`));
  return lines;
}

/** Findings that are shown as one. */
interface Group extends AuditFinding {
  readonly findings: number;
}

/** One line for the columns of a table that one probe says the same kind of thing of; the first one's evidence stands for all. */
function grouped(findings: readonly AuditFinding[]): Group[] {
  const groups = new Map<string, Group>();
  for (const finding of findings) {
    const tables = [...new Set(finding.columns.map((column) => column.slice(0, column.indexOf('.'))))];
    const name =
      tables.length === 1 ? `${finding.severity} ${finding.probe} ${tables[0]}` : JSON.stringify(finding);
    const group = groups.get(name);
    groups.set(
      name,
      group === undefined
        ? { ...finding, findings: 1 }
        : {
            ...group,
            columns: [...new Set([...group.columns, ...finding.columns])],
            findings: group.findings + 1,
          },
    );
  }
  return [...groups.values()];
}
