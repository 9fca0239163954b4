import { AutoModelError } from '../../platform/index.js';
import type { ExperimentRecord, ExperimentStatusResult } from '../../schema/index.js';

/** Whether some unit can be in both experiments: other layers are hashed independently, one layer is shared out. */
export function canShareUnits(a: ExperimentRecord, b: ExperimentRecord): boolean {
  return a.layer.name !== b.layer.name || (a.layer.from < b.layer.to && b.layer.from < a.layer.to);
}

/**
 * Refuses an experiment that cannot run beside those that run: one of its layer already has some of its buckets, or one that
 * shares units with it already changes a parameter of its on a surface of its, so that neither effect could be told from the other.
 * @throws EXPERIMENT_INVALID naming the culprit
 */
export function requireFreeHolds(record: ExperimentRecord, running: readonly ExperimentRecord[]): void {
  for (const other of running) {
    if (!canShareUnits(record, other)) continue;
    if (record.layer.name === other.layer.name) {
      throw new AutoModelError(
        'EXPERIMENT_INVALID',
        `Experiment ${other.id} has buckets ${other.layer.from} to ${other.layer.to} of the layer ${other.layer.name}, and a unit is in one experiment of a layer`,
        {
          remedy: `Stop ${other.id}, take buckets that are free (layer.from, layer.to), or another layer where nothing is held twice.`,
          details: { experiment: record.id, holder: other.id, layer: other.layer },
        },
      );
    }
    const surface = record.holds.surfaces.find((name) => other.holds.surfaces.includes(name));
    const parameter = record.holds.parameters.find((name) => other.holds.parameters.includes(name));
    if (surface === undefined || parameter === undefined) continue;
    throw new AutoModelError(
      'EXPERIMENT_INVALID',
      `Experiment ${other.id} holds ${parameter} on ${surface}, and the layers ${record.layer.name} and ${other.layer.name} share units`,
      {
        remedy: `Stop ${other.id}, or run both in one layer, each in buckets of its own.`,
        details: { experiment: record.id, holder: other.id, surface, parameter },
      },
    );
  }
}

/** Who changes what, where: by surface and parameter. */
export function holdersOf(running: readonly ExperimentRecord[]): ExperimentStatusResult['holds'] {
  const holds = new Map<string, ExperimentStatusResult['holds'][number]>();
  for (const { id, layer, holds: held } of running)
    for (const surface of held.surfaces)
      for (const parameter of held.parameters) {
        const key = JSON.stringify([surface, parameter]);
        const entry = holds.get(key) ?? { surface, parameter, holders: [] };
        entry.holders.push({ experiment: id, layer: layer.name, from: layer.from, to: layer.to });
        holds.set(key, entry);
      }
  return [...holds.keys()].sort().map((key) => holds.get(key) as ExperimentStatusResult['holds'][number]);
}
