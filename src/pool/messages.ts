import type { ErrorCode } from '../base/errors.ts';
import type { ScanResult, ScanTask } from '../query/task/task.ts';
import type { DamagedBlocks } from '../store/segments/damage.ts';
import type { FlushResult, FlushTask } from '../store/write/flush-task.ts';
import type { MergeResult, MergeTask } from '../store/write/merge-task.ts';

/** What the main thread and a worker say to each other. */
export type WorkerRequest =
  | {
      readonly kind: 'scan';
      readonly id: number;
      readonly task: ScanTask;
      /** Raised when the query has ended; absent for live tails. */
      readonly stop?: SharedArrayBuffer;
    }
  | { readonly kind: 'flush'; readonly id: number; readonly task: FlushTask }
  | { readonly kind: 'merge'; readonly id: number; readonly task: MergeTask };

/** What workers are told without an answer: a segment file was removed. */
export interface WorkerNotice {
  readonly kind: 'gone';
  readonly path: string;
}

export type WorkerReply =
  | {
      readonly kind: 'scan';
      readonly id: number;
      readonly result: ScanResult;
      readonly damage: readonly DamagedBlocks[];
    }
  | { readonly kind: 'flush'; readonly id: number; readonly result: FlushResult }
  | { readonly kind: 'merge'; readonly id: number; readonly result: MergeResult }
  | { readonly kind: 'error'; readonly id: number; readonly error: WorkerError };

/** An error as it crosses threads: classes do not. `code` is absent for errors that are not ours. */
export interface WorkerError {
  readonly code?: ErrorCode;
  readonly status?: number;
  readonly systemCode?: string;
  readonly message: string;
  readonly stack?: string;
}
