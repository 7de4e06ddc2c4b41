/** The project's Python, which makes the camera's film and judges the outputs. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const VENV = `${ROOT}.venv/bin/python`;

/** Runs a script of this folder; returns what it prints, throws what it complains of. */
export function python(script: string, ...args: string[]): string {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const interpreter = existsSync(VENV) ? VENV : 'python3';
  return execFileSync(interpreter, [path, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
