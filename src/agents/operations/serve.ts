import { AutoModelError } from '../../platform/index.js';
import type { HostedService, OperationIo, ServeOptions } from '../../schema/index.js';

/** Opens the service behind `automodel serve`. */
export async function serve(options: ServeOptions, _io: OperationIo): Promise<HostedService> {
  throw new AutoModelError('USAGE', `There is no service for ${options.projectDir} yet`);
}
