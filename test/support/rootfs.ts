// Root file systems put together from this machine's own Debian packages, so that a test can make
// the base images that it needs where none can be pulled.

import { cpSync, lstatSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runProgram, requireTool } from './processes.ts'

/** Debian merged these folders into those of /usr; packages still name them. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64']

/** Copies all files of these packages, and of whatever they depend on, to below `root`. */
export async function copyPackages(root: string, packages: readonly string[]): Promise<void> {
  const flags = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances']
  const options = ['--recurse', '--installed', ...flags.map((flag) => `--no-${flag}`)]
  const { output: tree } = await runProgram('apt-cache', ['depends', ...options, ...packages])
  const all = new Set(tree.split('\n').filter((line) => /^[a-z0-9]/.test(line)))
  const { output: paths } = await runProgram('dpkg-query', ['-L', ...all])
  const files = new Set(paths.split('\n').filter(isFile))
  for (const folder of MERGED) {
    mkdirSync(join(root, 'usr', folder), { recursive: true })
    symlinkSync(join('usr', folder), join(root, folder))
  }
  const list = join(root, 'files')
  writeFileSync(list, [...files].join('\n'))
  const copy = 'tar -C / -cf - -T "$1" 2>/dev/null | tar -C "$2" -xf - && rm "$1"'
  const { code, output } = await runProgram('sh', ['-c', copy, 'sh', list, root])
  if (code !== 0) throw new Error(`copying ${packages.join(', ')} failed: ${output}`)
}

/** Big, and of no use here: documentation, translations, sanitizers, link-time optimisation. */
const LEFT_OUT = /^\/usr\/share\/(?:doc|locale|man|info)\/|\/lib[a-z]+san[._]|\/lto1$/

function isFile(path: string): boolean {
  const folder = MERGED.includes(path.slice(1))
  if (!path.startsWith('/') || folder || LEFT_OUT.test(path)) return false
  const status = lstatSync(path, { throwIfNoEntry: false })
  return status !== undefined && !status.isDirectory()
}

const DEBIAN_MODULES = '/usr/share/nodejs'

/** Copies this Node.js with its headers, and this machine's npm, to where official images have them. */
export function copyNode(root: string): void {
  const prefix = join(dirname(realpathSync(process.execPath)), '..')
  const local = join(root, 'usr/local')
  cpSync(join(prefix, 'bin/node'), join(local, 'bin/node'))
  cpSync(join(prefix, 'include'), join(local, 'include'), { recursive: true })
  // …/npm/bin/npm-cli.js. Others carry their parts along; Debian's finds them beside itself, where
  // Debian's Node.js looks without being told.
  const npm = realpathSync(requireTool('npm'))
  const own = dirname(dirname(npm))
  const folder = own.startsWith(DEBIAN_MODULES) ? DEBIAN_MODULES : own
  cpSync(folder, join(root, folder), { recursive: true, verbatimSymlinks: true })
  const script = `#!/bin/sh\nNODE_PATH=${DEBIAN_MODULES} exec /usr/local/bin/node ${npm} "$@"\n`
  writeFileSync(join(local, 'bin/npm'), script, { mode: 0o755 })
}
