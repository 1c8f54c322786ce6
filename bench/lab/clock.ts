// Milliseconds of the machine's monotonic clock: the same for every process of a run.

export const now = (): number => Number(process.hrtime.bigint()) / 1e6
