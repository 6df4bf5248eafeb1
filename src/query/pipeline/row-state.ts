import { EMPTY_LABELS, type Labels } from '../../model/labels.ts';
import { sliceText } from './byte-text.ts';
import { RowLabels } from './label-state.ts';
import type { Row } from './stage.ts';

const textEncoder = new TextEncoder();
const NO_BYTES = new Uint8Array(0);

/** The row of a scan: one object for all rows, pointed at the next one by `begin`. */
export class ScanRow implements Row {
  readonly labels: RowLabels = new RowLabels();
  #bytes: Uint8Array = NO_BYTES;
  #start = 0;
  #end = 0;
  #text: string | undefined;
  #bytesStale = false;
  #dayStartNs = 0n;
  #offsetNs = 0;

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
    this.#bytes = textEncoder.encode(this.#text);
    this.#start = 0;
    this.#end = this.#bytes.length;
    this.#bytesStale = false;
  }
}
