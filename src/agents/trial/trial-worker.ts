/** Worker entry: runs search, gate and final trials. Test labels cannot be reached from here. */
import { serveTrials } from '../../execution/index.js';
import { runTrial } from './run-trial.js';

serveTrials((request, io) => runTrial(request, io));
