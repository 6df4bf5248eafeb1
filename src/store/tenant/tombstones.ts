import type { Stage } from '../../../grammar/ast.ts';
import type { Postings } from '../../index/postings.ts';
import type { HiddenRows } from '../../model/hidden-rows.ts';
import type { CompiledMatcher } from '../../model/matcher.ts';
import { dayStartNs, NS_PER_DAY_NUMBER, type TimeRange } from '../../model/time.ts';
import type { MatchCache } from './matched-streams.ts';

/** Rows of a tenant that are gone for everybody who asks, whether or not they still lie on disk. */
export interface Tombstone {
  readonly id: string;
  readonly matchers: readonly CompiledMatcher[];
  /** First and last time; both included. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Only rows that these let through; none: all rows of the streams. */
  readonly stages: readonly Stage[];
  /** Equal for equal stages. */
  readonly text: string;
}

/** What is looked at of a tenant. */
interface HidingTenant {
  readonly tombstones: readonly Tombstone[];
  readonly matched: MatchCache;
  readonly postings: Postings;
}

const NOTHING: readonly HiddenRows[] = [];

interface DayTombstone {
  /** 1 by stream id. */
  readonly mask: Uint8Array;
  readonly rows: HiddenRows;
}

/** What is hidden of the streams that a selector takes: asked by day and stream. */
export class HiddenStreams {
  readonly #tombstones: readonly { readonly mask: Uint8Array; readonly tombstone: Tombstone }[];
  #day = Number.NaN;
  #ofDay: readonly DayTombstone[] = [];

  private constructor(tombstones: readonly { readonly mask: Uint8Array; readonly tombstone: Tombstone }[]) {
    this.#tombstones = tombstones;
  }

  /** @param wanted ids of the streams; @returns undefined when nothing of them is hidden in the range */
  static of(tenant: HidingTenant, wanted: Uint32Array, range: TimeRange): HiddenStreams | undefined {
    const found: { mask: Uint8Array; tombstone: Tombstone }[] = [];
    for (const tombstone of tenant.tombstones) {
      if (tombstone.startNs > range.endNs || tombstone.endNs < range.startNs) continue;
      const { mask } = tenant.matched.select(tenant.postings, tombstone.matchers);
      if (wanted.some((id) => mask[id] === 1)) found.push({ mask, tombstone });
    }
    return found.length === 0 ? undefined : new HiddenStreams(found);
  }

  /** What is hidden of a stream on a day. */
  of(day: number, streamId: number): readonly HiddenRows[] {
    if (day !== this.#day) {
      this.#day = day;
      this.#ofDay = this.#tombstones.flatMap(({ mask, tombstone }) => {
        const rows = hiddenOfDay(tombstone, day);
        return rows === undefined ? [] : [{ mask, rows }];
      });
    }
    let hidden: HiddenRows[] | undefined;
    for (const { mask, rows } of this.#ofDay) {
      if (mask[streamId] !== 1) continue;
      hidden ??= [];
      hidden.push(rows);
    }
    return hidden ?? NOTHING;
  }
}

/** The part of a tombstone that lies on a day; undefined: none does. */
export function hiddenOfDay({ startNs, endNs, stages, text }: Tombstone, day: number): HiddenRows | undefined {
  const start = dayStartNs(day);
  const fromOffsetNs = Math.max(0, Number(startNs - start));
  const toOffsetNs = Math.min(NS_PER_DAY_NUMBER - 1, Number(endNs - start));
  return fromOffsetNs > toOffsetNs ? undefined : { fromOffsetNs, toOffsetNs, stages, text };
}

/** Those that reach into `min .. max`. */
export function reaching(hidden: readonly HiddenRows[], min: number, max: number): readonly HiddenRows[] {
  return hidden.filter(({ fromOffsetNs, toOffsetNs }) => fromOffsetNs <= max && toOffsetNs >= min);
}

/** All rows of `min .. max` are hidden, whatever they hold. */
export function hidesAll(hidden: readonly HiddenRows[], min: number, max: number): boolean {
  return hidden.some(
    ({ stages, fromOffsetNs, toOffsetNs }) => stages.length === 0 && fromOffsetNs <= min && toOffsetNs >= max,
  );
}
