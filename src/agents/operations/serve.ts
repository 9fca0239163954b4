import { AutoModelError } from '../../platform/index.js';
import type { OnlineService, OperationIo, ServeOptions } from '../../schema/index.js';

/** Opens the service behind `automodel serve`. */
export async function serve(options: ServeOptions, _io: OperationIo): Promise<OnlineService> {
  throw new AutoModelError('USAGE', `There is no service for ${options.projectDir} yet`);
}
