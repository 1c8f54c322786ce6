/** dotward's settings under attack: what an operator of an edge sets, everything else as it comes. */
export const SETTINGS = `access: { allow: [127.0.0.0/8, 192.0.2.0/24, 198.51.100.0/24, "2001:db8::/32"] }
rateLimit:
  perClient: 200
  perVerifiedClient: 200
  perListener: 50000
  responses: { equal: 20, noData: 20, nxDomain: 20, errors: 20 }
`
