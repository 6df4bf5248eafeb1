import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..', '..');

/**
 * Layers from left to right; a file imports from its own folder group or from further left. Names in one row do not import
 * each other. The order is that of docs/architecture.md.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['grammar'],
  ['base'],
  ['model'],
  ['wire', 'wal', 'head', 'chunk', 'index'],
  ['store'],
  ['ingest', 'query'],
  ['pool'],
  ['http'],
  ['server'],
  ['main'],
];

/** The command line talks HTTP only: of the server it may know nothing but texts and errors. */
const CLI_MAY_IMPORT = new Set(['cli', 'grammar', 'base']);

/** Files directly in `src/`: the process and what it builds the server from. */
const MAIN_FILES = new Set(['src/main.ts']);

function layerOf(path: string): string {
  const [top, second] = path.split('/');
  if (top === 'grammar') return 'grammar';
  if (path.split('/').length === 2) return MAIN_FILES.has(path) ? 'main' : 'server';
  return second!;
}

function rankOf(layer: string): number {
  return LAYERS.findIndex((row) => row.includes(layer));
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const found: string[] = [];
  for (const match of text.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)'(\.[^']+)'/g)) {
    found.push(relative(ROOT, resolve(ROOT, dirname(path), match[1]!)));
  }
  return found;
}

const files = [...globSync('src/**/*.ts', { cwd: ROOT }), ...globSync('grammar/**/*.ts', { cwd: ROOT })].sort();

test('every file is looked at', () => {
  // Counted apart from the imports, by folder: a pattern that stops matching fails here.
  const folders = new Set(files.map((file) => layerOf(file)));
  for (const layer of LAYERS.flat()) expect(folders, `no file of layer ${layer}`).toContain(layer);
  expect(files.length).toBeGreaterThan(200);
  const withoutImports = files.filter((file) => importsOf(file).length === 0);
  expect(withoutImports.length).toBeLessThan(files.length / 3);
});

test('imports point to the left', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const from = layerOf(file);
    for (const target of importsOf(file)) {
      const to = layerOf(target);
      if (from === to) continue;
      if (from === 'cli') {
        if (!CLI_MAY_IMPORT.has(to)) wrong.push(`${file} imports ${target}`);
      } else if (to === 'cli' ? from !== 'main' : rankOf(to) < 0 || rankOf(from) < 0 || rankOf(to) >= rankOf(from)) {
        wrong.push(`${file} imports ${target}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('no file is longer than 350 lines without a reason at its head', () => {
  const long = files.filter((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return text.split('\n').length > 351 && !/over 350 lines/i.test(text.slice(0, 1500));
  });
  expect(long).toEqual([]);
});
