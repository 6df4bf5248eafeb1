import type { Labels } from '../../model/labels.ts';
import { labelValue } from '../../model/labels.ts';
import type { RowBlock } from '../../model/row-block.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL, EXTRACTED_SUFFIX } from '../pipeline/row/label-names.ts';

/** Metadata sets of the block at work by their ids: each is made, and looked into, once. */
export class BlockMetadata {
  #block: RowBlock | undefined;
  #sets: (Labels | undefined)[] = [];
  #haveError: (boolean | undefined)[] = [];
  #haveLabel: (boolean | undefined)[] = [];

  /** Forgets the sets of the block before. */
  begin(block: RowBlock): void {
    this.#block = block;
    this.#sets = [];
    this.#haveError = [];
    this.#haveLabel = [];
  }

  of(id: number): Labels {
    const set = this.#sets[id] ?? this.#block!.metadata(id);
    this.#sets[id] = set;
    return set;
  }

  /** Whether rows come with an error. */
  hasError(id: number): boolean {
    const known = this.#haveError[id];
    if (known !== undefined) return known;
    const set = this.of(id);
    const has = set.includes(ERROR_LABEL) || set.includes(ERROR_DETAILS_LABEL);
    this.#haveError[id] = has;
    return has;
  }

  /** Whether rows may have a label that no parser has made, of the stream or of the metadata. @param name the same for all rows of a block */
  mayHave(id: number, name: string): boolean {
    const known = this.#haveLabel[id];
    if (known !== undefined) return known;
    const set = this.of(id);
    const has =
      labelValue(this.#block!.streamLabels, name) !== undefined ||
      set.includes(name) ||
      // Metadata gets a suffix where the stream has its name.
      (name.endsWith(EXTRACTED_SUFFIX) && set.includes(name.slice(0, -EXTRACTED_SUFFIX.length)));
    this.#haveLabel[id] = has;
    return has;
  }
}
