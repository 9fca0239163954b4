import { resolve } from 'node:path';
import {
  severities,
  type AuditFinding,
  type Probe,
  type ProbeRun,
  type ProjectConfig,
} from '../../schema/index.js';
import { checkLabelRoles } from '../label-roles.js';
import { Workbench } from '../workbench.js';
import { runProbes } from './run-probes.js';
import { openSubject, withEveryColumn, type TableSubject } from './table-subject.js';

export interface AuditOptions {
  readonly projectDir: string;
  readonly config: ProjectConfig;
  readonly probes: readonly Probe<TableSubject>[];
  /** rows that are held against the label, about; default 200,000 */
  readonly mostRows?: number;
  /** a probe begins */
  readonly onProgress?: (done: number, probe: string) => void;
  readonly signal?: AbortSignal;
}

export interface Audited {
  /** the worst first */
  readonly findings: readonly AuditFinding[];
  readonly probes: readonly ProbeRun[];
}

/**
 * Looks at the tables of a project for leaks and defects. Labels of the test split are blanked out before any probe runs,
 * so what is found is found on training and validation rows; of test rows only their events are counted.
 */
export async function auditTables(options: AuditOptions): Promise<Audited> {
  const { config } = options;
  checkLabelRoles(config);
  const projectDir = resolve(options.projectDir);
  const opened = withEveryColumn(config);
  const bench = await Workbench.open({ projectDir, config: opened, signal: options.signal });
  try {
    options.onProgress?.(0, 'reading files');
    const subject = await openSubject(bench, config, options.mostRows);
    return await runProbes(subject, options.probes, options.onProgress);
  } finally {
    bench.engine.close();
  }
}

/** The worst first; equal ones stay in their order. */
export function worstFirst(findings: readonly AuditFinding[]): AuditFinding[] {
  const rank = ({ severity }: AuditFinding): number => severities.indexOf(severity);
  return findings.toSorted((a, b) => rank(b) - rank(a));
}
