import type { LoadOptions, PartRef } from '../../store/snapshot/select.ts';
import type { SamplePipeline } from './scan-pipeline.ts';
import type { SeriesIndex } from './series-index.ts';

/** What a scan asks of each part; one object for all of them. Whether the stream decides the series is found out for parts that are read. */
export class SampleOptions implements LoadOptions {
  fromOffsetNs = 0;
  toOffsetNs = 0;
  readonly lines: boolean;
  readonly lazy = true;
  readonly metadataNames: ReadonlySet<string> | undefined;
  readonly reverse = false;
  readonly needles: LoadOptions['needles'];
  readonly anyOf: LoadOptions['anyOf'];
  readonly metadataTexts: LoadOptions['metadataTexts'];
  readonly #index: SeriesIndex;
  readonly #hasStages: boolean;
  #part: PartRef | undefined;
  #oneSeries = false;

  constructor(pipeline: SamplePipeline, index: SeriesIndex) {
    this.lines = pipeline.needsLines;
    this.metadataNames = pipeline.metadataNames;
    this.needles = pipeline.needles;
    this.anyOf = pipeline.anyOf;
    this.metadataTexts = pipeline.metadataTexts;
    this.#index = index;
    this.#hasStages = pipeline.stages !== undefined;
  }

  begin(part: PartRef, fromOffsetNs: number, toOffsetNs: number): void {
    this.#part = part;
    this.fromOffsetNs = fromOffsetNs;
    this.toOffsetNs = toOffsetNs;
  }

  /** All rows of the part are of one series, whatever their metadata. */
  get oneSeries(): boolean {
    if (this.#part !== undefined)
      this.#oneSeries = this.#index.isConstant || this.#index.streamDecides(this.#part.streamLabels);
    this.#part = undefined;
    return this.#oneSeries;
  }

  get metadata(): boolean {
    return this.#hasStages || !this.oneSeries;
  }
}
