import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
let halogi: RunningHalogi;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-readme-'));
  halogi = await startHalogi(folder);
});
afterAll(async () => {
  await halogi.stop();
  rmSync(folder, { recursive: true });
});

interface Step {
  readonly command: string;
  /** JSON that the page shows behind the command; undefined when it shows none. */
  readonly answer: unknown;
}

/** The shell commands of the page, each with the JSON block that comes before the next one. */
function steps(): Step[] {
  const out: { command: string; answer: unknown }[] = [];
  for (const [, language, text] of readme.matchAll(/```(\w*)\n([\s\S]*?)```/g)) {
    if (language === 'sh') out.push({ command: text!, answer: undefined });
    if (language === 'json') out.at(-1)!.answer = JSON.parse(text!);
  }
  return out;
}

/** Times differ from day to day, and the page leaves the statistics out. */
function comparable(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer, (key, value) =>
      key === 'stats'
        ? undefined
        : /^\d{19}$/.test(value)
          ? 'ns'
          : key === '0' && typeof value === 'number'
            ? 's'
            : value,
    ),
  );
}

describe('README.md', () => {
  test('its curl commands do what it says', () => {
    const all = steps();
    expect(all).toHaveLength(5);
    for (const { command, answer } of all) {
      expect(command).toContain('curl -sS --fail');
      expect(command).toContain('http://localhost:3100');
      const found = execFileSync('sh', ['-ec', command.replaceAll('http://localhost:3100', halogi.url)], {
        encoding: 'utf8',
      });
      if (answer === undefined) expect(found).toBe('');
      else expect(comparable(JSON.parse(found))).toEqual(comparable(answer));
    }
    expect(all.filter(({ answer }) => answer !== undefined)).toHaveLength(3);
    expect(readdirSync(join(folder, 'segments'))).toEqual(['fake']);
  });

  test('names every folder of the source', () => {
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.length).toBeGreaterThan(10);
    for (const { name } of folders) expect(readme).toContain(`| \`src/${name}/\` |`);
  });

  test('names only scripts and test projects that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...readme.matchAll(/npm run (\w+)/g)].map((match) => match[1]!);
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
    const projects = [...readFileSync(join(ROOT, 'vitest.config.ts'), 'utf8').matchAll(/project\('(\w+)'/g)].map(
      (match) => match[1]!,
    );
    const listed = /one kind of test: ([\w, ]+?) \|/.exec(readme)?.[1]?.split(', ') ?? [];
    expect(listed.sort()).toEqual(projects.sort());
  });

  test('points to files that there are', () => {
    for (const [, path] of readme.matchAll(/\]\(([^)]+)\)/g)) expect(existsSync(join(ROOT, path!)), path).toBe(true);
  });
});
