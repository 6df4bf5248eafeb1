import type { KeyNote } from './loki/translate.ts';

/** Notes as lines for a log: `key: text`. */
export function noteTexts(notes: readonly KeyNote[]): readonly string[] {
  return notes.map(({ key, text }) => `${key}: ${text}`);
}

/** What `halogi config check` prints of a Loki file: the keys that decide something, then those that do not and why. */
export function printNotes(notes: readonly KeyNote[]): string {
  const width = Math.max(0, ...notes.map(({ key }) => key.length));
  const lines = (kind: KeyNote['kind']): string[] =>
    notes.filter((note) => note.kind === kind).map(({ key, text }) => `  ${key.padEnd(width)}  ${text}`);
  const used = lines('used');
  const others = lines('note');
  return [
    ...(used.length > 0 ? ["keys of Loki's that are used:", ...used] : []),
    ...(others.length > 0 ? ['keys without effect here:', ...others] : []),
    '',
  ].join('\n');
}
