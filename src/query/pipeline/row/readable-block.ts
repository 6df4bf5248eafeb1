import type { RowBlock } from '../../../model/row-block.ts';
import { EXTRACTED_SUFFIX } from './label-names.ts';

/** What is needed of a block to read its fields; without metadata, rows may have any. */
export type ReadableBlock = Pick<RowBlock, 'fields' | 'streamLabels' | 'bytes' | 'someLines'> &
  Partial<Pick<RowBlock, 'metadata' | 'metadataIdCount'>>;

/** Of more sets than these it is not worth finding out what names they have. */
const MAX_METADATA_SETS = 16;

/** Whether metadata of a block may have a label of one of the names. */
export function mayHaveMetadata(block: ReadableBlock, names: readonly string[]): boolean {
  const { metadataIdCount } = block;
  if (block.metadata === undefined || metadataIdCount === undefined || metadataIdCount > MAX_METADATA_SETS) return true;
  for (let id = 0; id < metadataIdCount; id++) {
    const set = block.metadata(id);
    // Where the stream has the name of one, it gets a suffix.
    if (names.some((name) => set.includes(name) || set.some((own) => own + EXTRACTED_SUFFIX === name))) return true;
  }
  return false;
}
