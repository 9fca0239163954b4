import { additiveAppeal } from './additive-appeal.js';
import type { Appeal } from './appeal.js';
import { gatedAppeal } from './gated-appeal.js';
import { interactingAppeal } from './interacting-appeal.js';
import { createItems, type Items } from './items.js';
import type { WorldSettings } from './settings.js';
import { createTopicMap, type TopicMap } from './topic-map.js';
import { createUsers, type Users } from './users.js';

/** People, items and the truth about them; nothing has happened yet. A pure function of the settings. */
export interface World {
  readonly settings: WorldSettings;
  readonly topics: TopicMap;
  readonly users: Users;
  readonly items: Items;
  readonly appeal: Appeal;
}

/** Functional forms of what people click; `null` in the settings overrules them with the additive one. */
export const worldFamilies = ['interacting', 'gated'] as const;
export type WorldFamily = (typeof worldFamilies)[number];

export function createWorld(settings: WorldSettings, family: WorldFamily = 'interacting'): World {
  const topics = createTopicMap(settings.topics, settings.seed);
  const users = createUsers(settings, topics);
  const items = createItems(settings, topics);
  const appeal = settings.null
    ? additiveAppeal(settings, users, items)
    : family === 'gated'
      ? gatedAppeal(settings, topics, users, items)
      : interactingAppeal(settings, topics, users, items);
  return { settings, topics, users, items, appeal };
}
