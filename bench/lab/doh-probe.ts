// Whether a DoH server's answers are right, since h2load sees only their status.

import { connect } from 'node:http2'

import { judge, makeQuery, Outcome } from './message.ts'

/** Milliseconds for all of them. */
const TIMEOUT = 5000

/** Asks for each name over one connection. @throws Error when any gets no right answer */
export async function checkDoh(origin: string, labels: readonly string[]): Promise<void> {
  // The authority is the run's own, and who answers is not the question here.
  const session = connect(origin, { rejectUnauthorized: false })
  const failed = new Promise<never>((_, reject) => {
    session.once('error', reject)
    session.setTimeout(TIMEOUT, () => reject(new Error('a DoH server stays silent')))
  })
  const ask = async (label: string): Promise<void> => {
    const query = makeQuery(label, 0)
    const path = `/dns-query?dns=${query.toString('base64url')}`
    const stream = session.request({ ':path': path, accept: 'application/dns-message' })
    const body = Buffer.concat(await stream.toArray())
    if (body.length < query.length || judge(body, query) !== Outcome.Good) {
      throw new Error(`no right answer over DoH: ${body.length} octets`)
    }
  }
  try {
    await Promise.race([Promise.all(labels.map(ask)), failed])
  } finally {
    session.destroy()
  }
}
