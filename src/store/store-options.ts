import type { Disk } from '../base/disk/disk.ts';
import type { RowSink } from '../model/row-sink.ts';
import type { FlushInfo } from './lifecycle/flush-loop.ts';
import type { FlushRunner } from './lifecycle/flusher.ts';
import type { MergeInfo } from './lifecycle/merger.ts';
import type { RecoverCounts } from './lifecycle/recover.ts';
import type { MergeOptions } from './lifecycle/segment-upkeep.ts';
import type { StoreDamage } from './segments/damage.ts';
import type { HeadOptions } from './tenant/head-state.ts';

/** A record of the log as replay hands it over: what `log` was given. */
export interface LoggedPush {
  readonly kind: number;
  readonly tenant: string;
  readonly arrivalMs: number;
  readonly body: Uint8Array;
}

export interface StoreOptions {
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly head: HeadOptions;
  /** Memory for skip filters of segments. */
  readonly cacheBytes: number;
  /** Memory for directories of segments. */
  readonly directoryBytes: number;
  readonly walSync: 'always' | 'interval';
  readonly walSyncIntervalMs: number;
  readonly runFlush: FlushRunner;
  /** Absent: segments stay as they were written. */
  readonly merge?: MergeOptions;
  /** Told of segment files that are gone, so that nobody keeps them open. */
  readonly onSegmentGone?: (path: string) => void;
  /** Decodes a logged push and appends its rows to the sink. */
  readonly applyLogged: (record: LoggedPush, sink: RowSink) => void;
  readonly now: () => number;
  readonly events: StoreEvents;
}

/** What the store has to say; the server logs and counts it. */
export interface StoreEvents {
  damage(damage: StoreDamage): void;
  recovered(counts: RecoverCounts & { readonly records: number; readonly tornBytes: number }): void;
  flushed(info: FlushInfo): void;
  flushFailed(error: unknown, retryMs: number): void;
  walFailed(error: unknown): void;
  merged?(info: MergeInfo): void;
  mergeFailed?(error: unknown): void;
}
