import { BuilderMemory } from '../../chunk/builder-memory.ts';
import { FilterBuilder } from '../../chunk/filter/filter-builder.ts';
import { RowColumns } from './gather-pages.ts';

/**
 * What segments are written in, by flushes and merges: kept, since fresh memory for every segment costs more than what is done in it.
 */
export class WriterMemory {
  readonly filters: FilterBuilder = new FilterBuilder();
  builder: BuilderMemory = new BuilderMemory();
  columns: RowColumns = new RowColumns(this.filters.texts);
}

/** Those that nothing in this thread uses. There is more than one only where several stores share a thread. */
const idle: WriterMemory[] = [];

export function takeWriterMemory(): WriterMemory {
  return idle.pop() ?? new WriterMemory();
}

/** Gives memory back, less what has become larger than is worth keeping. */
export function giveBackWriterMemory(memory: WriterMemory): void {
  memory.columns.clear();
  memory.columns.forgetSlab();
  if (!memory.columns.isWorthKeeping) memory.columns = new RowColumns(memory.filters.texts);
  if (!memory.builder.isWorthKeeping) memory.builder = new BuilderMemory();
  idle.push(memory);
}
