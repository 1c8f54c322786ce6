import { duration, file, integer, section, size } from '../values.ts'

export const cacheSnapshot = section(
  'The answers asked for most, in a file, so that a restart does not begin with nothing.',
  {
    path: file(
      'Where they are written; its folder must be writable. It tells what was asked for, so nobody else may read it. Without it nothing is written.',
    ),
    interval: duration({
      about:
        'They are written this often, and when the program stops: what a crash may lose. More often than once in ten seconds costs more than it saves.',
      initial: '5m',
      min: '10s',
      max: '1d',
    }),
    maxEntries: integer({
      about:
        'Answers that are written at the most, those asked for most before others. A hundred thousand take 10 to 20 MiB, and half a second to find them among a million.',
      initial: 100_000,
      min: 100,
      max: 10_000_000,
    }),
    maxSize: size({
      about: 'What the file may grow to.',
      initial: '64MiB',
      min: '1MiB',
      max: '4GiB',
    }),
  },
)
