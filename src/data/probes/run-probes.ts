import { clock, exitCodeOf } from '../../platform/index.js';
import type { AuditFinding, Probe, ProbeRun, Sighting } from '../../schema/index.js';

/** Exit code of errors that lie in the data. */
const badData = 3;

/** Runs probes one after the other on one subject. */
export async function runProbes<Subject>(
  subject: Subject,
  probes: readonly Probe<Subject>[],
  onProgress: (done: number, probe: string) => void = () => undefined,
): Promise<{ findings: AuditFinding[]; probes: ProbeRun[] }> {
  const findings: AuditFinding[] = [];
  const runs: ProbeRun[] = [];
  for (const [index, probe] of probes.entries()) {
    const reason = probe.lacks(subject);
    if (reason !== undefined) {
      runs.push({ probe: probe.name, outcome: 'skipped', reason, seconds: 0 });
      continue;
    }
    onProgress(index / probes.length, probe.name);
    const begun = clock.monotonicMs();
    let found: Sighting[];
    try {
      found = await probe.run(subject);
    } catch (error) {
      // Data that one probe cannot be run on are no reason to leave the others out; anything else is.
      if (exitCodeOf(error) !== badData) throw error;
      const seconds = (clock.monotonicMs() - begun) / 1000;
      runs.push({ probe: probe.name, outcome: 'skipped', reason: (error as Error).message, seconds });
      continue;
    }
    findings.push(...found.map((sighting) => ({ probe: probe.name, ...sighting })));
    runs.push({
      probe: probe.name,
      outcome: found.length > 0 ? 'found' : 'passed',
      reason: null,
      seconds: (clock.monotonicMs() - begun) / 1000,
    });
  }
  return { findings, probes: runs };
}
