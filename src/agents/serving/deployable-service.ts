import type { Composition } from '../../pipeline/index.js';
import type { OnlineService, RecommendRequest } from '../../schema/index.js';
import type { ModelResources } from './ranking.js';
import type { VersionDescription } from './served-version.js';

/** Arms of a request's user, by experiment, and the version that they ask for. */
export interface Assignment {
  readonly variants: Readonly<Record<string, string>>;
  /** number of the allocation that each of these experiments has now, for its log */
  readonly epochs?: Readonly<Record<string, number>>;
  /** name of a live version; the default one when left out */
  readonly version?: string;
}

/** Decides which experiments hold a request. Called once for each, before anything else is done. */
export type AssignVariants = (request: RecommendRequest) => Assignment;

/** What to load: names of the project's own where left out. */
export interface Deployment {
  /** hash or unique prefix of an artefact; the newest of a click or rating model when left out */
  readonly artefact?: string;
  /** pipeline.json of the project, or the default one, when left out */
  readonly composition?: Composition;
  /** how the model is computed: as it was trained, on the threads of the service, where left out */
  readonly resources?: Partial<ModelResources>;
  /** answer what names no version with it from now on; default true */
  readonly makeDefault?: boolean;
  /** leave the version live that was the default until now; default false: it is closed once its last request is answered */
  readonly keepOld?: boolean;
}

/** A service that can change what it serves while it serves. */
export interface DeployableService extends OnlineService {
  /**
   * Loads a version beside those that answer and swaps to it. One that cannot be loaded, or whose golden rows score otherwise,
   * changes nothing.
   * @returns its name
   */
  deploy(deployment?: Deployment): Promise<string>;
  /** Takes a version out once its last request is answered. @throws USAGE for the default one and for one that is not live */
  retire(version: string): Promise<void>;
  /** Requests that are ranked side by side: of the live version whose model is there most often. */
  readonly instances: number;
  /** Names of the versions that answer. */
  versions(): readonly string[];
  /** What a live version is made of. @throws USAGE for one that is not live */
  describe(version: string): VersionDescription;
  /** Another one decides over experiments from the next request on; undefined: none do. */
  assignBy(assign: AssignVariants | undefined): void;
  /** Writes the state to disk, so that a restart is warm, and counts neighbours of items anew. */
  snapshot(): Promise<void>;
}
