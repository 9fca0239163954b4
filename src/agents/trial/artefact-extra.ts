import { readFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../../platform/index.js';
import type { MetricTable, TrialRequest } from '../../schema/index.js';
import type { ArtefactExtra } from '../../training/index.js';

/** Files of the encoded dataset that an artefact carries, so that it can encode new rows by itself. */
const carried = ['features.sql', 'contract.json'];

/**
 * What the artefact says about itself: how it was made (lineage), what it scored on rows it was not fitted on, and the SQL and vocabularies that turn
 * raw columns into its inputs.
 */
export function artefactExtra(request: TrialRequest, metrics: MetricTable): ArtefactExtra {
  const files: Record<string, Uint8Array> = {};
  for (const name of carried) {
    const path = join(request.datasetDir, name);
    if (existsSync(path)) files[name] = readFileSync(path);
  }
  const vocabularies = join(request.datasetDir, 'vocabularies');
  if (existsSync(vocabularies)) {
    for (const name of readdirSync(vocabularies)) {
      files[`vocabularies/${name}`] = readFileSync(join(vocabularies, name));
    }
  }
  const { model, assignment, seed, fidelity, fit, contractHash, encoding, key } = request;
  return {
    metrics,
    lineage: JSON.parse(
      canonicalJson({ trial: key, contractHash, encoding, model, assignment, seed, fidelity, fittedOn: fit }),
    ),
    files,
  };
}
