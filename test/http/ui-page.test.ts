import { expect, it } from 'vitest';
import { appDouble } from '../support/http-app.ts';

it('leads browsers to the page, and tells others that there is none', async () => {
  const { app } = appDouble();
  const browser = await app.inject({ url: '/', headers: { accept: 'text/html,*/*' } });
  expect([browser.statusCode, browser.headers.location]).toEqual([302, 'ui/search']);
  expect((await app.inject({ url: '/' })).statusCode).toBe(404);
});

it('serves the built page and its files under a strict policy', async () => {
  const { app } = appDouble();
  const page = await app.inject({ url: '/ui/search' });
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-security-policy']).toContain("require-trusted-types-for 'script'");
  const names = [...page.body.matchAll(/(?:src|href)="\.\/assets\/([^"]+)"/g)].map((match) => match[1]!);
  expect(names.length).toBe(2);
  for (const name of names) {
    const file = await app.inject({ url: `/ui/assets/${name}` });
    expect(file.statusCode).toBe(200);
    expect(file.headers['content-type']).toMatch(/javascript|css/);
  }
  for (const name of ['none.js', '..%2findex.html', '%2e%2e%2f%2e%2e%2fmain.tsx'])
    expect((await app.inject({ url: `/ui/assets/${name}` })).statusCode).toBe(404);
});
