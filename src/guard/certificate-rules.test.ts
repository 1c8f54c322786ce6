import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CertificateRules, type CertificateRule } from './certificate-rules.ts'
import { groupOf, Trait } from './traits.ts'

const STRANGER = 0

function rules(...all: readonly (Partial<CertificateRule> & { readonly name: string })[]) {
  return new CertificateRules(all.map((one) => ({ allow: true, exempt: false, group: 1, ...one })))
}

describe('rules about certificates', () => {
  test('take names of their kind only', () => {
    const list = rules({ name: 'CN=printer' })
    assert.equal(list.apply(['CN=printer'], STRANGER) & Trait.Allowed, Trait.Allowed)
    for (const name of ['DNS:printer', 'URI:printer', 'CN=Printer', 'CN=printer2', 'printer']) {
      assert.equal(list.apply([name], STRANGER), STRANGER, name)
    }
  })

  test('take names of DNS without regard to case, and wildcards as one label (RFC 9525 §6.3)', () => {
    const list = rules({ name: 'DNS:*.Mesh.example' }, { name: 'DNS:db.example.org' })
    for (const name of [
      'DNS:sidecar.mesh.example',
      'DNS:SIDECAR.mesh.EXAMPLE',
      'DNS:DB.example.org',
    ]) {
      assert.notEqual(list.apply([name], STRANGER), STRANGER, name)
    }
    for (const name of [
      'DNS:mesh.example',
      'DNS:a.sidecar.mesh.example',
      'DNS:.mesh.example',
      'DNS:sidecarmesh.example',
      'DNS:*.example.org',
      'CN=sidecar.mesh.example',
    ]) {
      assert.equal(list.apply([name], STRANGER), STRANGER, name)
    }
  })

  test('take addresses by what they stand for (RFC 5952)', () => {
    const list = rules({ name: 'IP:2001:db8::1' }, { name: 'IP:192.0.2.1' })
    for (const name of ['IP:2001:DB8:0:0:0:0:0:1', 'IP:192.0.2.1', 'IP:::ffff:192.0.2.1']) {
      assert.notEqual(list.apply([name], STRANGER), STRANGER, name)
    }
    assert.equal(list.apply(['IP:2001:db8::2'], STRANGER), STRANGER)
  })

  test('take URIs and mailboxes octet by octet', () => {
    const list = rules({ name: 'URI:spiffe://mesh.example/db' }, { name: 'email:ops@example.org' })
    assert.notEqual(list.apply(['URI:spiffe://mesh.example/db'], STRANGER), STRANGER)
    assert.notEqual(list.apply(['email:ops@example.org'], STRANGER), STRANGER)
    assert.equal(list.apply(['URI:spiffe://mesh.example/db/'], STRANGER), STRANGER)
    assert.equal(list.apply(['email:OPS@example.org'], STRANGER), STRANGER)
  })

  test('decide over the address, both ways', () => {
    const list = rules({ name: 'CN=in' }, { name: 'CN=out', allow: false })
    assert.equal(list.apply(['CN=in'], STRANGER) & Trait.Allowed, Trait.Allowed)
    assert.equal(list.apply(['CN=out'], Trait.Allowed) & Trait.Allowed, 0)
    assert.equal(list.apply(['CN=else'], Trait.Allowed), Trait.Allowed)
  })

  test('leave to the address what they do not say', () => {
    const list = rules(
      { name: 'CN=known', allow: null, group: 7 },
      { name: 'CN=free', exempt: true },
    )
    assert.equal(
      list.apply(['CN=known'], Trait.Allowed | Trait.Exempt),
      Trait.Allowed | Trait.Exempt | (7 << 8),
    )
    assert.equal(list.apply(['CN=known'], STRANGER), 7 << 8)
    assert.equal(list.apply(['CN=free'], 5 << 8), Trait.Allowed | Trait.Exempt | (1 << 8))
  })

  test('of several that hold, one that denies wins, and the first group', () => {
    const list = rules(
      { name: 'CN=both', group: 2 },
      { name: 'DNS:db.example.org', group: 1, allow: false },
      { name: 'URI:urn:a', group: 3, exempt: true },
    )
    const names = ['CN=both', 'DNS:db.example.org', 'URI:urn:a']
    for (const order of [names, names.toReversed()]) {
      const traits = list.apply(order, Trait.Allowed)
      assert.equal(traits & Trait.Allowed, 0)
      assert.equal(traits & Trait.Exempt, Trait.Exempt)
      assert.equal(groupOf(traits), 1)
    }
  })

  test('know whether a certificate can open anything', () => {
    assert.equal(rules().admitsAny, false)
    assert.equal(
      rules({ name: 'CN=a', allow: false }, { name: 'CN=b', allow: null }).admitsAny,
      false,
    )
    assert.equal(rules({ name: 'CN=a' }).admitsAny, true)
  })
})
