import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { SegmentSummary } from '../../index/values.ts';
import { dayName, dayStartNs } from '../../model/time.ts';

/** One closed segment as the store knows it; its directory is in `OpenDirectories` when somebody asked. */
export class StoredSegment {
  readonly summary: SegmentSummary;
  readonly path: string;
  /** When this process came to know it, milliseconds since the epoch. */
  readonly addedMs: number;
  #pins = 0;
  #onUnused: (() => void) | undefined;

  constructor(summary: SegmentSummary, path: string, addedMs: number) {
    this.summary = summary;
    this.path = path;
    this.addedMs = addedMs;
  }

  pin(): void {
    this.#pins++;
  }

  unpin(): void {
    this.#pins--;
    if (this.#pins === 0 && this.#onUnused !== undefined) this.#onUnused();
  }

  /** Calls back once nobody reads the segment any more; at once when nobody does. */
  whenUnused(callback: () => void): void {
    if (this.#pins === 0) callback();
    else this.#onUnused = callback;
  }
}

/** Folder of a tenant's day. The tenant is coded so that no name can leave the data folder or meet another one. */
export function segmentFolder(dataFolder: string, tenant: string, day: number): string {
  return join(dataFolder, 'segments', tenantFolder(tenant), dayName(day));
}

/** No name in a folder is longer on Linux. */
const MAX_NAME_BYTES = 255;

/**
 * Tenant ids hold letters, digits and `!-_.*'()`. All but letters, digits, `-` and `_` are written as `%XX`, and capitals are, too:
 * some file systems do not tell `A` from `a`. What becomes too long for a name is a hash; no coded name begins with `%s`.
 */
function tenantFolder(tenant: string): string {
  const coded = tenant.replace(
    /[^a-z0-9_-]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  if (coded.length <= MAX_NAME_BYTES) return coded;
  return `%sha256-${createHash('sha256').update(tenant).digest('hex')}`;
}

/** The tenant that a folder is of; undefined when its name is a hash, or none of ours. */
export function tenantOfFolder(folder: string): string | undefined {
  const tenant = folder.replace(/%([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return tenantFolder(tenant) === folder ? tenant : undefined;
}

/** First part of the names of a process's segments: its start, or just behind that of the newest segment when the clock was set back. */
export function writerName(
  nowMs: number,
  tenants: Iterable<{ readonly segments: ReadonlyMap<number, readonly StoredSegment[]> }>,
): string {
  let newest = nowMs;
  for (const { segments } of tenants) {
    for (const list of segments.values()) {
      const earlier = Number.parseInt(list.at(-1)!.summary.name, 36);
      if (earlier >= newest) newest = earlier + 1;
    }
  }
  return newest.toString(36).padStart(9, '0');
}

/** Rows of a segment. */
export interface SegmentExtent {
  readonly tenant: string;
  /** First and last time. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly lineBytes: number;
}

/** The segment with the newest rows, undefined when there is none. */
export function newestSegment(
  tenants: Iterable<{ readonly segments: ReadonlyMap<number, readonly StoredSegment[]> }>,
): SegmentExtent | undefined {
  let newest: SegmentExtent | undefined;
  for (const { segments } of tenants) {
    for (const { summary } of [...segments.values()].flat()) {
      const dayNs = dayStartNs(summary.day);
      const endNs = dayNs + BigInt(summary.maxOffsetNs);
      if (newest !== undefined && newest.endNs >= endNs) continue;
      const { tenant, lineBytes } = summary;
      newest = { tenant, startNs: dayNs + BigInt(summary.minOffsetNs), endNs, lineBytes };
    }
  }
  return newest;
}
