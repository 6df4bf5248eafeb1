import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_KINDS, LogError } from '../../src/base/errors.ts';
import { allSettings } from '../../src/config/keys.ts';
import { formatSetting } from '../../src/config/units.ts';
import { answerFor } from '../../src/http/request/error-reply.ts';
import { appDouble } from '../support/http-app.ts';

const MIB = 1024 * 1024;

/** Cells of the rows of all tables whose header starts with the given cell. */
function tableRows(file: string, firstHeader: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let inside = false;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (!line.startsWith('|')) {
      inside = false;
      continue;
    }
    const cells = line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    if (cells[0] === firstHeader) inside = true;
    else if (inside && !/^-+$/.test(cells[0]!)) rows.push(cells);
  }
  return rows;
}

describe('docs/api.md', () => {
  it('lists every endpoint of the server with its methods, and none that is not there', () => {
    const documented = tableRows('docs/api.md', 'Endpoint')
      .filter((cells) => cells[1] !== 'absent')
      .map((cells) => cells[0]!.replaceAll('`', ''));
    const served = appDouble()
      .routes.entries()
      .map(([pattern, methods]) => `${methods.join(',')} ${pattern}`);
    expect(served.length).toBeGreaterThan(30);
    expect([...documented].sort()).toEqual([...served].sort());
  });

  it('knows no other states than same, differs and absent', () => {
    for (const cells of tableRows('docs/api.md', 'Endpoint')) expect(['same', 'differs', 'absent']).toContain(cells[1]);
  });

  it('lists every error code with its kind and status', () => {
    const documented = tableRows('docs/api.md', 'Code').map(([code, kind, status]) => [
      code!.replaceAll('`', ''),
      kind,
      Number(status),
    ]);
    const codes = Object.keys(ERROR_KINDS) as (keyof typeof ERROR_KINDS)[];
    expect(documented).toEqual(
      codes.map((code) => [code, ERROR_KINDS[code], answerFor(new LogError(code, '')).status]),
    );
  });
});

describe('docs/operating.md', () => {
  it('lists every metric of ours, and none that is not there', () => {
    const source = globSync('src/**/*.ts')
      .map((file) => readFileSync(file, 'utf8'))
      .join('');
    const registered = new Set([...source.matchAll(/'((?:loki|halogi)_[a-z_]+)'/g)].map((match) => match[1]!));
    const documented = tableRows('docs/operating.md', 'Metric').flatMap((cells) =>
      [...cells[0]!.matchAll(/`((?:loki|halogi)_[a-z_]+)`/g)].map((match) => match[1]!),
    );
    expect(registered.size).toBeGreaterThan(15);
    expect(documented.sort()).toEqual([...registered].sort());
  });

  it('lists every setting with its unit, default and meaning', () => {
    const documented = tableRows('docs/operating.md', 'Setting').map((cells) => cells.join(' | '));
    // Memory as on a machine with plenty; the page says how it shrinks.
    const expected = allSettings(8192 * MIB).map((spec) => {
      const value = formatSetting(spec.kind, spec.default);
      const shown = Array.isArray(value) ? (value.length > 3 ? `${value.length} names` : value.join(',')) : value;
      return `\`${spec.key}\` | ${spec.kind} | ${shown === '' ? '' : `\`${shown}\``} | ${spec.about}`;
    });
    expect(documented).toEqual(expected);
  });
});
