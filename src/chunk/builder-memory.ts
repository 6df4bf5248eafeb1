import { doubled } from '../base/grow.ts';
import { ByteWriter } from './bytes/byte-writer.ts';
import { BLOCK_FIELDS, LEVEL_COUNTERS } from './directory.ts';
import { FrameMemory, OpenFrame, OpenLines } from './frame-writer.ts';
import { MetadataColumnsBuilder } from './metadata/metadata-builder.ts';
import { TallyBuilder } from './tally.ts';

const FIRST_BLOCKS = 256;
/** No part that is larger is kept. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

/**
 * What a segment is built in. Whoever writes one after the other keeps it, since megabytes that are fresh each time cost page faults
 * and collections. What was emitted lies here too: it must be written before the next segment is begun.
 */
export class BuilderMemory {
  readonly frames: FrameMemory;
  readonly labels: ByteWriter = new ByteWriter(64 * 1024);
  /** `BLOCK_FIELDS` numbers for each block. */
  blocks: Uint32Array = new Uint32Array(FIRST_BLOCKS * BLOCK_FIELDS);
  /** `LEVEL_COUNTERS` numbers for each block. */
  levelCounts: Uint32Array = new Uint32Array(FIRST_BLOCKS * LEVEL_COUNTERS);
  readonly times: OpenFrame = new OpenFrame();
  readonly lines: OpenLines = new OpenLines();
  readonly metadata: OpenFrame = new OpenFrame();
  readonly metadataColumns: MetadataColumnsBuilder = new MetadataColumnsBuilder();
  readonly filters: ByteWriter = new ByteWriter(64 * 1024);
  readonly tally: TallyBuilder = new TallyBuilder();
  /** Where the directory is put together. */
  readonly directory: ByteWriter = new ByteWriter(64 * 1024);
  scratch: Buffer = Buffer.allocUnsafe(64 * 1024);

  /** @param frames memory of frames that is kept apart */
  constructor(frames: FrameMemory = new FrameMemory()) {
    this.frames = frames;
  }

  /** False when a segment has made it larger than is worth keeping. */
  get isWorthKeeping(): boolean {
    const { labels, filters, blocks, directory } = this;
    return Math.max(labels.capacity, filters.capacity, blocks.byteLength, directory.capacity) <= MAX_KEPT_BYTES;
  }

  /** Empties it, also of a segment that was not finished. */
  begin(): void {
    this.frames.recycle();
    this.labels.reset();
    for (const frame of [this.times, this.lines, this.metadata]) frame.reset();
    this.filters.reset();
    this.tally.reset();
  }

  /** Doubles the room for numbers of blocks. */
  growBlocks(): void {
    this.blocks = doubled(this.blocks);
    this.levelCounts = doubled(this.levelCounts);
  }
}
