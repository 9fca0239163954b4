/**
 * Median over intervals of what one step took of a running total; the first interval warms up and is left out.
 * @param {readonly Record<string, number>[]} marks totals after each interval, all under the same names
 * @param {string} part name of the total
 * @param {number} steps steps of an interval
 */
export function medianPerStep(marks, part, steps) {
  const times = marks.slice(1).map((mark, i) => (mark[part] - marks[i][part]) / steps);
  times.sort((a, b) => a - b);
  const middle = Math.floor(times.length / 2);
  return times.length % 2 === 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
}
