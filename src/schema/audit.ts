import { z } from 'zod';

/**
 * How much a finding matters. high: scores of the project cannot be trusted while it stands; medium: a person should look
 * at it; low: hygiene, or something that is refused as an input already.
 */
export const severities = ['low', 'medium', 'high'] as const;
export const Severity = z.enum(severities);
export type Severity = z.infer<typeof Severity>;

export const AuditFinding = z.object({
  probe: z.string(),
  severity: Severity,
  /** "<table>.<column>" as automodel.json names them; empty when it is not about columns */
  columns: z.array(z.string()),
  /** what was seen, with its number and the threshold that it passed */
  evidence: z.string(),
  remedy: z.string(),
});
export type AuditFinding = z.infer<typeof AuditFinding>;

/** What became of one probe. */
export const ProbeRun = z.object({
  probe: z.string(),
  outcome: z.enum(['passed', 'found', 'skipped']),
  /** of a skipped probe: what it lacked */
  reason: z.string().nullable(),
  seconds: z.number().nonnegative(),
});
export type ProbeRun = z.infer<typeof ProbeRun>;

export const AuditResult = z.object({
  /** the worst first */
  findings: z.array(AuditFinding),
  probes: z.array(ProbeRun),
  /** severity of the worst finding; null without one */
  worst: Severity.nullable(),
  /** names of probes whose outcome was known from an earlier audit of the same data and configuration */
  cached: z.array(z.string()),
});
export type AuditResult = z.infer<typeof AuditResult>;

/** What a probe says; the name is added by whoever ran it. */
export type Sighting = Omit<AuditFinding, 'probe'>;

/** A mechanical look at one kind of defect. `Subject`: what it looks at, a table engine or an encoded dataset. */
export interface Probe<Subject> {
  readonly name: string;
  /** what it looks for, as a person would ask it */
  readonly question: string;
  /** what the subject lacks to be looked at; undefined when nothing */
  lacks(subject: Subject): string | undefined;
  run(subject: Subject): Promise<Sighting[]>;
}

/** Whether a severity is at least another. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(least);
}
