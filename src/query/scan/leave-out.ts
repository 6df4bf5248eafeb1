import { LogError } from '../../base/errors.ts';
import type { RowBlock } from '../../model/row-block.ts';

/**
 * Leaves out a block whose lines turned out to be damaged when they were asked for, as one that could not be read.
 *
 * @throws the error, if it is anything else
 */
export function leaveOut({ someLines }: RowBlock, error: unknown): void {
  if (someLines === undefined || !(error instanceof LogError) || error.code !== 'CHUNK_CORRUPT') throw error;
  someLines.damaged(error);
}
