import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AutoModelError, canonicalJson, readJson, sha256, writeFileAtomic } from '../../platform/index.js';
import {
  auditTables,
  encodingProbes,
  hashProject,
  readOrderedEvents,
  runProbes,
  tableProbes,
  worstFirst,
  type Audited,
  openDataset,
} from '../../data/index.js';
import { AuditFinding, ProbeRun, type AuditResult, type OperationIo } from '../../schema/index.js';
import { z } from 'zod';
import { countingFloors, fittingProbes, type DatasetSubject } from '../probes/index.js';
import { encodedProject, type Project } from './open-project.js';

/** Changes when the same data and configuration would be judged otherwise. */
const auditVersion = 2;

const Known = z.object({ probe: ProbeRun, findings: z.array(AuditFinding) });
type Known = z.infer<typeof Known>;
const KnownProbes = z.record(z.string(), Known);

/** Names of all probes, in the order in which they run. */
export const probeNames: readonly string[] = [...tableProbes, ...encodingProbes, ...fittingProbes].map(
  ({ name }) => name,
);

/** Names of those that only read tables: what `evolve` runs before anything else. */
export const quickProbes: readonly string[] = tableProbes.map(({ name }) => name);

/**
 * Runs probes on a project. What a probe said of the same data and configuration is kept in the cache and not asked again.
 * @throws USAGE for a name that is none
 */
export async function auditedProject(
  project: Project,
  io: OperationIo,
  wanted: readonly string[] = probeNames,
): Promise<AuditResult> {
  checkNames(wanted);
  const path = cachePath(project);
  const known = readKnown(path);
  const cached = wanted.filter((name) => Object.hasOwn(known, name));
  const open = new Set(wanted.filter((name) => !Object.hasOwn(known, name)));
  const keep = ({ findings, probes }: Audited): void => {
    for (const probe of probes)
      known[probe.probe] = { probe, findings: findings.filter((finding) => finding.probe === probe.probe) };
    writeFileAtomic(path, `${JSON.stringify(known)}\n`);
  };
  const onProgress = (_: number, probe: string): void =>
    io.onProgress({ kind: 'phase', name: `Audit: ${probe}`, done: 0, total: undefined });
  const overTables = [...tableProbes, ...encodingProbes].filter(({ name }) => open.has(name));
  if (overTables.length > 0) {
    const { config, paths } = project;
    keep(
      await auditTables({
        projectDir: paths.root,
        config,
        probes: overTables,
        onProgress,
        signal: io.signal,
      }),
    );
  }
  const fitting = fittingProbes.filter(({ name }) => open.has(name));
  if (fitting.length > 0) keep(await runProbes(await datasetSubject(project, io), fitting, onProgress));
  const entries = probeNames.flatMap((name) => (wanted.includes(name) ? [known[name]] : []));
  const findings = worstFirst(entries.flatMap((entry) => entry.findings));
  return {
    findings,
    probes: entries.map(({ probe }) => probe),
    worst: findings.length === 0 ? null : findings[0].severity,
    cached,
  };
}

function checkNames(wanted: readonly string[]): void {
  const unknown = wanted.find((name) => !probeNames.includes(name));
  if (unknown === undefined) return;
  throw new AutoModelError('USAGE', `There is no probe ${JSON.stringify(unknown)}`, {
    remedy: `Name some of: ${probeNames.join(', ')}.`,
    details: { probe: unknown, probes: probeNames },
  });
}

async function datasetSubject(project: Project, io: OperationIo): Promise<DatasetSubject> {
  const prepared = await encodedProject(project, io);
  const { config, paths } = project;
  return {
    dataset: openDataset(prepared.dir),
    orderedEvents: () => readOrderedEvents({ projectDir: paths.root, config, signal: io.signal }),
    floors: countingFloors,
  };
}

function cachePath({ paths, config }: Project): string {
  const { encoding } = hashProject(paths.root, config);
  const accepted = Object.keys(config.columns).filter((key) => config.columns[key].accepted === true);
  const hash = sha256(canonicalJson({ auditVersion, encoding, accepted }));
  return join(paths.cache, 'audits', `${hash.slice(0, 16)}.json`);
}

/** What is known from before; a file that cannot be read is as good as none, since every probe can be asked again. */
function readKnown(path: string): Record<string, Known> {
  if (!existsSync(path)) return {};
  try {
    return KnownProbes.parse(readJson(path));
  } catch {
    return {};
  }
}
