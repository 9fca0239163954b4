import { CandidateDraw } from '../candidate-draw.js';
import { secondsPerDay, weekdayOf } from '../calendar.js';
import { blankEventRow, EventLog } from '../event-columns.js';
import { forgetFeedback, plantColumns } from '../planted-row.js';
import { plantedColumns, type WorldLog } from '../world-log.js';
import type { LiveLog } from './live-log.js';
import type { LiveWorld } from './live-world.js';

/**
 * The log as the log generator has it: a row per reported impression in order of time, with the planted columns. So it can be
 * written, reported on and audited in the same ways. Clicks that are reported after the last day are not in it.
 */
export function flatLog(world: LiveWorld, log: LiveLog): WorldLog {
  const { settings } = world;
  const events = new EventLog();
  const candidates = new Map<number, Int32Array>();
  const draw = new CandidateDraw(settings.candidates, settings.items);
  const sessions = new Map<number, number>();
  const endSecond = settings.startSecond + settings.days * secondsPerDay;
  const { request, impression } = log;
  const row = blankEventRow();
  let lostEvents = 0;
  log.order().forEach((at, index) => {
    const sessionOf = request.user[at] * 1e6 + request.session[at];
    if (!sessions.has(sessionOf)) sessions.set(sessionOf, sessions.size + 1);
    row.requestId = index + 1;
    row.sessionId = sessions.get(sessionOf) ?? 0;
    row.user = request.user[at];
    row.hour = Math.floor((request.second[at] % secondsPerDay) / 3600);
    row.onWifi = request.onWifi[at];
    row.policyId = request.version[at] + 1;
    row.modelVersion = request.version[at] + 1;
    row.arm = request.arm[at];
    let reported = 0;
    for (let position = 0; position < request.reached[at]; position += 1) {
      const from = request.first[at] + position;
      if (impression.lost[from] === 1) {
        lostEvents += 1;
        continue;
      }
      row.item = impression.item[from];
      row.second = impression.second[from];
      row.weekday = weekdayOf(row.second);
      row.position = position;
      row.click = impression.click[from];
      row.dwellMs = impression.dwellMs[from];
      row.liked = impression.liked[from];
      row.disliked = impression.hidden[from];
      row.propensity = impression.propensity[from];
      row.clickProbability = impression.clickProbability[from];
      row.aloneProbability = impression.aloneProbability[from];
      row.satisfaction = impression.satisfaction[from];
      row.reportedSecond = impression.reportedSecond[from];
      plantColumns(row, request.requestKey[at]);
      if (row.click === 1 && row.reportedSecond >= endSecond) forgetFeedback(row);
      events.push(row);
      reported += 1;
    }
    if (reported > 0) candidates.set(row.requestId, log.candidatesOf(at, draw).slice());
  });
  return {
    settings,
    world,
    events: events.inTimeOrder(),
    candidates,
    lostEvents,
    planted: plantedColumns(settings),
  };
}
