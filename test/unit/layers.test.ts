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
  ['kernels'],
  ['model'],
  ['wire', 'wal', 'head', 'chunk', 'index'],
  ['store'],
  ['ingest', 'query'],
  ['pool', 'rules', 'deletes'],
  ['http'],
  ['config'],
  ['server'],
  ['main'],
];

/** The same inside a folder; `.` is what lies at its root: the doors that others come in by. */
const ROOMS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'src/chunk': [['zstd', 'filter'], ['bytes'], ['metadata', 'template'], ['.']],
  'src/wire': [['.'], ['json'], ['result', 'push'], ['otlp']],
  'src/store': [['segments'], ['tenant'], ['snapshot'], ['read'], ['write'], ['lifecycle'], ['.']],
  'src/query': [
    ['aggregate', 'pipeline'],
    ['analysis', 'task'],
    ['result', 'scan', 'plan'],
    ['tail', 'statistics'],
    ['execute'],
    ['patterns', 'metadata'],
    ['.'],
    ['warm-up'],
  ],
  'src/query/pipeline': [['template', 'text'], ['row'], ['filters', 'stages'], ['parsers'], ['.']],
  'src/rules': [
    ['model'],
    ['parse', 'send'],
    ['alert'],
    ['store'],
    ['evaluate'],
    ['notify', 'remote-write', 'report'],
    ['.'],
  ],
  'src/http': [['request'], ['reply'], ['routes', 'tail'], ['.']],
};

const MOST_FILES = 20;

/** The command line talks HTTP only: of the server it may know nothing but texts and errors. */
const CLI_MAY_IMPORT = new Set(['cli', 'grammar', 'base']);

function layerOf(path: string): string {
  const [top, second] = path.split('/');
  if (top === 'grammar') return 'grammar';
  if (path === 'src/main.ts') return 'main';
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

for (const [folder, rows] of Object.entries(ROOMS)) {
  const room = (path: string): string => {
    const inside = relative(folder, dirname(path));
    return inside === '' ? '.' : inside.split('/')[0]!;
  };
  const rank = (path: string): number => rows.findIndex((row) => row.includes(room(path)));

  test(`inside ${folder} imports point to the left`, () => {
    const inside = files.filter((file) => file.startsWith(`${folder}/`));
    expect(new Set(inside.map(room)), 'folders that the order names').toEqual(new Set(rows.flat()));
    const wrong: string[] = [];
    for (const file of inside) {
      for (const target of importsOf(file)) {
        if (!target.startsWith(`${folder}/`) || room(file) === room(target)) continue;
        if (rank(target) >= rank(file)) wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });
}

test('a folder has no more files than a person looks through', () => {
  const counts = new Map<string, number>();
  for (const file of files.filter((path) => path.startsWith('src/'))) {
    counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  }
  expect(counts.size).toBeGreaterThan(40);
  expect([...counts].filter(([, count]) => count > MOST_FILES)).toEqual([]);
});

test('no file is longer than 350 lines without a reason at its head', () => {
  const long = files.filter((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return text.split('\n').length > 351 && !/over 350 lines/i.test(text.slice(0, 1500));
  });
  expect(long).toEqual([]);
});
