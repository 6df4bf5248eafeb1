import type { LogClock } from './clock.ts';
import type { KnownCounts } from './known-counts.ts';
import type { Random } from './random.ts';

/** What a line maker works with. */
export interface LineContext {
  readonly random: Random;
  readonly clock: LogClock;
  readonly known: KnownCounts;
  /** How much more goes wrong now than usually. */
  errorFactor: number;
}
