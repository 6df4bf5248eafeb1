import { labelValue } from '../../model/labels.ts';
import type { LoadOptions, PartRef } from '../snapshot/select.ts';

const NONE: readonly Uint8Array[] = [];

/** Texts that the metadata of every wanted row of a part holds; none where the stream itself has the labels. */
export function metadataTextsOf(part: PartRef, { metadataTexts }: LoadOptions): readonly Uint8Array[] {
  if (metadataTexts === undefined || metadataTexts.length === 0) return NONE;
  return metadataTexts
    .filter(({ name }) => labelValue(part.streamLabels, name) === undefined)
    .flatMap(({ texts }) => texts);
}
