// The generator, in a process of its own: node load-process.mjs '<json>'. Prints one JSON object.
// { url, pid, token?, rate, seconds, warmUpSeconds, seed, users, limit, path }
import { openLoop } from './open-loop.mjs';
import { serverMark, usageBetween } from './server-usage.mjs';

const { url, pid, token, users, limit, path = '/recommend', ...options } = JSON.parse(process.argv[2]);
const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
const marks = [];
const mark = () => marks.push(serverMark({ url, pid, headers }));
const load = await openLoop({
  url,
  headers,
  ...options,
  request: (i, rng) => ({ method: 'POST', path, body: { user: users[rng.integer(users.length)], limit } }),
  onMeasuring: mark,
  onMeasured: mark,
});
const [begin, end] = await Promise.all(marks);
process.stdout.write(`${JSON.stringify({ ...load, server: usageBetween(begin, end) })}\n`);
