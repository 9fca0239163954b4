import { describe, expect, it } from 'vitest';
import { renderOnlineDemo } from '../../src/report/index.js';
import { demoOnlineResult } from '../cli/example-results.js';

describe('renderOnlineDemo', () => {
  const page = renderOnlineDemo(demoOnlineResult);

  it('shows estimates beside the truth, what cannot be told, and every look', () => {
    expect(page).toContain('A ranking model finds what people want to see');
    expect(page).toContain('+51.2 %');
    expect(page).toContain('+31.0 % … +72.0 %');
    expect(page).toContain('+49.8 % ± 1.3 %');
    expect(page).toContain('−2.0 % ± 0.4 %');
    expect(page).toContain('advance: nothing speaks against 10 %');
    expect(page.match(/<svg /g)).toHaveLength(1);
  });

  it('loads nothing and escapes everything', () => {
    const [experiment] = demoOnlineResult.experiments;
    const hostile = renderOnlineDemo({
      ...demoOnlineResult,
      experiments: [{ ...experiment, id: '<script>', hypothesis: '<img src=x onerror=alert(1)>' }],
    });
    expect(hostile).not.toMatch(/<script|<img|src=x onerror=alert\(1\)>/);
    expect(hostile).toContain("default-src 'none'");
  });
});
