import type { Stage } from '../../grammar/ast.ts';
import type { Needle } from '../base/regex/byte-search.ts';
import { labelValue } from '../model/labels.ts';
import type { RowBlock } from '../model/row-block.ts';
import type { LabelText } from '../store/query-store.ts';
import { labelTexts } from './label-texts.ts';

/** Shorter texts, and those of digits alone, stand in too many lines. */
const MIN_TEXT_BYTES = 4;
const DIGITS = /^[0-9]*$/;

/**
 * What a label filter says of lines: `| logfmt | level="error"` wants those with the text `error`, where the label can come from nothing but the
 * line. To search for it takes a tenth of what reading fields takes.
 */
export class ImpliedText {
  readonly #needle: Needle;
  readonly #name: string;
  readonly #isEscaped: boolean;

  private constructor(bytes: Uint8Array, { name, origin }: LabelText) {
    this.#needle = { bytes, ignoreCase: false };
    this.#name = name;
    this.#isEscaped = origin === 'escaped';
  }

  /** The longest of the texts that label filters imply; undefined when there is none of use. */
  static of(stages: readonly Stage[]): ImpliedText | undefined {
    let longest: Uint8Array = new Uint8Array(MIN_TEXT_BYTES - 1);
    let from: LabelText | undefined;
    for (const label of labelTexts(stages)) {
      if (label.origin === 'none') continue;
      for (const text of label.texts) {
        if (text.length <= longest.length || DIGITS.test(Buffer.from(text).toString('latin1'))) continue;
        longest = text;
        from = label;
      }
    }
    return from && new ImpliedText(longest, from);
  }

  /** What the lines of all wanted rows of a block hold; undefined where the label may come from elsewhere, or be written with escapes. */
  needleOf({ literal, metadataNames, streamLabels }: RowBlock): Needle | undefined {
    if (metadataNames === undefined || metadataNames.includes(this.#name)) return undefined;
    if (this.#isEscaped && literal !== true) return undefined;
    return labelValue(streamLabels, this.#name) === undefined ? this.#needle : undefined;
  }
}
