import { z } from 'zod';

/** Events of a kind, those alone whose value reaches a bound where one is given. */
const EventRule = z.strictObject({ kind: z.string().min(1).max(64), atLeast: z.number().optional() });
export type EventRule = z.infer<typeof EventRule>;

/** What events mean to the state of users and items. */
export const StateSettings = z.strictObject({
  /** what is behaviour: it goes into histories and makes items popular */
  positive: z.array(EventRule).default([{ kind: 'click' }]),
  /** what makes an item seen, so that it is not recommended again */
  seen: z.array(EventRule).default([{ kind: 'impression' }, { kind: 'click' }]),
  /** items of a user's behaviour that are kept, newest last */
  historyLength: z.number().int().positive().max(4096).default(50),
  /** items that a user saw last, which are not recommended; never more than half of the catalogue is held back */
  seenLength: z.number().int().nonnegative().max(10_000).default(200),
  /** an event counts half for popularity after so long */
  popularityHalfLifeHours: z.number().positive().default(72),
  /** an event of this kind brings the item's columns in `more`: a new item, or new values of a known one */
  itemKind: z.string().min(1).default('item'),
  /** an event of this kind takes the item out */
  removedKind: z.string().min(1).default('item-removed'),
  /** an event of this kind brings the user's columns in `more` */
  userKind: z.string().min(1).default('user'),
});
export type StateSettings = z.infer<typeof StateSettings>;
export type StateSettingsInput = z.input<typeof StateSettings>;

export const matches = (rules: readonly EventRule[], kind: string, value: number | undefined): boolean =>
  rules.some(
    (rule) =>
      rule.kind === kind && (rule.atLeast === undefined || (value !== undefined && value >= rule.atLeast)),
  );
