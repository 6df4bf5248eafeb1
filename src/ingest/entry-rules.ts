import type { Limits } from '../model/limits.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../model/time.ts';
import type { LevelFields } from './level/level-fields.ts';

/** What holds for all entries of one batch. */
export interface EntryRules {
  readonly limits: Limits;
  readonly fields: LevelFields;
  /** False on replay: what was acknowledged once is taken, whatever the limits say by now. */
  readonly checks: boolean;
  /** Entries before this moment are too old, after the other too new. */
  readonly oldest: Moment;
  readonly newest: Moment;
}

interface Moment {
  /** Whole seconds since the epoch, or an infinity when there is no bound. */
  readonly seconds: number;
  readonly nanos: number;
}

/** Rules for a moment: the bounds of entry times are worked out once per batch. */
export function entryRules(limits: Limits, fields: LevelFields, checks: boolean, nowNs: bigint): EntryRules {
  const oldest = momentOf(nowNs - BigInt(Math.round(limits.rejectOldSamplesMaxAgeMs)) * NS_PER_MS);
  const newest = momentOf(nowNs + BigInt(Math.round(limits.creationGracePeriodMs)) * NS_PER_MS);
  return {
    limits,
    fields,
    checks,
    oldest: limits.rejectOldSamples ? oldest : { seconds: Number.NEGATIVE_INFINITY, nanos: 0 },
    newest: limits.creationGracePeriodMs > 0 ? newest : { seconds: Number.POSITIVE_INFINITY, nanos: 0 },
  };
}

function momentOf(ns: bigint): Moment {
  const nanos = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  return { seconds: Number((ns - nanos) / NS_PER_SECOND), nanos: Number(nanos) };
}

/** Whether rows get a level at all. */
export function detectsLevels(limits: Limits): boolean {
  return limits.discoverLogLevels && limits.allowStructuredMetadata;
}
