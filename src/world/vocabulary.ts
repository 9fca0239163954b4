/** Names of the observed values. Index in a list is the code that the simulation works with. */
export const topicNames = [
  'comedy',
  'music',
  'food',
  'travel',
  'sports',
  'gaming',
  'beauty',
  'pets',
  'news',
  'science',
  'dance',
  'diy',
  'cars',
  'fashion',
  'film',
  'family',
] as const;

export const ageBands = ['13-17', '18-24', '25-34', '35-49', '50+'] as const;
export const devices = ['android', 'ios', 'web'] as const;
export const regions = ['north', 'south', 'east', 'west', 'coast', 'hills', 'lakes', 'islands'] as const;

/** Tags that belong to a topic: three each, and a few that mean nothing. */
export const tagsOf = (topic: number): readonly string[] => {
  const name = topicNames[topic];
  return [`${name}-tips`, `${name}-live`, `${name}-best`];
};
export const plainTags = ['fyp', 'viral', 'new', 'weekend', 'friends'] as const;

export const baitWords = ['shocking', 'secret', 'unbelievable', 'banned'] as const;
export const plainWords = [
  'how',
  'my',
  'first',
  'day',
  'with',
  'about',
  'again',
  'today',
  'little',
  'story',
] as const;
