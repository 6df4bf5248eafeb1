import { isDiskFull } from '../base/disk/disk.ts';
import { LogError } from '../base/errors.ts';

/** An error of the disk in the words of the log: DISK_FULL when there is no room, else WAL_WRITE. */
export function walFailure(cause: unknown, dir: string): LogError {
  if (isDiskFull(cause)) return new LogError('DISK_FULL', `no space left for the write-ahead log in ${dir}`, { cause });
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LogError('WAL_WRITE', `cannot write the write-ahead log in ${dir}: ${reason}`, { cause });
}
