import type { RecordEncoder } from '../../data/index.js';
import type { NeighbourLists, RecallRequest } from '../../pipeline/index.js';
import type { CtrBlock, GraphOptimisation, Precision, TableStorage } from '../../schema/index.js';
import type { ServingState } from '../../serving/index.js';
import type { IdPlace } from './id-place.js';
import { ItemBlock, rowOf, UNKNOWN_ROW } from './item-block.js';
import { loadRankingModel, type RankingModel } from './ranking-model.js';
import { candidateFields, RequestBlock, type RawRequest } from './request-block.js';

/** What versions share. */
export interface VersionParts {
  readonly state: ServingState;
  readonly user: IdPlace;
  readonly item: IdPlace;
  readonly userTables: readonly string[];
  /** counted again now and then */
  readonly neighbours: { readonly current: NeighbourLists };
  /** score every candidate as a row of its own */
  readonly whole: boolean;
}

/** How a model is computed. */
export interface ModelResources {
  /** of ONNX Runtime, in one forward pass */
  readonly threads: number;
  /** the model so many times, each on threads of its own */
  readonly instances: number;
  /** of the graphs by ONNX Runtime */
  readonly optimisation: GraphOptimisation;
  readonly precision: Precision;
  readonly tables: TableStorage;
}

/** An artefact with the encoder of the dataset that it was trained on. */
export interface ServedArtefact {
  readonly dir: string;
  readonly encoder: RecordEncoder;
}

/** A request on its way through a version. */
export interface VersionRequest extends RecallRequest {
  readonly requestId: string;
  readonly raw: Omit<RawRequest, 'history'>;
}

/** Scores that are computed once after loading, so that the first request finds everything warm. */
const WARM_UP = 512;

/** A model with the catalogue and requests as it reads them. */
export class Ranking {
  private constructor(
    readonly model: RankingModel,
    readonly items: ItemBlock,
    private readonly requests: RequestBlock,
    private readonly encoder: RecordEncoder,
  ) {}

  static async load(
    { state, user, item, userTables, whole }: VersionParts,
    { dir, encoder }: ServedArtefact,
    resources: ModelResources,
  ): Promise<Ranking> {
    const model = await loadRankingModel(dir, { ...resources, whole });
    try {
      const requests = new RequestBlock(encoder, model.requestFields, user, userTables);
      const vocabulary = encoder.fields.find(({ field }) => field.name === encoder.itemField)?.field;
      const embedding =
        vocabulary?.kind === 'categorical' ? model.embedding(vocabulary.vocabulary) : undefined;
      const items = new ItemBlock(
        state.catalogue,
        encoder,
        candidateFields(encoder, model.candidateFields),
        item,
        // One number an item (a linear model) is no direction.
        embedding !== undefined && embedding.dim > 1 ? embedding : undefined,
      );
      await items.load();
      return new Ranking(model, items, requests, encoder);
    } catch (error) {
      await model.close();
      throw error;
    }
  }

  /** Fields that describe items, their id left out. */
  get itemFields(): RankingModel['candidateFields'] {
    return this.model.candidateFields.filter(({ name }) => name !== this.encoder.itemField);
  }

  /** Columns that the fields are made of, by field. */
  get columns(): ReadonlyMap<string, { readonly table: string | undefined; readonly column: string }> {
    return new Map(this.encoder.fields.map((own) => [own.field.name, own]));
  }

  scores(request: VersionRequest, items: Int32Array): Promise<Float32Array> {
    return this.scoresOf(request, items.map(rowOf));
  }

  scoresOf({ raw, history }: VersionRequest, rows: Int32Array): Promise<Float32Array> {
    const block = this.requests.encode({ ...raw, history: this.items.vocabularyIdsOf(history) });
    return this.model.score(block, this.items.block, rows);
  }

  async warmUp(): Promise<void> {
    const block: CtrBlock = this.requests.encode({
      user: '',
      record: { event: {} },
      context: {},
      history: new Int32Array(0),
      atMs: 0,
    });
    await this.model.score(block, this.items.block, new Int32Array(WARM_UP).fill(UNKNOWN_ROW));
  }

  close(): Promise<void> {
    return this.model.close();
  }
}
