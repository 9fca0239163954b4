import type { AuditOptions, AuditResult, OperationIo } from '../../schema/index.js';
import { auditedProject } from '../project/audited.js';
import { openProject } from '../project/open-project.js';

/** Looks for leaks and defects in the tables, the parts and the encoding of a project. */
export async function audit(options: AuditOptions, io: OperationIo): Promise<AuditResult> {
  return auditedProject(openProject(options.projectDir), io, options.probes);
}
