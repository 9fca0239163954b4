/** Process entry: loads one native module, named by the request, and lets it do one operation. */
import { AutoModelError, nativeProbes } from '../platform/index.js';
import { serveRequests } from './serve.js';

serveRequests(async (name) => {
  const found = nativeProbes.find((probe) => probe.name === name);
  if (found === undefined) throw new AutoModelError('INTERNAL', `No probe for ${String(name)}`);
  return found.probe();
});
