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
  /** shown positions that did not reach the log */
  readonly lostEvents: number;
  readonly planted: PlantedColumns;
}

/** Columns by what was planted in them, as "<table>.<column>" with the names of the written files. */
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
  const additive = [
    'events.user_id',
    'events.item_id',
    'events.position',
    'events.hour',
    'events.on_wifi',
    'users.age_band',
    'users.region',
    'items.category',
  ];
  const interacting = [
    'users.declared_topic',
    'items.creator_id',
    'items.duration_s',
    'items.tags',
    'items.title',
    'items.upload_date',
  ];
  const useless = [
    'events.shard',
    'events.jitter',
    'users.cohort_code',
    'users.register_days',
    'items.batch_code',
  ];
  return {
    useful: settings.null ? [...additive, 'users.device'] : [...additive, ...interacting],
    useless: settings.null ? [...useless, ...interacting] : [...useless, 'users.device'],
    signals: ['events.dwell_ms', 'events.liked', 'events.hidden'],
    leaking: ['events.engagement_score', ...(settings.itemLeak ? ['items.period_score'] : [])],
  };
}
