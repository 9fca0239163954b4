/** Process entry: the scorer, which alone opens sealed labels. Metrics leave it, labels do not. */
import { serveRequests } from '../../execution/index.js';
import { scoreSealed, SealedRequest } from './sealed-scores.js';

serveRequests(async (request) => scoreSealed(SealedRequest.parse(request)));
