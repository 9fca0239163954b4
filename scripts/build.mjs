// Compiles src/ to dist/ and makes the CLI executable. Skips the compiler when nothing changed since the last build;
// --clean empties dist/ first; --prepare, npm's hook after an install, leaves quietly where there is no compiler.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist/.built');
const compiler = join(root, 'node_modules/typescript/bin/tsc');

if (process.argv.includes('--prepare') && !existsSync(compiler)) {
  console.error(
    'dist/ was not built: the compiler is a dev dependency and was left out. Run npm ci && npm run build.',
  );
  process.exit(0);
}

function newest(dir) {
  let latest = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

const sources = Math.max(newest(join(root, 'src')), statSync(join(root, 'tsconfig.json')).mtimeMs);
if (!existsSync(stamp) || statSync(stamp).mtimeMs < sources) {
  if (process.argv.includes('--clean')) rmSync(join(root, 'dist'), { recursive: true, force: true });
  execFileSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.json')], {
    stdio: 'inherit',
    cwd: root,
  });
  const cli = join(root, 'dist/cli/index.js');
  if (existsSync(cli)) chmodSync(cli, 0o755);
  writeFileSync(stamp, '');
}
