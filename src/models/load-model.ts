import { ArtefactFolder, loadArtefact, type LoadedModel, type LoadOptions } from '../training/index.js';
import { isCounted, loadCounted } from './counting/index.js';

/**
 * Loads the artefact of any model of the library, trained or counted. Every file must match the manifest, and the golden
 * rows must score as they did when it was written, to 1e-5 (relative above 1).
 * @throws FILE_NOT_FOUND, ARTEFACT_CORRUPT
 */
export async function loadModel(dir: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const folder = new ArtefactFolder(dir);
  return isCounted(folder) ? loadCounted(folder) : loadArtefact(folder, options);
}
