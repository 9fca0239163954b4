import { AutoModelError } from '../../platform/index.js';
import {
  isAtLeast,
  type AuditFinding,
  type AuditResult,
  type ColumnConfig,
  type OperationIo,
  type ProjectConfig,
  type RefusedColumn,
} from '../../schema/index.js';

/** Findings of one probe on columns of one table are one question. */
interface Group {
  readonly probe: string;
  readonly table: string;
  readonly findings: readonly AuditFinding[];
}

const shownColumns = 4;

/**
 * What becomes of an audit before a run. A column that a finding of severity high is about is no input of the run; where
 * somebody can answer, he is asked and may keep it. Of severity medium a person is asked and may drop; where nobody can
 * answer the column stays and a warning says so, as for findings that are about no column, or about an id. Low ones are left to `audit`.
 * @returns the columns to drop, with why
 * @throws LEAK_REFUSED when a person stops at a finding
 */
export async function settleFindings(
  { findings }: AuditResult,
  config: ProjectConfig,
  io: OperationIo,
): Promise<RefusedColumn[]> {
  const dropped = new Map<string, RefusedColumn>();
  const settled = new Set<string>();
  const grave = findings.filter(({ severity }) => severity !== 'low');
  const canDrop = (finding: AuditFinding): boolean =>
    finding.columns.some((key) => isDroppable(config.columns[key]));
  for (const finding of grave.filter((one) => !canDrop(one))) await settleWhole(finding, io);
  for (const group of groups(grave.filter(canDrop))) {
    // What one probe settled is not asked again for another's sake.
    const open = group.findings.filter(({ columns }) => columns.some((key) => !settled.has(key)));
    if (open.length === 0) continue;
    for (const finding of await droppedOf({ ...group, findings: open }, io)) {
      for (const key of finding.columns) {
        if (!isDroppable(config.columns[key]) || settled.has(key)) continue;
        dropped.set(key, refusedBy(finding, key));
      }
    }
    for (const { columns } of open) for (const key of columns) settled.add(key);
  }
  return [...dropped.values()];
}

/** A run cannot do without its user and its item, nor drop what is not there. */
function isDroppable(column: ColumnConfig | undefined): boolean {
  return column !== undefined && column.role !== 'user_id' && column.role !== 'item_id';
}

/** The same project with those columns refused. A column that is gone, or refused already, is left alone. */
export function withoutColumns(config: ProjectConfig, dropped: readonly RefusedColumn[]): ProjectConfig {
  const columns = { ...config.columns };
  for (const { table, column, role, reason } of dropped) {
    const key = `${table}.${column}`;
    if (!Object.hasOwn(columns, key)) continue;
    const { encoding: _encoding, ...rest }: ColumnConfig = columns[key];
    columns[key] = { ...rest, role, reason };
  }
  return { ...config, columns };
}

function refusedBy({ probe, evidence }: AuditFinding, key: string): RefusedColumn {
  const dot = key.indexOf('.');
  return {
    table: key.slice(0, dot),
    column: key.slice(dot + 1),
    role: probe === 'post-impression' || probe === 'too-good' ? 'signal' : 'leak',
    reason: `audit, ${probe}: ${evidence}`,
  };
}

function groups(findings: readonly AuditFinding[]): Group[] {
  const found = new Map<string, { probe: string; table: string; findings: AuditFinding[] }>();
  for (const finding of findings) {
    const table = finding.columns[0].slice(0, finding.columns[0].indexOf('.'));
    const name = `${finding.severity} ${finding.probe} ${table}`;
    const group = found.get(name) ?? { probe: finding.probe, table, findings: [] };
    group.findings.push(finding);
    found.set(name, group);
  }
  return [...found.values()];
}

async function droppedOf(group: Group, io: OperationIo): Promise<readonly AuditFinding[]> {
  const { probe, table, findings } = group;
  const [{ severity, evidence }] = findings;
  const high = isAtLeast(severity, 'high');
  const columns = [...new Set(findings.flatMap((finding) => finding.columns))];
  const names = columns.slice(0, shownColumns).join(', ');
  const more = columns.length > shownColumns ? ` and ${columns.length - shownColumns} more` : '';
  const seen = `${probe} (${severity}): ${names}${more}: ${evidence}`;
  if (io.ask !== undefined) {
    const answer = await io.ask({
      id: `audit:${probe}:${table}`,
      question: `${seen}. Drop ${columns.length === 1 ? 'it' : 'them'} as ${columns.length === 1 ? 'an input' : 'inputs'} of this run?`,
      guess: high ? 'drop' : 'keep',
      options: ['drop', 'keep'],
      setting: `columns[${JSON.stringify(columns[0])}].role`,
    });
    return answer === 'drop' ? findings : [];
  }
  const accept = `"accepted": true for a column in automodel.json keeps it`;
  io.warn(
    high
      ? {
          code: 'AUDIT_DROPPED',
          message: `${seen}. No model of this run sees ${columns.length === 1 ? 'it' : 'them'}; ${accept}.`,
        }
      : { code: 'AUDIT_FINDING', message: `${seen}. Kept: look at it (automodel audit).` },
  );
  return high ? findings : [];
}

async function settleWhole(finding: AuditFinding, io: OperationIo): Promise<void> {
  const { probe, severity, columns, evidence, remedy } = finding;
  const seen = `${probe} (${severity}): ${columns.length > 0 ? `${columns.join(', ')}: ` : ''}${evidence}`;
  if (io.ask === undefined || severity !== 'high') {
    io.warn({ code: 'AUDIT_FINDING', message: `${seen}. ${remedy}` });
    return;
  }
  const answer = await io.ask({
    id: `audit:${probe}`,
    question: `${seen}. Go on all the same?`,
    guess: 'stop',
    options: ['stop', 'go on'],
    setting: 'split',
  });
  if (answer === 'go on') return;
  throw new AutoModelError('LEAK_REFUSED', `Stopped at a finding of the audit: ${seen}`, {
    remedy,
    details: { probe, severity },
  });
}
