import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const folder = join(ROOT, 'docs', 'decisions');
const pages = readdirSync(folder).filter((name) => name !== 'README.md');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

test('every package of package.json is on the page about dependencies, and no other', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const [runtime, development] = read('0001-dependencies.md').split('For development:');
  const named = (text: string): string[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...line.split('|')[1]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!))
      .sort();
  expect(named(runtime!)).toEqual(Object.keys(dependencies!).sort());
  expect(named(development!)).toEqual(Object.keys(devDependencies!).sort());
});

describe('docs/decisions', () => {
  test('the index names every page by its title', () => {
    expect(pages.length).toBeGreaterThan(7);
    for (const page of pages) {
      const [title, , status] = read(page).split('\n');
      expect(title).toMatch(new RegExp(`^# ${page.slice(0, 4)} `));
      const [, state, by] =
        /^Status: (accepted|superseded by (?:\[(\d{4}[\w-]*\.md)\]\(\2\))), \w+ \d{4}$/.exec(status!) ?? [];
      expect(state, `${page}: ${status}`).toBeDefined();
      if (by !== undefined) expect(pages).toContain(by);
      expect(read('README.md')).toContain(`| [${title!.slice(2)}](${page}) | ${state} |`);
    }
  });

  test('every page says what it costs and what would change our mind', () => {
    for (const page of pages)
      for (const heading of ['## Question', '## Choice', '## Cost', '## What would change our mind'])
        expect(read(page), page).toContain(heading);
  });
});

test('files that documents and sources point to are there', () => {
  const sources = ['src', 'grammar'].flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(top, name)),
  );
  const documents = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
  expect(sources.length).toBeGreaterThan(150);
  let seen = 0;
  for (const file of [...sources, ...documents, 'README.md', 'CHANGELOG.md']) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    for (const [path] of text.matchAll(/\b(?:docs|src|test)\/[\w/.-]+\.(?:md|ts)\b/g)) {
      seen++;
      expect(existsSync(join(ROOT, path)), `${file} names ${path}`).toBe(true);
    }
  }
  expect(seen).toBeGreaterThan(25);
});
