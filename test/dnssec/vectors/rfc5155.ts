// The responses of RFC 5155, Appendix B, from the zone of Appendix A.

import type { VectorResponse } from './vector-zone.ts'

/** Seconds since 1970: 2010-01-01 00:00:00, while the signatures hold. */
export const RFC5155_TIME = 1_262_304_000

/** Owners of NSEC3 records by the name that was hashed. */
const apex = '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. NSEC3'
const a = '35mthgpgcu1qg68fab165klnsnk3dpvl.example. NSEC3'
const ns1 = '2t7b4g4vsa5smi47k61mv5bv1a22bojr.example. NSEC3'
const ns2 = 'q04jkcevqvmu85r014c7dkba38o0ji5r.example. NSEC3'
const w = 'k8udemvp1j2f7eg6jebps17vp3n8i58h.example. NSEC3'
const anyW = 'r53bq7cc2uvmubfu5ocmm6pers9tk9en.example. NSEC3'
const xw = 'b4um86eghhds6nea196smvmlo4ors995.example. NSEC3'
const yw = 'ji6neoaepv8b5o6k4ev33abha8ht9fgc.example. NSEC3'

export const rfc5155Responses: readonly VectorResponse[] = [
  {
    section: 'B.1',
    title: 'Name Error',
    question: 'a.c.x.w.example. A',
    rcode: 3,
    authority: ['example. SOA', apex, xw, a],
  },
  {
    section: 'B.2',
    title: 'No Data Error',
    question: 'ns1.example. MX',
    authority: ['example. SOA', ns1],
  },
  {
    section: 'B.2.1',
    title: 'No Data Error, Empty Non-Terminal',
    question: 'y.w.example. A',
    authority: ['example. SOA', yw],
  },
  {
    section: 'B.3',
    title: 'Referral to an Opt-Out Unsigned Zone',
    question: 'mc.c.example. MX',
    authority: ['c.example. NS', a, apex],
    additional: ['ns1.c.example. A', 'ns2.c.example. A'],
  },
  {
    section: 'B.4',
    title: 'Wildcard Expansion',
    question: 'a.z.w.example. MX',
    answer: ['a.z.w.example. MX from *.w.example.'],
    authority: ['example. NS', ns2],
    additional: ['ai.example. A', 'ai.example. AAAA'],
  },
  {
    section: 'B.5',
    title: 'Wildcard No Data Error',
    question: 'a.z.w.example. AAAA',
    authority: ['example. SOA', w, ns2, anyW],
  },
  {
    section: 'B.6',
    title: 'DS Child Zone No Data Error',
    question: 'example. DS',
    authority: ['example. SOA', apex],
  },
]

/** What B.3 says of the delegation, as the answer to a question for its DS. */
export const rfc5155Delegations: readonly VectorResponse[] = [
  {
    section: 'B.3',
    title: 'Referral to an Opt-Out Unsigned Zone',
    question: 'c.example. DS',
    authority: ['example. SOA', a, apex],
  },
]
