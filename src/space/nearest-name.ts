/** Levenshtein distance, one row of the table kept. */
function editDistance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    let diagonal = row[0];
    row[0] = i;
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j];
      row[j] = Math.min(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] === b[j - 1] ? 0 : 1));
      diagonal = above;
    }
  }
  return row[b.length];
}

/** The known name that a mistyped one most likely meant; undefined when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  // "rate" for "recipe.rate": the last part alone is a common slip, and no edit distance would find it
  const byLastPart = known.filter((candidate) => candidate.split('.').at(-1) === name);
  if (byLastPart.length === 1) return byLastPart[0];
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  let bestLength = 0;
  const group = name.slice(0, name.lastIndexOf('.') + 1);
  for (const candidate of known) {
    // A group that both share ("recipe.") makes no two names alike.
    const shared = candidate.startsWith(group) ? group.length : 0;
    const distance = editDistance(name.slice(shared).toLowerCase(), candidate.slice(shared).toLowerCase());
    if (distance >= bestDistance) continue;
    [best, bestDistance, bestLength] = [candidate, distance, candidate.length - shared];
  }
  return bestDistance <= Math.max(1, bestLength / 2) ? best : undefined;
}
