/**
 * Process entry: the refit of a recipe after its claim was made. With `fit.on = "all"` it is handed the test labels too;
 * nothing is chosen here, so nothing can be chosen by them.
 */
import { openSealed } from '../../data/index.js';
import { serveTrials } from '../../execution/index.js';
import { AutoModelError } from '../../platform/index.js';
import { runTrial } from './run-trial.js';

serveTrials((request, io) =>
  runTrial(request, io, () => {
    const sealed = openSealed(request.datasetDir);
    const answers = sealed.labels ?? sealed.targets;
    if (answers === undefined) {
      throw new AutoModelError('INTERNAL', 'The sealed folder holds neither labels nor targets');
    }
    return answers;
  }),
);
