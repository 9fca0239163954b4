/** Process entry: a share of the simulated runs, so that they take all cores and can be interrupted. */
import { serveRequests } from '../../execution/index.js';
import { simulateRequest, SimulationRequest } from './simulation-request.js';

serveRequests(async (request) => simulateRequest(SimulationRequest.parse(request)));
