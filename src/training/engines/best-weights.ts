import type { ComputeClient } from '../compute/compute-client.js';
import type { StateArray } from '../checkpoint/checkpoint-file.js';
import type { EmbeddingTable } from '../tables/embedding-table.js';

const PREFIX = 'best:';

/** A copy of the weights at the best evaluation: dense ones inside the compute thread, tables here. */
export class BestWeights {
  private kept = false;
  private readonly tableWeights = new Map<string, Float32Array>();

  constructor(
    private readonly client: ComputeClient,
    private readonly denseNames: readonly string[],
    private readonly tables: readonly EmbeddingTable[],
  ) {}

  async keep(): Promise<void> {
    await this.client.copy(this.denseNames.map((name) => [name, PREFIX + name] as const));
    for (const table of this.tables) this.tableWeights.set(table.name, table.weights());
    this.kept = true;
  }

  async restore(): Promise<void> {
    if (!this.kept) return;
    await this.client.copy(this.denseNames.map((name) => [PREFIX + name, name] as const));
    for (const table of this.tables) {
      const weights = this.tableWeights.get(table.name);
      if (weights !== undefined) table.setWeights(weights);
    }
  }

  async export(into: Map<string, StateArray>): Promise<void> {
    if (!this.kept) return;
    const dense = await this.client.export(this.denseNames.map((name) => PREFIX + name));
    for (const [name, array] of Object.entries(dense)) into.set(name, array);
    for (const [name, weights] of this.tableWeights) into.set(`${PREFIX}table:${name}`, weights);
  }

  async import(from: ReadonlyMap<string, StateArray>): Promise<void> {
    const dense: Record<string, Float32Array> = {};
    for (const name of this.denseNames) {
      const array = from.get(PREFIX + name);
      if (array instanceof Float32Array) dense[PREFIX + name] = array;
    }
    for (const table of this.tables) {
      const weights = from.get(`${PREFIX}table:${table.name}`);
      if (weights instanceof Float32Array) this.tableWeights.set(table.name, weights);
    }
    this.kept = Object.keys(dense).length > 0 || this.tableWeights.size > 0;
    await this.client.put(dense);
  }
}
