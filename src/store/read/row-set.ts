import { type BlockReader, type StoredRows, withLevel } from '../../chunk/block-reader.ts';
import { columnsToLabels, type MetadataColumn } from '../../chunk/metadata/metadata-columns.ts';
import type { StoredBlocks } from '../../chunk/stored-blocks.ts';
import { type PageRows, pageMetadata } from '../../head/load-pages.ts';
import { EMPTY_LABELS, type Labels } from '../../model/labels.ts';
import { LEVEL_CODES, LEVEL_NONE } from '../../model/level.ts';

/**
 * Metadata of a block's rows behind one numbering: equal ids are equal sets, and label sets are made on first use only.
 * Rows without metadata columns are numbered by their level; else by the combination of level and column codes, or, when
 * nearly all rows differ, by row.
 */
export interface RowMetadata {
  readonly idCount: number;
  id(row: number): number;
  labels(id: number): Labels;
}

class LevelMetadata implements RowMetadata {
  readonly idCount: number = LEVEL_CODES;
  readonly #levels: Uint8Array;
  static readonly #sets: (Labels | undefined)[] = [];

  constructor(levels: Uint8Array) {
    this.#levels = levels;
  }

  id(row: number): number {
    return this.#levels[row]!;
  }

  labels(id: number): Labels {
    let labels = LevelMetadata.#sets[id];
    if (labels === undefined) {
      labels = withLevel([], id);
      LevelMetadata.#sets[id] = labels;
    }
    return labels;
  }
}

class NoMetadata implements RowMetadata {
  readonly idCount: number = 1;
  id(): number {
    return 0;
  }
  labels(): Labels {
    return EMPTY_LABELS;
  }
}

/** For queries that read no metadata: every row has the empty set. */
export const NO_METADATA: RowMetadata = new NoMetadata();

/** Of a stored block, read when the first row is asked for. */
export class LaterMetadata implements RowMetadata {
  readonly #reader: BlockReader;
  readonly #segment: StoredBlocks;
  readonly #block: number;
  readonly #names: ReadonlySet<string> | undefined;
  readonly #levels: Uint8Array;
  readonly #rowCount: number;
  #read: RowMetadata | undefined;

  /** @param names of metadata that matters; undefined: all */
  constructor(
    reader: BlockReader,
    segment: StoredBlocks,
    block: number,
    { levels, rowCount }: Pick<StoredRows, 'levels' | 'rowCount'>,
    names: ReadonlySet<string> | undefined,
  ) {
    this.#reader = reader;
    this.#segment = segment;
    this.#block = block;
    this.#names = names;
    this.#levels = levels;
    this.#rowCount = rowCount;
  }

  get #metadata(): RowMetadata {
    this.#read ??= storedMetadata(
      this.#levels,
      this.#reader.readMetadata(this.#segment, this.#block, this.#names),
      this.#rowCount,
    );
    return this.#read;
  }

  get idCount(): number {
    return this.#metadata.idCount;
  }

  id(row: number): number {
    return this.#metadata.id(row);
  }

  labels(id: number): Labels {
    return this.#metadata.labels(id);
  }
}

/** Numbers rows by row; sets are made from `make` and kept. */
class PerRowMetadata implements RowMetadata {
  readonly idCount: number;
  readonly #make: (row: number) => Labels;
  readonly #sets: (Labels | undefined)[] = [];

  constructor(rowCount: number, make: (row: number) => Labels) {
    this.idCount = rowCount;
    this.#make = make;
  }

  id(row: number): number {
    return row;
  }

  labels(id: number): Labels {
    let labels = this.#sets[id];
    if (labels === undefined) {
      labels = this.#make(id);
      this.#sets[id] = labels;
    }
    return labels;
  }
}

class ComboMetadata implements RowMetadata {
  readonly idCount: number;
  readonly #ids: Uint32Array;
  readonly #firstRows: readonly number[];
  readonly #make: (row: number) => Labels;
  readonly #sets: (Labels | undefined)[] = [];

  constructor(ids: Uint32Array, firstRows: readonly number[], make: (row: number) => Labels) {
    this.#ids = ids;
    this.#firstRows = firstRows;
    this.idCount = firstRows.length;
    this.#make = make;
  }

  id(row: number): number {
    return this.#ids[row]!;
  }

  labels(id: number): Labels {
    let labels = this.#sets[id];
    if (labels === undefined) {
      labels = this.#make(this.#firstRows[id]!);
      this.#sets[id] = labels;
    }
    return labels;
  }
}

/** Metadata of a stored block. `levels` and the column codes must stay as they are while the result is used. */
export function storedMetadata(levels: Uint8Array, columns: readonly MetadataColumn[], rowCount: number): RowMetadata {
  if (columns.length === 0) return new LevelMetadata(levels);
  const make = (row: number): Labels => withLevel(columnsToLabels(columns, row), levels[row]!);
  if (columns.some((column) => column.codeCount > rowCount / 2 + 1)) return new PerRowMetadata(rowCount, make);
  const ids = new Uint32Array(rowCount);
  let count = LEVEL_CODES;
  for (let row = 0; row < rowCount; row++) ids[row] = levels[row]!;
  for (const column of columns) {
    const next = new Map<number, number>();
    for (let row = 0; row < rowCount; row++) {
      const key = ids[row]! * column.codeCount + column.codes[row]!;
      let id = next.get(key);
      if (id === undefined) {
        id = next.size;
        next.set(key, id);
      }
      ids[row] = id;
    }
    count = next.size;
    if (count > rowCount / 2 + 1) return new PerRowMetadata(rowCount, make);
  }
  const firstRows = new Array<number>(count).fill(-1);
  for (let row = rowCount - 1; row >= 0; row--) firstRows[ids[row]!] = row;
  return new ComboMetadata(ids, firstRows, make);
}

/** Metadata of a head page. Rows with equal metadata bytes next to each other share a set by their text only when built. */
export function pageRowMetadata(rows: PageRows, names?: ReadonlySet<string>): RowMetadata {
  let any = false;
  for (let row = 0; row < rows.rowCount && !any && names?.size !== 0; row++)
    any = rows.metadataStarts[row] !== rows.metadataEnds[row];
  if (!any) return new LevelMetadata(rows.levels);
  return new PerRowMetadata(rows.rowCount, (row) => withLevel(pageMetadata(rows, row), rows.levels[row] ?? LEVEL_NONE));
}

/** Metadata of rows gathered from several sources: row numbers are those of the gathered block. */
export function gatheredMetadata(rowCount: number, make: (row: number) => Labels): RowMetadata {
  return new PerRowMetadata(rowCount, make);
}
