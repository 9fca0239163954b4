/** Ids that leave the world are index + 1, as in the files that it writes. */
export function idOf(index: number): string {
  return String(index + 1);
}

/** Index of an id below `count`; -1 for what is no id of this world. */
export function indexOf(id: string, count: number): number {
  const index = Number(id) - 1;
  return Number.isInteger(index) && index >= 0 && index < count && idOf(index) === id ? index : -1;
}

/** Names a request by its user and how many requests the user had made before, which no batching can change. */
export function requestIdOf(user: number, ordinal: number): string {
  return `${user + 1}-${ordinal}`;
}

/** What `requestIdOf` was made of; undefined for other ids. */
export function partsOfRequestId(id: string): { user: number; ordinal: number } | undefined {
  const parts = /^([1-9]\d{0,9})-(\d{1,9})$/.exec(id);
  return parts === null ? undefined : { user: Number(parts[1]) - 1, ordinal: Number(parts[2]) };
}
