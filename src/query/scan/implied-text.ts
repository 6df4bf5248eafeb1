import type { Needle } from '../../base/regex/byte-search.ts';
import { labelValue } from '../../model/labels.ts';
import type { RowBlock } from '../../model/row-block.ts';
import type { LabelText } from '../../store/snapshot/query-store.ts';

/** Shorter texts, and those of digits alone, stand in too many lines. */
const MIN_TEXT_BYTES = 4;
/** Each is a search. */
const MAX_TEXTS = 8;
const DIGITS = /^[0-9]*$/;

/**
 * What a label filter says of lines: `| logfmt | level="error"` wants those with the text `error`, `level=~"error|warn"` those with one of two,
 * where the label can come from nothing but the line. To search for it takes a tenth of what reading fields takes.
 */
export class ImpliedText {
  readonly #needles: readonly Needle[];
  readonly #name: string;
  readonly #isEscaped: boolean;

  private constructor(texts: readonly Uint8Array[], { name, origin }: LabelText) {
    this.#needles = texts.map((bytes) => ({ bytes, ignoreCase: false }));
    this.#name = name;
    this.#isEscaped = origin === 'escaped';
  }

  /** The texts that are worth most of all that label filters imply; undefined when there are none of use. */
  static of(labels: readonly LabelText[]): ImpliedText | undefined {
    let best: readonly Uint8Array[] = [];
    let from: LabelText | undefined;
    for (const label of labels) {
      if (label.origin === 'none') continue;
      for (const texts of [...label.texts.map((text) => [text]), label.anyOf ?? []]) {
        if (!isOfUse(texts) || (from !== undefined && worthOf(texts) <= worthOf(best))) continue;
        best = texts;
        from = label;
      }
    }
    return from && new ImpliedText(best, from);
  }

  /** The lines of all wanted rows of a block hold one of these; undefined where the label may come from elsewhere, or be written with escapes. */
  needlesOf({ literal, metadataNames, streamLabels }: RowBlock): readonly Needle[] | undefined {
    if (metadataNames === undefined || metadataNames.includes(this.#name)) return undefined;
    if (this.#isEscaped && literal !== true) return undefined;
    return labelValue(streamLabels, this.#name) === undefined ? this.#needles : undefined;
  }
}

function isOfUse(texts: readonly Uint8Array[]): boolean {
  const isRare = (text: Uint8Array): boolean =>
    text.length >= MIN_TEXT_BYTES && !DIGITS.test(Buffer.from(text).toString('latin1'));
  return texts.length > 0 && texts.length <= MAX_TEXTS && texts.every(isRare);
}

/** One text is worth more than several, a long one more than a short one. */
function worthOf(texts: readonly Uint8Array[]): number {
  return Math.min(...texts.map((text) => text.length)) / texts.length;
}
