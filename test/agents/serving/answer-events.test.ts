import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../../src/agents/serving/answer-events.js';
import { ExposureNote, RecommendRequest, ServedEvent } from '../../../src/schema/index.js';

const request = RecommendRequest.parse({ user: 'u', atMs: 5, context: { hour: 3 } });
const response = {
  requestId: 'r',
  user: 'u',
  version: 'v',
  variants: { old: 'A', known: 'B', nameless: 'C' },
  items: [{ item: 'x', position: 0, score: 2, propensity: 0.75 }],
};

describe('answerEvents', () => {
  it('says what was given, and of each first exposure by which allocation, where that is known', () => {
    const events = answerEvents(request, response, {
      epochs: { old: 0, known: 4 },
      isFirstExposure: (experiment) => experiment !== 'old',
    });
    for (const event of events) expect(ServedEvent.parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
    const [served, ...exposures] = events;
    expect(served).toMatchObject({
      id: 'served:r',
      atMs: 5,
      kind: 'served',
      more: { version: 'v', items: ['x'], propensities: [0.75], context: { hour: 3 } },
    });
    expect(exposures.map(({ more }) => ExposureNote.parse(more))).toEqual([
      { experiment: 'known', variant: 'B', version: 'v', epoch: 4 },
      { experiment: 'nameless', variant: 'C', version: 'v' },
    ]);
    expect(exposures.every(({ requestId }) => requestId === 'r')).toBe(true);
    // The same user in the same arm is the same event, whatever the request.
    const again = answerEvents(request, { ...response, requestId: 'r2' }, { isFirstExposure: () => true });
    expect(again[2].id).toBe(exposures[0].id);
    expect(again[1].id).not.toBe(exposures[0].id);
  });

  it('reads the notes of logs that are older', () => {
    expect(ExposureNote.parse({ experiment: 'a', variant: 'b' })).toEqual({ experiment: 'a', variant: 'b' });
  });
});
