import type { EventColumns } from './event-columns.js';
import type { WorldSettings } from './settings.js';
import type { World } from './world.js';

/** What a world has logged, with the truth beside it. */
export interface WorldLog {
  readonly settings: WorldSettings;
  /** people and items as they really are */
  readonly world: World;
  /** shown positions in order of time, lost ones left out */
  readonly events: EventColumns;
  /** items that the policy could choose from, by request id; requests of which no position was logged are left out */
  readonly candidates: ReadonlyMap<number, Int32Array>;
  /** shown positions that did not reach the log */
  readonly lostEvents: number;
  readonly planted: PlantedColumns;
}

/** Columns by what was planted in them, by the names that they have in the written files. */
export interface PlantedColumns {
  /** carry real effects, alone or together with others */
  readonly useful: readonly string[];
  /** carry nothing */
  readonly useless: readonly string[];
  /** measured after the impression: labels of other tasks, never inputs */
  readonly signals: readonly string[];
  /** know the label or the future under an innocent name */
  readonly leaking: readonly string[];
}

export function plantedColumns(settings: WorldSettings): PlantedColumns {
  const additive = ['user_id', 'item_id', 'position', 'hour', 'on_wifi', 'age_band', 'region', 'category'];
  const interacting = ['declared_topic', 'creator_id', 'duration_s', 'tags', 'title', 'upload_date'];
  const useless = ['shard', 'jitter', 'cohort_code', 'register_days', 'batch_code'];
  return {
    useful: settings.null ? [...additive, 'device'] : [...additive, ...interacting],
    useless: settings.null ? [...useless, ...interacting] : [...useless, 'device'],
    signals: ['dwell_ms', 'liked', 'disliked'],
    leaking: ['engagement_score', ...(settings.itemLeak ? ['period_score'] : [])],
  };
}
