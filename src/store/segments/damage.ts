import type { Labels } from '../../model/labels.ts';

/** What can be damaged in a data folder. `halogi_damage_total` counts by these. */
export type DamageKind =
  /** A segment file that the index names and that is not there. */
  | 'segment_missing'
  /** A file among the segments that cannot be read as one. */
  | 'segment_unreadable'
  /** The directory of a segment, in the index and in the file. */
  | 'directory'
  /** The copy of a directory in the index; the file has the same. */
  | 'directory_copy'
  | 'block'
  | 'skip_filter'
  | 'index'
  | 'wal';

export const DAMAGE_KINDS: readonly DamageKind[] = [
  'segment_missing',
  'segment_unreadable',
  'directory',
  'directory_copy',
  'block',
  'skip_filter',
  'index',
  'wal',
];

/** Rows that answers have to do without. Undefined is what is not known: then it may be any. */
export interface LostRows {
  readonly tenant: string | undefined;
  /** Labels of their stream. */
  readonly labels: Labels | undefined;
  /** First and last time that they may have, nanoseconds; both ends included. */
  readonly startNs: bigint | undefined;
  readonly endNs: bigint | undefined;
  readonly rows: number | undefined;
}

/** Something in the data folder that cannot be read. The server goes on without it; somebody has to hear of it. */
export interface StoreDamage {
  readonly kind: DamageKind;
  /** File or folder. */
  readonly file: string;
  /** First byte of the record or of the frames of the block that is damaged, where that is known. */
  readonly offset?: number | undefined;
  /** Number of a block in its segment. */
  readonly block?: number | undefined;
  readonly reason: string;
  /** Where the bytes are now; undefined when they were left where they are, or `cause` says why they could not be copied. */
  readonly quarantinedAs: string | undefined;
  /** Absent: nothing is lost, since what is damaged is there once more. */
  readonly lost?: LostRows | undefined;
  readonly cause?: unknown;
}

/** Blocks of a segment that a scan could not read. */
export interface DamagedBlocks {
  readonly path: string;
  readonly blocks: readonly number[];
  /** Of the first. */
  readonly reason: string;
}
