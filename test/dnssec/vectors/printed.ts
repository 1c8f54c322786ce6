// Keys, their private halves, DS records and signatures that RFCs print as examples.

export interface PrintedVector {
  readonly source: string
  /** Keys, DS if there is one, and a set with its signature, in this order. */
  readonly zone: string
  readonly hasDs: boolean
  /** The private key, as a file of BIND has it: fields in Base64. */
  readonly privateKey: Readonly<Record<string, string>>
  /** Whether the same is always signed with the same octets. */
  readonly isDeterministic: boolean
}

export const printedVectors: readonly PrintedVector[] = [
  {
    source: 'RSA with SHA-256 (RFC 5702 §6.1)',
    hasDs: false,
    privateKey: {
      Modulus:
        'wVwaxrHF2CK64aYKRUibLiH30KpPuPBjel7E8ZydQW1HYWHfoGmidzC2RnhwCC293hCzw+TFR2nqn8OVSY5t2Q==',
      PublicExponent: 'AQAB',
      PrivateExponent:
        'UR44xX6zB3eaeyvTRzmskHADrPCmPWnr8dxsNwiDGHzrMKLN+i/HAam+97HxIKVWNDH2ba9Mf1SA8xu9dcHZAQ==',
      Prime1: '4c8IvFu1AVXGWeFLLFh5vs7fbdzdC6U82fduE6KkSWk=',
      Prime2: '2zZpBE8ZXVnL74QjG4zINlDfH+EOEtjJJ3RtaYDugvE=',
      Exponent1: 'G2xAPFfK0KGxGANDVNxd1K1c9wOmmJ51mGbzKFFNMFk=',
      Exponent2: 'GYxP1Pa7CAwtHm8SAGX594qZVofOMhgd6YFCNyeVpKE=',
      Coefficient: 'icQdNRjlZGPmuJm2TIadubcO8X7V4y07aVhX464tx8Q=',
    },
    isDeterministic: true,
    zone: `
      example.net. 3600 IN DNSKEY 256 3 8 (
        AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Q
        s8PkxUdp6p/DlUmObdk= )
      www.example.net. 3600 IN A 192.0.2.91
      www.example.net. 3600 IN RRSIG A 8 3 3600 20300101000000 20000101000000 9033 example.net. (
        kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFY
        K/lPtPiVYP4bwg== )`,
  },
  {
    source: 'RSA with SHA-512 (RFC 5702 §6.2)',
    hasDs: false,
    privateKey: {
      Modulus:
        '0eg1M5b563zoq4k5ZEOnWmd2/BvpjzedJVdfIsDcMuuhE5SQ3pfQ7qmdaeMlC6Nf8DKGoUPGPXe06cP27/WRODtxXquSUytkO0kJDk8KX8PtA0+yBWwy7UnZDyCkynO00Uuk8HPVtZeMO1pHtlAGVnc8VjXZlNKdyit99waaE4s=',
      PublicExponent: 'AQAB',
      PrivateExponent:
        'rFS1IPbJllFFgFc33B5DDlC1egO8e81P4fFadODbp56V7sphKa6AZQCx8NYAew6VXFFPAKTw41QdHnK5kIYOwxvfFDjDcUGza88qbjyrDPSJenkeZbISMUSSqy7AMFzEolkk6WSn6k3thUVRgSlqDoOV3SEIAsrB043XzGrKIVE=',
      Prime1:
        '8mbtsu9Tl9v7tKSHdCIeprLIQXQLzxlSZun5T1n/OjvXSUtvD7xnZJ+LHqaBj1dIgMbCq2U8O04QVcK3TS9GiQ==',
      Prime2:
        '3a6gkfs74d0Jb7yL4j4adAif4fcp7ZrGt7G5NRVDDY/Mv4TERAKMa0TKN3okKE0A7X+Rv2K84mhT4QLDlllEcw==',
      Exponent1:
        'v3D5A9uuCn5rgVR7wgV8ba0/KSpsdSiLgsoA42GxiB1gvvs7gJMMmVTDu/ZG1p1ZnpLbhh/S/Qd/MSwyNlxC+Q==',
      Exponent2:
        'm+ezf9dsDvYQK+gzjOLWYeKq5xWYBEYFGa3BLocMiF4oxkzOZ3JPZSWU/h1Fjp5RV7aPP0Vmx+hNjYMPIQ8Y5w==',
      Coefficient:
        'Je5YhYpUron/WdOXjxNAxDubAp3i5X7UOUfhJcyIggqwY86IE0Q/Bk0Dw4SC9zxnsimmdBXW2Izd8Lwuk8FQcQ==',
    },
    isDeterministic: true,
    zone: `
      example.net. 3600 IN DNSKEY 256 3 10 (
        AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/Ay
        hqFDxj13tOnD9u/1kTg7cV6rklMrZDtJCQ5PCl/D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWX
        jDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL )
      www.example.net. 3600 IN A 192.0.2.91
      www.example.net. 3600 IN RRSIG A 10 3 3600 20300101000000 20000101000000 3740 example.net. (
        tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw
        1ep94PzEWzr0iGYgZBWm/zpq+9fOuagYJRfDqfReKBzMweOLDiNa8iP5g9vMhpuv6OPlvpXw
        m9Sa9ZXIbNl1MBGk0fthPgxdDLw= )`,
  },
  {
    source: 'ECDSA with P-256 (RFC 6605 §6.1)',
    hasDs: true,
    privateKey: { PrivateKey: 'GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=' },
    isDeterministic: false,
    zone: `
      example.net. 3600 IN DNSKEY 257 3 13 (
        GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edb
        krSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA== )
      example.net. 3600 IN DS 55648 13 2 (
        b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17 )
      www.example.net. 3600 IN A 192.0.2.1
      www.example.net. 3600 IN RRSIG A 13 3 3600 20100909100439 20100812100439 55648 example.net. (
        qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXA
        yGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw== )`,
  },
  {
    source: 'ECDSA with P-384 (RFC 6605 §6.2)',
    hasDs: true,
    privateKey: { PrivateKey: 'WURgWHCcYIYUPWgeLmiPY2DJJk02vgrmTfitxgqcL4vwW7BOrbawVmVe0d9V94SR' },
    isDeterministic: false,
    zone: `
      example.net. 3600 IN DNSKEY 257 3 14 (
        xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X
        1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40 )
      example.net. 3600 IN DS 10771 14 4 (
        72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9
        495f27e305c6a9b0563a9b5f4d288405c3008a946df983d6 )
      www.example.net. 3600 IN A 192.0.2.1
      www.example.net. 3600 IN RRSIG A 14 3 3600 20100909102025 20100812102025 10771 example.net. (
        /L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74
        hbavRKayJNuydCuzWTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGipWcJm )`,
  },
  {
    source: 'Ed25519, first (RFC 8080 §6.1, erratum 4935)',
    hasDs: true,
    privateKey: { PrivateKey: 'ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=' },
    isDeterministic: true,
    zone: `
      example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=
      example.com. 3600 IN DS 3613 15 2 (
        3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b )
      example.com. 3600 IN MX 10 mail.example.com.
      example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 3613 example.com. (
        oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9
        VrbpMngwcrqNAg== )`,
  },
  {
    source: 'Ed25519, second (RFC 8080 §6.1, erratum 4935)',
    hasDs: true,
    privateKey: { PrivateKey: 'DSSF3o0s0f+ElWzj9E/Osxw8hLpk55chkmx0LYN5WiY=' },
    isDeterministic: true,
    zone: `
      example.com. 3600 IN DNSKEY 257 3 15 zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs=
      example.com. 3600 IN DS 35217 15 2 (
        401781b934e392de492ec77ae2e15d70f6575a1c0bc59c5275c04ebe80c6614c )
      example.com. 3600 IN MX 10 mail.example.com.
      example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 35217 example.com. (
        zXQ0bkYgQTEFyfLyi9QoiY6D8ZdYo4wyUhVioYZXFdT410QPRITQSqJSnzQoSm5poJ7gD7AQ
        R0O7KuI5k2pcBg== )`,
  },
  {
    source: 'Ed448, first (RFC 8080 §6.2, erratum 4935)',
    hasDs: true,
    privateKey: {
      PrivateKey: 'xZ+5Cgm463xugtkY5B0Jx6erFTXp13rYegst0qRtNsOYnaVpMx0Z/c5EiA9x8wWbDDct/U3FhYWA',
    },
    isDeterministic: true,
    zone: `
      example.com. 3600 IN DNSKEY 257 3 16 (
        3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDp
        JtIA )
      example.com. 3600 IN DS 9713 16 2 (
        6ccf18d5bc5d7fc2fceb1d59d17321402f2aa8d368048db93dd811f5cb2b19c7 )
      example.com. 3600 IN MX 10 mail.example.com.
      example.com. 3600 IN RRSIG MX 16 2 3600 1440021600 1438207200 9713 example.com. (
        3cPAHkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKi
        wZSAxGILn/NBtOXft0+Gj7FSvOKxE/07+4RQvE581N3Aj/JtIyaiYVdnYtyMWbSNyGEY2213
        WKsJlwEA )`,
  },
  {
    source: 'Ed448, second (RFC 8080 §6.2, erratum 4935)',
    hasDs: true,
    privateKey: {
      PrivateKey: 'WEykD3ht3MHkU8iH4uVOLz8JLwtRBSqiBoM6fF72+Mrp/u5gjxuB1DV6NnPO2BlZdz4hdSTkOdOA',
    },
    isDeterministic: true,
    zone: `
      example.com. 3600 IN DNSKEY 257 3 16 (
        kkreGWoccSDmUBGAe7+zsbG6ZAFQp+syPmYUurBRQc3tDjeMCJcVMRDmgcNLp5HlHAMy12Vo
        ISsA )
      example.com. 3600 IN DS 38353 16 2 (
        645ff078b3568f5852b70cb60e8e696cc77b75bfaaffc118cf79cbda1ba28af4 )
      example.com. 3600 IN MX 10 mail.example.com.
      example.com. 3600 IN RRSIG MX 16 2 3600 1440021600 1438207200 38353 example.com. (
        E1/oLjSGIbmLny/4fcgM1z4oL6aqo+izT3urCyHyvEp4Sp8Syg1eI+lJ57CSnZqjJP41O/9l
        4m0AsQ4f7qI1gVnML8vWWiyW2KXhT9kuAICUSxv5OWbf81Rq7Yu60npabODB0QFPb/rkW3kU
        ZmQ0YQUA )`,
  },
]
