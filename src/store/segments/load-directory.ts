import { LogError } from '../../base/errors.ts';
import { type Directory, decodeDirectory } from '../../chunk/directory.ts';
import { NO_LABEL_SETS } from '../../chunk/label-sets.ts';
import { emptyTally, NO_TALLY, type Tally } from '../../chunk/tally.ts';
import type { LogIndex } from '../../index/index.ts';
import type { SegmentSummary } from '../../index/values.ts';
import { dayStartNs } from '../../model/time.ts';
import type { LostRows, StoreDamage } from './damage.ts';
import { readSegmentDirectorySync } from './segment-directory.ts';
import type { StoredSegment } from './stored-segment.ts';
import { directoryTotals } from './summary.ts';

/**
 * Directory of a segment: the copy of the index, else, when that is damaged, the one at the end of the file. When neither can be read
 * the segment counts as empty, so that queries go on with the others.
 */
export function loadDirectory(
  index: LogIndex,
  segment: StoredSegment,
  onDamage: (damage: StoreDamage) => void,
): Directory {
  try {
    return fromIndex(index, segment);
  } catch (error) {
    onDamage(damageOf('directory_copy', segment, error));
  }
  try {
    return decodeDirectory(readSegmentDirectorySync(segment.path), segment.path);
  } catch (error) {
    onDamage(damageOf('directory', segment, error));
  }
  const { tenant, day } = segment.summary;
  return {
    tenant,
    day,
    generation: 0,
    part: 0,
    parts: 1,
    walSeq: 0,
    writer: '',
    streams: NO_LABEL_SETS,
    blocks: new Uint32Array(0),
    frames: new Float64Array(0),
    metadataNames: [],
    tally: NO_TALLY,
    filterSection: { offset: 0, length: 0, crc: 0 },
  };
}

/** The tally of a segment, read again; one that tells nothing when it cannot be read. */
export function loadTally(
  index: LogIndex,
  segment: StoredSegment,
  blocks: number,
  onDamage: (damage: StoreDamage) => void,
): Tally {
  const { tally } = loadDirectory(index, segment, onDamage);
  return tally.starts.length === blocks + 1 ? tally : emptyTally(blocks);
}

/** The copy has no checksum of its own: the totals of its blocks must be those of the summary. */
function fromIndex(index: LogIndex, segment: StoredSegment): Directory {
  const { tenant, day, name, rowCount, lineBytes } = segment.summary;
  const bytes = index.directorySync(tenant, day, name);
  if (bytes === undefined) throw new LogError('INDEX_CORRUPT', `no directory of segment ${segment.path} in the index`);
  const directory = decodeDirectory(bytes, segment.path);
  const totals = directoryTotals(directory.blocks);
  if (totals.rowCount !== rowCount || totals.lineBytes !== lineBytes) {
    throw new LogError(
      'INDEX_CORRUPT',
      `directory has ${totals.rowCount} rows of ${totals.lineBytes} bytes, summary ${rowCount} of ${lineBytes}`,
    );
  }
  return directory;
}

function damageOf(kind: 'directory' | 'directory_copy', segment: StoredSegment, error: unknown): StoreDamage {
  return {
    kind,
    file: segment.path,
    reason: error instanceof Error ? error.message : String(error),
    quarantinedAs: undefined,
    lost: kind === 'directory' ? rowsOf(segment.summary) : undefined,
    cause: error,
  };
}

/** All rows of a segment. */
export function rowsOf({ tenant, day, minOffsetNs, maxOffsetNs, rowCount }: SegmentSummary): LostRows {
  const startNs = dayStartNs(day);
  return {
    tenant,
    labels: undefined,
    startNs: startNs + BigInt(minOffsetNs),
    endNs: startNs + BigInt(maxOffsetNs),
    rows: rowCount,
  };
}
