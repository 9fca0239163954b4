import { parseComposition } from '../../pipeline/index.js';
import { readJson } from '../../platform/index.js';
import type { HostedService, OperationIo, ServeOptions } from '../../schema/index.js';
import { openOnlineService } from '../serving/open-online-service.js';

/** Opens the service behind `automodel serve`. */
export async function serve(options: ServeOptions, io: OperationIo): Promise<HostedService> {
  const { pipeline, ...rest } = options;
  const service = await openOnlineService({
    ...rest,
    composition: pipeline === undefined ? undefined : parseComposition(readJson(pipeline)),
    io,
  });
  return {
    recommend: (requests) => service.recommend(requests),
    rank: (request) => service.rank(request),
    append: (events) => service.append(events),
    readiness: () => service.readiness(),
    gauges: () => service.gauges(),
    close: () => service.close(),
    deploy: async ({ artefact, pipeline: content }) => {
      const previous = service.readiness().version;
      const composition = content === undefined ? undefined : parseComposition(content);
      return { version: await service.deploy({ artefact, composition }), previous };
    },
  };
}
