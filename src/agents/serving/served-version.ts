import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AutoModelError, clock, sha256 } from '../../platform/index.js';
import { hashComposition, Pipeline, type Composition, type Recommended } from '../../pipeline/index.js';
import type { ServingState, Version } from '../../serving/index.js';
import type { ThreadHealth } from '../../training/index.js';
import { defaultComposition } from './default-composition.js';
import { rowOf, UNKNOWN_ROW } from './item-block.js';
import {
  Ranking,
  type ModelResources,
  type ServedArtefact,
  type VersionParts,
  type VersionRequest,
} from './ranking.js';
import { recallChannels } from './recall-channels.js';

/** What a live version is made of, and what it takes. */
export interface VersionDescription {
  readonly composition: Composition;
  /** of the model: requests that are ranked side by side */
  readonly instances: number;
  /** of tables and weights */
  readonly modelBytes: number;
  /** of the catalogue as its model reads it */
  readonly itemBytes: number;
  /** of histories and remembered ids, which all versions share */
  readonly stateBytes: number;
}

/** A composition bound to a trained model and to the state: what answers requests under one name. */
export class ServedVersion implements Version {
  /** milliseconds that all requests so far waited for the model */
  rankMs = 0;
  scored = 0;

  private constructor(
    readonly name: string,
    readonly composition: Composition,
    private readonly pipeline: Pipeline<VersionRequest>,
    private readonly ranking: Ranking | undefined,
    readonly instances: number,
  ) {}

  /**
   * @param composition the default one of the artefact where it is left out
   * @param artefact may be left out for a composition that does not rank
   * @throws CONFIG_INVALID for a composition that asks for what is not there; ARTEFACT_CORRUPT, USAGE: see `loadRankingModel`
   */
  static async load(
    parts: VersionParts,
    composition: Composition | undefined,
    artefact: ServedArtefact | undefined,
    resources: ModelResources,
  ): Promise<ServedVersion> {
    const { state } = parts;
    const ranking = artefact && (await Ranking.load(parts, artefact, resources));
    try {
      const itemFields = ranking?.itemFields ?? [];
      const vectors = ranking?.items.vectors;
      const chosen =
        composition ??
        defaultComposition(itemFields, { vectors: vectors !== undefined, ranks: ranking !== undefined });
      if (chosen.rank && ranking === undefined)
        throw new AutoModelError(
          'CONFIG_INVALID',
          'The composition ranks, and there is no artefact to rank with',
          {
            remedy:
              'Train a click model (automodel train --model dcnv2), or set "rank": false in pipeline.json.',
          },
        );
      const pipeline = new Pipeline<VersionRequest>(chosen, {
        channels: recallChannels(state, ranking?.items, itemFields, parts.neighbours),
        ...(ranking !== undefined && {
          rank: (request: VersionRequest, items: Int32Array) => ranking.scores(request, items),
        }),
        ...(vectors !== undefined && { vectors }),
        createdMs: (item) => known(state.catalogue.createdMs()[item]),
        attributes: attributes(
          state,
          itemFields.map(({ name }) => name),
          ranking?.columns ?? new Map(),
        ),
      });
      // As many at once as there are instances: each gets one.
      if (chosen.rank)
        await Promise.all(Array.from({ length: resources.instances }, () => ranking?.warmUp()));
      const name = versionName(chosen, artefact?.dir, resources);
      return new ServedVersion(name, chosen, pipeline, ranking, resources.instances);
    } catch (error) {
      await ranking?.close();
      throw error;
    }
  }

  /** @param given dense indices: the only candidates, and no channel is asked */
  async recommend(request: VersionRequest, limit: number, given?: Int32Array): Promise<Recommended> {
    this.ranking?.items.follow();
    const recommended = await this.pipeline.recommend(request, limit, given);
    this.rankMs += recommended.elapsedMs.rank;
    this.scored += recommended.ranked;
    return recommended;
  }

  /**
   * Logits of items in their order; undefined: an item that the catalogue does not have.
   * @throws USAGE for a version without a model
   */
  async rank(request: VersionRequest, items: readonly (number | undefined)[]): Promise<Float32Array> {
    if (this.ranking === undefined)
      throw new AutoModelError('USAGE', `Version ${this.name} has no ranking model`, {
        remedy: 'Serve an artefact: automodel train --model dcnv2.',
      });
    this.ranking.items.follow();
    const begun = clock.monotonicMs();
    const rows = Int32Array.from(items, (item) => (item === undefined ? UNKNOWN_ROW : rowOf(item)));
    const scores = await this.ranking.scoresOf(request, rows);
    this.rankMs += clock.monotonicMs() - begun;
    this.scored += rows.length;
    return scores;
  }

  /** Milliseconds in ONNX Runtime so far. */
  computeMs(): number {
    return this.ranking?.model.computeMs() ?? 0;
  }

  /** The compute threads of its model. */
  get threads(): ThreadHealth {
    return this.ranking?.model.threads() ?? { lost: 0, reopened: 0 };
  }

  /** Of the model's tables and weights. */
  get modelBytes(): number {
    return this.ranking?.model.bytes ?? 0;
  }

  /** Of the catalogue as the model reads it. */
  get itemBytes(): number {
    return this.ranking?.items.bytes ?? 0;
  }

  async close(): Promise<void> {
    await this.ranking?.close();
  }
}

/** A version that has a name and is not live yet. */
export interface PreparedVersion {
  readonly name: string;
  readonly load: () => Promise<ServedVersion>;
  /** it had to be loaded to have its name: closed where another of that name is used */
  readonly loaded?: ServedVersion;
}

/** Raw values of items, for caps: of columns that are fields of the model. */
function attributes(
  { catalogue }: ServingState,
  fields: readonly string[],
  columns: Ranking['columns'],
): Record<string, (item: number) => string | number | undefined> {
  return Object.fromEntries(
    fields.flatMap((name) => {
      const place = columns.get(name);
      if (place === undefined) return [];
      const { table, column } = place;
      const valueOf = (item: number): string | number | undefined => {
        const { event, joined } = catalogue.recordOf(item);
        const value = table === undefined ? event[column] : joined?.[table]?.[column];
        return typeof value === 'string' || typeof value === 'number' ? value : undefined;
      };
      return [[name, valueOf]];
    }),
  );
}

/**
 * Short and the same for the same composition, artefact and resources, wherever they lie. Threads and instances change no score, but how
 * long an answer takes, which is a difference that an experiment may be about.
 */
export function versionName(
  composition: Composition,
  dir: string | undefined,
  { precision, tables, threads, instances, optimisation }: ModelResources,
): string {
  const artefact = dir === undefined ? '' : sha256(readFileSync(join(dir, 'manifest.json'), 'utf8'));
  // What is usual is not named: journals have names from before there was anything else.
  const side = instances === 1 ? '' : ` x ${instances}`;
  const level = optimisation === 'all' ? '' : ` ${optimisation}`;
  const resources = `${precision} ${tables} ${threads}${side}${level}`;
  return sha256(hashComposition(composition) + artefact + resources).slice(0, 12);
}

const known = (moment: number): number | undefined => (Number.isNaN(moment) ? undefined : moment);
