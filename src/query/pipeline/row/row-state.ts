import { MAX_UNIT_BYTES, writeUtf8 } from '../../../base/write-utf8.ts';
import { EMPTY_LABELS, type Labels } from '../../../model/labels.ts';
import { sliceText } from '../text/byte-text.ts';
import type { KeptBases } from './kept-bases.ts';
import { RowLabels } from './label-state.ts';
import type { Row } from './stage.ts';

const textEncoder = new TextEncoder();
const NO_BYTES = new Uint8Array(0);
/** Texts up to this length are encoded to memory that is used again: fresh memory takes ten times as long as the text. */
const MAX_REUSED_TEXT = 64 * 1024;

/** The row of a scan: one object for all rows, pointed at the next one by `begin`. */
export class ScanRow implements Row {
  readonly labels: RowLabels;
  #bytes: Uint8Array = NO_BYTES;
  #start = 0;
  #end = 0;
  #text: string | undefined;
  #bytesStale = false;
  #dayStartNs = 0n;
  #offsetNs = 0;
  /** The line that a stage made last, as bytes. */
  #made: Buffer = Buffer.alloc(0);

  /** @param kept as for `RowLabels` */
  constructor(kept?: KeptBases) {
    this.labels = new RowLabels(kept);
  }

  /**
   * Starts a row whose line is `bytes[start, end)`.
   *
   * @param dayStartNs first nanosecond of the row's UTC day
   * @param offsetNs nanoseconds since then
   * @param streamLabels equal streams should pass the identical array: decisions are cached by identity
   * @param metadata structured metadata; identical arrays for equal sets keep the merged labels cached
   */
  begin(
    bytes: Uint8Array,
    start: number,
    end: number,
    dayStartNs: bigint,
    offsetNs: number,
    streamLabels: Labels,
    metadata: Labels = EMPTY_LABELS,
  ): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#text = undefined;
    this.#bytesStale = false;
    this.#dayStartNs = dayStartNs;
    this.#offsetNs = offsetNs;
    this.labels.reset(streamLabels, metadata);
  }

  /** Of a line that a stage has made they are overwritten when the next one is. */
  get bytes(): Uint8Array {
    if (this.#bytesStale) this.#encode();
    return this.#bytes;
  }

  get start(): number {
    if (this.#bytesStale) this.#encode();
    return this.#start;
  }

  get end(): number {
    if (this.#bytesStale) this.#encode();
    return this.#end;
  }

  lineText(): string {
    this.#text ??= sliceText(this.#bytes, this.#start, this.#end);
    return this.#text;
  }

  setLineText(text: string): void {
    this.#text = text;
    this.#bytesStale = true;
  }

  setLine(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#text = undefined;
    this.#bytesStale = false;
  }

  timestampNs(): bigint {
    return this.#dayStartNs + BigInt(this.#offsetNs);
  }

  #encode(): void {
    const text = this.#text ?? '';
    this.#bytesStale = false;
    this.#start = 0;
    if (text.length > MAX_REUSED_TEXT) {
      this.#bytes = textEncoder.encode(text);
      this.#end = this.#bytes.length;
      return;
    }
    const most = text.length * MAX_UNIT_BYTES;
    if (this.#made.length < most) this.#made = Buffer.allocUnsafeSlow(Math.max(1024, most * 2));
    this.#bytes = this.#made;
    this.#end = writeUtf8(this.#made, text, 0);
  }
}
