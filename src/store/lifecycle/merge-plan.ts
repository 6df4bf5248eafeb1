import { dayStartNs, NS_PER_DAY_NUMBER, NS_PER_MS } from '../../model/time.ts';
import type { StoredSegment } from '../segments/stored-segment.ts';
import type { TenantState } from '../tenant/tenant-state.ts';
import type { RemovedRows } from '../write/merge-task.ts';

/** When segments are joined, and how. */
export interface MergeSettings {
  /** So many segments of like size, one behind the other, become one. 0: never. */
  readonly tierSegments: number;
  /** Younger segments are left alone, unless they crowd: while much is written there is little to spare. */
  readonly minAgeMs: number;
  /** Largest file that a merge makes of several. */
  readonly maxSegmentBytes: number;
  /** A day to which nothing was added for so long after its end is packed; 0: never. */
  readonly coldAfterMs: number;
  /** zstd level of packed days. */
  readonly coldLevel: number;
  /** Share of one core that a merge may take. */
  readonly cpuPercent: number;
}

/** Segments of one tenant and day, one behind the other in order of arrival, that are to become one. */
export interface MergePlan {
  readonly tenant: TenantState;
  readonly sources: readonly StoredSegment[];
  readonly zstdLevel: number;
  readonly kind: 'tier' | 'thin' | 'cold' | 'delete';
  /** Rows that go, of the kind `delete`. */
  readonly removes?: readonly RemovedRows[];
}

/** Level of fresh segments and of merges of days that still grow (docs/decisions/0003-block-size.md). */
export const FRESH_ZSTD_LEVEL = 1;
/** Segments up to this size are of one tier, the lowest. */
const LOWEST_TIER_BYTES = 256 * 1024;
/** Most sources of a merge: each costs a decoder and its memory. */
const MAX_SOURCES = 8;
/** So many times the segments that make a merge are a crowd. */
const CROWD = 4;
/** A merge rewrites no segment that is more than this share of it: a large one waits for others like it. */
const MAX_SHARE = 2 / 3;
/** A segment with less than this of each stream, in line bytes, is thin: a query pays more for its blocks than for their rows. */
const THIN_STREAM_BYTES = 32 * 1024;
/** Streams of thin segments, counted in each, from which they are worth joining before their time. */
const MIN_THIN_CHUNKS = 4096;
/** Share of bytes not yet packed from which packing is worth rewriting the packed ones beside them. */
const MIN_UNPACKED_SHARE = 1 / 4;

/**
 * The next merge that is worth its work, undefined when there is none: first many small segments to one, then cold days. Only
 * neighbours in order of arrival are joined, so that this order, which decides among equal times, stays what it was.
 *
 * @param mayMerge false for segments that retention is about to drop, or that cannot be read
 * @param isQuiet nothing comes in: thin segments are joined at once, few as they may be, since there is time to spare
 */
export function planMerge(
  tenants: Iterable<TenantState>,
  settings: MergeSettings,
  mayMerge: (segment: StoredSegment) => boolean,
  nowMs: number,
  isQuiet = false,
): MergePlan | undefined {
  if (settings.tierSegments === 0) return undefined;
  let thin: MergePlan | undefined;
  let cold: MergePlan | undefined;
  for (const tenant of tenants) {
    const newest = newestOf(tenant);
    for (const [day, segments] of tenant.segments) {
      const isCold = isColdDay(day, segments, settings, nowMs);
      const zstdLevel = isCold ? settings.coldLevel : FRESH_ZSTD_LEVEL;
      for (const run of mergeableRuns(segments, mayMerge)) {
        const sources = tierWindow(run, settings, nowMs);
        if (sources !== undefined) return { tenant, sources, zstdLevel, kind: 'tier' };
        const settled = run.at(-1) === newest ? run.slice(0, -newestCount(run)) : run;
        const small = isQuiet && thin === undefined ? thinWindow(settled, settings) : undefined;
        if (small !== undefined) thin = { tenant, sources: small, zstdLevel, kind: 'thin' };
        const unpacked = isCold && cold === undefined ? coldWindow(run, settings) : undefined;
        if (unpacked !== undefined) cold = { tenant, sources: unpacked, zstdLevel, kind: 'cold' };
      }
    }
  }
  return thin ?? cold;
}

/**
 * The segment that was written last to the newest day. Thin merges leave it alone: in what they make, the newest rows of all streams lie
 * in as many places as there are streams, and the newest rows are what is asked for most.
 */
function newestOf(tenant: TenantState): StoredSegment | undefined {
  let newest = -1;
  for (const day of tenant.segments.keys()) newest = Math.max(newest, day);
  return tenant.segments.get(newest)?.at(-1);
}

/** The newest of a run, and the one before it as well when that is no more than the rest of what was in memory: it holds too few of the newest rows. */
function newestCount(run: readonly StoredSegment[]): number {
  const [before, newest] = [run.at(-2)?.summary, run.at(-1)!.summary];
  return before?.generation === 0 && newest.lineBytes * 2 < before.lineBytes ? 2 : 1;
}

function isColdDay(day: number, segments: readonly StoredSegment[], settings: MergeSettings, nowMs: number): boolean {
  if (settings.coldAfterMs === 0) return false;
  const dayEndMs = (Number(dayStartNs(day)) + NS_PER_DAY_NUMBER) / Number(NS_PER_MS);
  const changedMs = segments.reduce((latest, segment) => Math.max(latest, segment.addedMs), dayEndMs);
  return nowMs >= changedMs + settings.coldAfterMs;
}

/** Stretches of neighbours that may all be merged. */
function mergeableRuns(
  segments: readonly StoredSegment[],
  mayMerge: (segment: StoredSegment) => boolean,
): StoredSegment[][] {
  const runs: StoredSegment[][] = [];
  let run: StoredSegment[] = [];
  for (const segment of segments) {
    if (mayMerge(segment)) {
      run.push(segment);
      continue;
    }
    if (run.length > 0) runs.push(run);
    run = [];
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

function tierOf(segment: StoredSegment, factor: number): number {
  const { fileBytes } = segment.summary;
  if (fileBytes <= LOWEST_TIER_BYTES) return 0;
  return Math.ceil(Math.log(fileBytes / LOWEST_TIER_BYTES) / Math.log(Math.max(2, factor)));
}

/**
 * Enough neighbours of the lowest tier that has them, smaller ones between them included. In a crowd they may be young: it is the lowest tier that
 * thins it out at the least cost.
 */
function tierWindow(
  run: readonly StoredSegment[],
  settings: MergeSettings,
  nowMs: number,
): StoredSegment[] | undefined {
  if (run.length < 2) return undefined;
  const isCrowd = isCrowded(run, settings);
  const tiers = run.map((segment) => tierOf(segment, settings.tierSegments));
  for (const tier of [...new Set(tiers)].sort((a, b) => a - b)) {
    let end = 0;
    for (let from = 0; from < run.length; from++) {
      end = Math.max(end, from);
      while (end < run.length && tiers[end]! <= tier) end++;
      const window = grow(run, from, end, settings);
      if (!isCrowd && window.some((segment) => segment.addedMs + settings.minAgeMs > nowMs)) continue;
      if (isWorthwhile(window, settings, from + window.length < run.length)) return window;
    }
  }
  return undefined;
}

/** Whether there are too many that could be joined. */
function isCrowded(run: readonly StoredSegment[], settings: MergeSettings): boolean {
  const joinable = run.filter(({ summary }) => summary.fileBytes * 2 <= settings.maxSegmentBytes);
  return joinable.length >= settings.tierSegments * CROWD;
}

/** Neighbours from a place on, as many as one merge takes. */
function grow(run: readonly StoredSegment[], from: number, end: number, settings: MergeSettings): StoredSegment[] {
  const window: StoredSegment[] = [];
  let bytes = 0;
  for (let i = from; i < end && window.length < Math.max(MAX_SOURCES, settings.tierSegments); i++) {
    bytes += run[i]!.summary.fileBytes;
    if (window.length > 0 && bytes > settings.maxSegmentBytes) break;
    window.push(run[i]!);
  }
  return window;
}

/** Several, none of which is nearly all of them. */
function isBalanced(window: readonly StoredSegment[]): boolean {
  if (window.length < 2) return false;
  const largest = Math.max(...window.map((segment) => segment.summary.fileBytes));
  return largest <= bytesOf(window) * MAX_SHARE;
}

function isWorthwhile(window: readonly StoredSegment[], settings: MergeSettings, hasMore: boolean): boolean {
  if (!isBalanced(window)) return false;
  const total = bytesOf(window);
  // Fewer are enough when more would not fit into one file.
  return window.length >= settings.tierSegments || (hasMore && total > settings.maxSegmentBytes / 2);
}

/** Thin neighbours, as many as one merge takes, if they have streams enough. */
function thinWindow(run: readonly StoredSegment[], settings: MergeSettings): StoredSegment[] | undefined {
  for (let from = 0; from < run.length; from++) {
    let end = from;
    while (end < run.length && isThin(run[end]!)) end++;
    const window = grow(run, from, end, settings);
    const chunks = window.reduce((sum, { summary }) => sum + summary.chunkCount, 0);
    // Else a large one at the front may be what keeps the others: they are looked at without it.
    if (chunks >= MIN_THIN_CHUNKS && isBalanced(window)) return window;
  }
  return undefined;
}

function isThin({ summary }: StoredSegment): boolean {
  return summary.lineBytes < THIN_STREAM_BYTES * summary.chunkCount;
}

/** Neighbours of a cold day of which enough is not packed yet; a single one will do. */
function coldWindow(run: readonly StoredSegment[], settings: MergeSettings): StoredSegment[] | undefined {
  for (let from = 0; from < run.length; from++) {
    const window = grow(run, from, run.length, settings);
    const unpacked = bytesOf(window.filter((segment) => zstdLevelOf(segment) < settings.coldLevel));
    if (unpacked > 0 && unpacked >= bytesOf(window) * MIN_UNPACKED_SHARE) return window;
  }
  return undefined;
}

export function bytesOf(segments: readonly StoredSegment[]): number {
  return segments.reduce((sum, segment) => sum + segment.summary.fileBytes, 0);
}

function zstdLevelOf(segment: StoredSegment): number {
  return segment.summary.zstdLevel ?? FRESH_ZSTD_LEVEL;
}
