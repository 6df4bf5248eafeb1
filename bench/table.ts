/** A result as it is printed and written to the report. */
export interface Table {
  readonly title: string;
  /** Sentences under the title. */
  readonly notes: readonly string[];
  /** The first column is text, the others are figures. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A figure with a sensible number of digits; `-` for NaN. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

export function megabytes(bytes: number): string {
  return `${figure(bytes / 1e6)} MB`;
}

/** The table as Markdown, aligned so that it reads well in a terminal too. */
export function tableText({ title, notes, columns, rows }: Table): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, i) => Math.max(3, ...all.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? `${'-'.repeat(width + 2)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  const text = notes.length > 0 ? `\n${notes.join('\n')}\n` : '';
  return `## ${title}\n${text}\n${[line(columns), rule, ...rows.map(line)].join('\n')}\n`;
}
