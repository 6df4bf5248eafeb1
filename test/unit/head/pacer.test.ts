import { describe, expect, it } from 'vitest';
import { HeadPacer } from '../../../src/head/pacer.ts';

const MB = 1 << 20;
const LIMIT = 128 * MB;

/**
 * Pushes one after the other as fast as they are let, while flushes of half the limit run at `flushSpeed` bytes a millisecond.
 * Returns the waits, and how often the head was full.
 */
function simulate(
  flushSpeed: number,
  pushMs: number,
  pushes: number,
): { waits: number[]; full: number; endMs: number } {
  const pacer = new HeadPacer();
  const waits: number[] = [];
  let now = 0;
  let open = 0;
  let flushing = 0;
  let flushStart = 0;
  let full = 0;
  const tick = (): void => {
    if (flushing > 0 && now - flushStart >= flushing / flushSpeed) {
      pacer.flushed(flushing, now - flushStart);
      flushing = 0;
    }
    if (flushing === 0 && open >= LIMIT / 2) {
      flushing = open;
      flushStart = now;
      open = 0;
    }
  };
  for (let i = 0; i < pushes; i++) {
    tick();
    const fill = {
      nowMs: now,
      allocatedBytes: open + flushing,
      limitBytes: LIMIT,
      flushingBytes: flushing,
      flushStartMs: flushStart,
    };
    const wait = pacer.delayMs(fill);
    waits.push(wait);
    now += wait + pushMs;
    for (tick(); open + flushing + MB > LIMIT; tick()) {
      full++;
      now++;
    }
    open += MB;
  }
  return { waits, full, endMs: now };
}

describe('pacer of the head', () => {
  it('lets pushes through at once while no flush runs', () => {
    const pacer = new HeadPacer();
    for (let i = 0; i < 50; i++) {
      const fill = { nowMs: i, allocatedBytes: i * MB, limitBytes: LIMIT, flushingBytes: 0, flushStartMs: 0 };
      expect(pacer.delayMs(fill)).toBe(0);
    }
  });

  it('does not slow down pushes that come more slowly than the head is written', () => {
    const { waits, full } = simulate(200 * 1024, 20, 1000);
    expect(full).toBe(0);
    expect(Math.max(...waits)).toBe(0);
  });

  it('spreads the wait evenly when pushes come faster', () => {
    const { waits, full, endMs } = simulate(100 * 1024, 2, 1000);
    expect(full).toBe(0);
    const settled = waits.slice(200);
    expect(Math.max(...settled)).toBeLessThan(60);
    // Throughput is that of the flushes, within the part that is left free.
    expect((1000 * MB) / endMs).toBeGreaterThan(0.85 * 100 * 1024);
  });

  it('learns the speed of flushes that are slower than thought', () => {
    const { waits, full } = simulate(30 * 1024, 2, 2000);
    expect(full).toBeLessThan(3000);
    expect(Math.max(...waits.slice(500))).toBeLessThan(120);
  });

  it('waits at most a quarter of a second for an estimate', () => {
    const pacer = new HeadPacer();
    let nowMs = 0;
    for (let i = 0; i < 100; i++) {
      const fill = { nowMs, allocatedBytes: LIMIT, limitBytes: LIMIT, flushingBytes: LIMIT / 2, flushStartMs: 0 };
      const wait = pacer.delayMs(fill);
      expect(wait).toBeLessThanOrEqual(250);
      nowMs += 1;
    }
  });
});
