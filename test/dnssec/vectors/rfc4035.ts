// The responses of RFC 4035, Appendix B, from the zone of Appendix A.

import type { VectorResponse } from './vector-zone.ts'

/** Seconds since 1970: 2004-04-20 00:00:00, while the signatures hold. */
export const RFC4035_TIME = 1_082_419_200

export const rfc4035Responses: readonly VectorResponse[] = [
  {
    section: 'B.1',
    title: 'Answer',
    question: 'x.w.example. MX',
    answer: ['x.w.example. MX'],
    authority: ['example. NS'],
    additional: ['xx.example. A', 'xx.example. AAAA', 'ns1.example. A', 'ns2.example. A'],
  },
  {
    section: 'B.2',
    title: 'Name Error',
    question: 'ml.example. A',
    rcode: 3,
    authority: ['example. SOA', 'b.example. NSEC', 'example. NSEC'],
  },
  {
    section: 'B.3',
    title: 'No Data Error',
    question: 'ns1.example. MX',
    authority: ['example. SOA', 'ns1.example. NSEC'],
  },
  {
    section: 'B.4',
    title: 'Referral to Signed Zone',
    question: 'mc.a.example. MX',
    authority: ['a.example. NS', 'a.example. DS'],
    additional: ['ns1.a.example. A', 'ns2.a.example. A'],
  },
  {
    section: 'B.5',
    title: 'Referral to Unsigned Zone',
    question: 'mc.b.example. MX',
    authority: ['b.example. NS', 'b.example. NSEC'],
    additional: ['ns1.b.example. A', 'ns2.b.example. A'],
  },
  {
    section: 'B.6',
    title: 'Wildcard Expansion',
    question: 'a.z.w.example. MX',
    answer: ['a.z.w.example. MX from *.w.example.'],
    authority: ['example. NS', 'x.y.w.example. NSEC'],
    additional: ['ai.example. A', 'ai.example. AAAA'],
  },
  {
    section: 'B.7',
    title: 'Wildcard No Data Error',
    question: 'a.z.w.example. AAAA',
    authority: ['example. SOA', 'x.y.w.example. NSEC', '*.w.example. NSEC'],
  },
  {
    section: 'B.8',
    title: 'DS Child Zone No Data Error',
    question: 'example. DS',
    authority: ['example. SOA', 'example. NSEC'],
  },
]

/** What B.4 and B.5 say of the delegations, as answers to questions for their DS. */
export const rfc4035Delegations: readonly VectorResponse[] = [
  {
    section: 'B.4',
    title: 'Referral to Signed Zone',
    question: 'a.example. DS',
    answer: ['a.example. DS'],
    authority: [],
  },
  {
    section: 'B.5',
    title: 'Referral to Unsigned Zone',
    question: 'b.example. DS',
    authority: ['example. SOA', 'b.example. NSEC'],
  },
]
