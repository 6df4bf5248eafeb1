import type { StoredRows } from '../../chunk/block-reader.ts';
import type { FieldKernel } from '../../kernels/field-kernel.ts';
import type { Labels } from '../../model/labels.ts';
import type { LinesOnDemand, RowBlock, RowFinder } from '../../model/row-block.ts';
import { dayStartNs } from '../../model/time.ts';
import type { PartRef } from '../snapshot/select.ts';
import type { RowMetadata } from './row-set.ts';

/** What the directory of a segment says of a block. */
export type ToldOfBlock = Pick<RowBlock, 'lineBytes' | 'literal' | 'metadataNames'>;

/** Rows ready to scan, over arrays of any source. */
export class LoadedBlock implements RowBlock {
  readonly streamId: number;
  readonly streamLabels: Labels;
  readonly dayStartNs: bigint;
  readonly rowCount: number;
  readonly times: Float64Array;
  readonly bytes: Uint8Array;
  readonly lineStarts: Uint32Array;
  readonly lineEnds: Uint32Array;
  readonly ascii: boolean;
  readonly joined: boolean;
  readonly finder: RowFinder | undefined;
  readonly fields: FieldKernel | undefined;
  readonly someLines: LinesOnDemand | undefined;
  readonly lineBytes: number | undefined;
  readonly literal: boolean | undefined;
  readonly metadataNames: readonly string[] | undefined;
  readonly #metadata: RowMetadata;

  constructor(
    part: PartRef,
    rows: Pick<StoredRows, 'rowCount' | 'times' | 'bytes' | 'lineStarts' | 'lineEnds'>,
    ascii: boolean,
    metadata: RowMetadata,
    /** Given for blocks as they are stored. */
    stored?: Pick<StoredRows, 'finder' | 'fields'> & Partial<Pick<StoredRows, 'someLines'>>,
    told: ToldOfBlock = {},
  ) {
    this.streamId = part.streamId;
    this.streamLabels = part.streamLabels;
    this.dayStartNs = dayStartNs(part.day);
    this.rowCount = rows.rowCount;
    this.times = rows.times;
    this.bytes = rows.bytes;
    this.lineStarts = rows.lineStarts;
    this.lineEnds = rows.lineEnds;
    this.ascii = ascii;
    this.#metadata = metadata;
    this.joined = stored !== undefined;
    this.finder = stored?.finder;
    this.fields = stored?.fields;
    this.someLines = stored?.someLines;
    this.lineBytes = told.lineBytes;
    this.literal = told.literal;
    this.metadataNames = told.metadataNames;
  }

  get metadataIdCount(): number {
    return this.#metadata.idCount;
  }

  metadataId(row: number): number {
    return this.#metadata.id(row);
  }

  metadata(id: number): Labels {
    return this.#metadata.labels(id);
  }
}
