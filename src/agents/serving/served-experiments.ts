import type { ExperimentsReader, UnitVariant } from '../../experiments/index.js';
import { asAutoModelError } from '../../platform/index.js';
import type { ArmChange, ExperimentState, OperationIo, RecommendRequest } from '../../schema/index.js';
import type { Assignment, DeployableService, Deployment } from './deployable-service.js';

/** Where requests for recommendations act: what experiments hold by this name changes their answers. */
export const recommendSurface = 'recommend';

/** What has to be loaded for a change; undefined where nothing has. */
export type DeploymentOf = (change: ArmChange) => Deployment | undefined;

type VersionService = Pick<DeployableService, 'deploy' | 'retire' | 'versions'>;

/**
 * Follows the experiments of a project while it is served: loads what arms are made of, says who gets what, and takes out what nobody
 * needs any more. An experiment holds nobody before the versions of all its arms are there: otherwise its control would fill up alone.
 * Of two experiments that ask for different versions for one user, the one that started first holds the user.
 */
export class ServedExperiments {
  /** by change, as text */
  private loaded = new Map<string, string>();
  private ready = new Set<string>();
  private refused = new Set<string>();

  constructor(
    private readonly service: VersionService,
    private readonly reader: Pick<ExperimentsReader, 'poll' | 'running' | 'variantsOf'>,
    private readonly deploymentOf: DeploymentOf,
    private readonly warn: OperationIo['warn'],
  ) {}

  /** Takes up what changed in the journal of the experiments. @returns whether anything did */
  async follow(): Promise<boolean> {
    const changed = await this.reader.poll();
    const running = this.reader.running();
    if (changed) await this.loadAndTakeOut(running);
    // Versions come and go by other hands too.
    this.ready = new Set(
      running
        .filter((state) => changesOf(state).every((change) => this.isThere(change)))
        .map(({ record }) => record.id),
    );
    return changed;
  }

  private async loadAndTakeOut(running: readonly ExperimentState[]): Promise<void> {
    const wanted = new Map(running.flatMap(changesOf).map((change) => [keyOf(change), change]));
    for (const [key, change] of wanted) if (!this.loaded.has(key)) await this.load(key, change);
    for (const [key, version] of this.loaded)
      if (!wanted.has(key)) {
        this.loaded.delete(key);
        await this.takeOut(version);
      }
  }

  /** Which arms hold a request, and which version answers it. */
  assign({ user }: Pick<RecommendRequest, 'user'>): Assignment {
    const variants: Record<string, string> = {};
    const epochs: Record<string, number> = {};
    let version: string | undefined;
    for (const held of this.reader.variantsOf(user, recommendSurface)) {
      if (!this.ready.has(held.experiment)) continue;
      const own = this.versionOf(held);
      if (own !== undefined && version !== undefined && own !== version) continue;
      version ??= own;
      variants[held.experiment] = held.variant;
      epochs[held.experiment] = held.epoch;
    }
    return version === undefined ? { variants, epochs } : { variants, epochs, version };
  }

  private versionOf({ change }: UnitVariant): string | undefined {
    return change.kind === 'version' ? change.version : this.loaded.get(keyOf(change));
  }

  private isThere(change: ArmChange): boolean {
    switch (change.kind) {
      case 'none':
      case 'parameters':
        return true;
      case 'version':
        return this.service.versions().includes(change.version);
      default:
        return this.loaded.has(keyOf(change));
    }
  }

  private async load(key: string, change: ArmChange): Promise<void> {
    try {
      const deployment = this.deploymentOf(change);
      if (deployment === undefined) return;
      this.loaded.set(key, await this.service.deploy({ ...deployment, makeDefault: false }));
    } catch (error) {
      // Said once: the next look at the journal tries it again.
      if (this.refused.has(key)) return;
      this.refused.add(key);
      const { code, message } = asAutoModelError(error);
      this.warn({ code, message: `An experiment waits, since an arm of it cannot be loaded: ${message}` });
    }
  }

  private async takeOut(version: string): Promise<void> {
    if ([...this.loaded.values()].includes(version)) return;
    try {
      await this.service.retire(version);
    } catch (error) {
      // It has become the default one, or is gone already.
      if (asAutoModelError(error).code !== 'USAGE') throw error;
    }
  }
}

const keyOf = (change: ArmChange): string => JSON.stringify(change);

const changesOf = ({ record }: ExperimentState): ArmChange[] => [
  record.control.change,
  ...record.treatments.map(({ change }) => change),
];
