// An encoded cut as the trainings see it.
import { join } from 'node:path';
import { openDataset } from '../../dist/data/index.js';

/** Without the fields that the plan leaves out: forty columns train slowly and say little that the others do not. */
export function openCut({ id, leftOut }, work) {
  const dataset = openDataset(join(work, id, 'encoded'));
  const fields = dataset.fields.filter(({ name }) => leftOut === undefined || !leftOut.test(name));
  return { ...dataset, fields };
}
