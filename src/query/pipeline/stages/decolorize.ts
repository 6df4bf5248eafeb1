import { compileRegex, type Regex } from '../../../base/regex/regex.ts';
import type { PipelineStage, Row } from '../row/stage.ts';
import { indexOfBytes } from '../text/byte-text.ts';

/** ANSI sequences: an introducer, then either text up to BEL, or numbers and a final letter. */
const ANSI_SEQUENCE =
  '[\\x1b\\x{9b}][\\[\\]()#;?]*(?:(?:(?:[a-zA-Z\\d]*(?:;[a-zA-Z\\d]*)*)?\\x07)' +
  '|(?:(?:\\d{1,4}(?:;\\d{0,4})*)?[\\dA-PRZcf-ntqry=><~]))';

const ESCAPE = Uint8Array.of(0x1b);
/** U+009B in UTF-8. */
const CONTROL_SEQUENCE_INTRODUCER = Uint8Array.of(0xc2, 0x9b);

/** `| decolorize`: removes ANSI colour sequences from the line. */
export class Decolorize implements PipelineStage {
  readonly #sequence: Regex = compileRegex(ANSI_SEQUENCE);

  process(row: Row): boolean {
    const { bytes, start, end } = row;
    if (indexOfBytes(bytes, ESCAPE, start, end) < 0) {
      if (indexOfBytes(bytes, CONTROL_SEQUENCE_INTRODUCER, start, end) < 0) return true;
    }
    row.setLineText(this.#sequence.replaceAllLiteral(row.lineText(), ''));
    return true;
  }
}
