import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Config } from '../config/config.ts'
import { parseConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { AccessList } from '../guard/acl.ts'
import { groupOf, Trait } from '../guard/traits.ts'
import { parseAddress } from '../wire/text/prefix.ts'
import type { AccessPlan } from '../worker/plan.ts'
import { AccessPlans } from './access-plan.ts'

const dir = mkdtempSync(join(tmpdir(), 'dotward-access-'))
after(() => rmSync(dir, { recursive: true }))

function configOf(text: string): Config {
  const loaded = parseConfig({ text, file: join(dir, 'dotward.yaml'), environment: {} })
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(formatProblem).join('\n'))
  return loaded.config
}

function plansOf(config: Config): AccessPlan[] {
  const plans = new AccessPlans(config)
  return config.listeners.map((listener) => plans.at(listener))
}

function traitsAt({ memory, certificates }: AccessPlan, address: string, ...names: string[]) {
  const list = new AccessList(memory, certificates)
  const octets = parseAddress(address)!
  const byAddress = list.traits(octets, 0, octets.length === 4 ? 4 : 6)
  return list.certificateTraits(names, byAddress)
}

const mayAsk = (plan: AccessPlan, address: string, ...names: string[]) =>
  (traitsAt(plan, address, ...names) & Trait.Allowed) !== 0

describe('access at each listener', () => {
  test('is its own where it has one, part by part, and else the one for all', () => {
    const [all, own, refusing] = plansOf(
      configOf(`
        access: { allow: [10.0.0.0/8], deny: [10.66.0.0/16] }
        listeners:
          - { port: 5301 }
          - { port: 5302, access: { allow: [192.0.2.0/24, 10.66.1.0/24] } }
          - { port: 5303, access: { onDeny: refuse, deny: [] } }`),
    ) as [AccessPlan, AccessPlan, AccessPlan]
    assert.deepEqual(
      ['10.1.1.1', '10.66.1.1', '10.66.2.1', '192.0.2.1'].map((address) => [
        mayAsk(all, address),
        mayAsk(own, address),
        mayAsk(refusing, address),
      ]),
      [
        [true, false, true],
        [false, true, true],
        [false, false, true],
        [false, true, false],
      ],
    )
    assert.deepEqual([all.refuseStrangers, refusing.refuseStrangers], [false, true])
  })

  test('shares its memory where the rules are the same', () => {
    const [one, other, third] = plansOf(
      configOf(`
        access: { allow: [10.0.0.0/8] }
        listeners:
          - { port: 5301 }
          - { port: 5302, access: { allow: [10.0.0.0/8], onDeny: refuse } }
          - { port: 5303, access: { allow: [10.0.0.0/9] } }`),
    )
    assert.equal(one!.memory, other!.memory)
    assert.notEqual(one!.memory, third!.memory)
  })
})

describe('groups', () => {
  const [plan, closed] = plansOf(
    configOf(`
      access:
        allow: ["@staff", 192.0.2.0/24]
        deny: ["@guests"]
        groups:
          staff: { ranges: [10.1.0.0/16], certificates: ["CN=printer", "*.mesh.example"] }
          guests: { ranges: [192.0.2.128/25], certificates: ["CN=lost"] }
          counted: { ranges: [192.0.2.0/25], certificates: ["CN=counted"] }
      rateLimit: { exempt: ["@staff", 192.0.2.1] }
      listeners: [{ port: 5301 }, { port: 5302, access: { allow: [192.0.2.1], deny: ["@staff"] } }]`),
  ) as [AccessPlan, AccessPlan]

  test('stand for their ranges', () => {
    const staff = traitsAt(plan, '10.1.2.3')
    assert.equal(staff & (Trait.Allowed | Trait.Exempt), Trait.Allowed | Trait.Exempt)
    assert.equal(groupOf(staff), 1)
    assert.equal(traitsAt(plan, '192.0.2.200'), 2 << 8)
    assert.equal(traitsAt(plan, '192.0.2.1'), Trait.Allowed | Trait.Exempt | (3 << 8))
    assert.equal(traitsAt(plan, '192.0.2.2'), Trait.Allowed | (3 << 8))
    assert.equal(mayAsk(closed, '10.1.2.3'), false)
  })

  test('stand for their certificates, wherever the client asks from', () => {
    const printer = traitsAt(plan, '198.51.100.1', 'CN=printer')
    assert.equal(printer, Trait.Allowed | Trait.Exempt | (1 << 8))
    assert.equal(mayAsk(plan, '198.51.100.1', 'CN=x', 'DNS:db.mesh.example'), true)
    assert.equal(mayAsk(plan, '198.51.100.1', 'CN=stranger'), false)
    assert.equal(mayAsk(plan, '10.1.2.3', 'CN=lost'), false)
    assert.equal(mayAsk(closed, '192.0.2.1', 'CN=printer'), false)
  })

  test('that no rule names leave it to the address who may ask', () => {
    assert.equal(traitsAt(plan, '198.51.100.1', 'CN=counted'), 3 << 8)
    assert.equal(traitsAt(plan, '192.0.2.2', 'CN=counted'), Trait.Allowed | (3 << 8))
  })
})

describe('files of ranges', () => {
  const file = join(dir, 'ranges.txt')
  const config = () =>
    configOf(
      'access: { allow: ["file:ranges.txt"], groups: { all: { ranges: ["file:./ranges.txt"] } } }',
    )

  test('are one range a line, with comments', () => {
    writeFileSync(file, '# offices\r\n192.0.2.0/24\r\n\n  2001:DB8::/32 # the branch\n10.0.0.1')
    const [plan] = plansOf(config())
    for (const address of ['192.0.2.1', '2001:db8::1', '10.0.0.1']) {
      assert.equal(traitsAt(plan!, address), Trait.Allowed | (1 << 8), address)
    }
    assert.equal(mayAsk(plan!, '10.0.0.2'), false)
  })

  test('are read anew for each plan, and one that is spoilt makes none', () => {
    writeFileSync(file, '192.0.2.0/24\n')
    const loaded = config()
    writeFileSync(file, '192.0.2.0/24\nnonsense\n10.0.0.1/8\n')
    assert.throws(() => plansOf(loaded), {
      message: `${file}:2: "nonsense" is not an IPv4 or IPv6 address or prefix\n${file}:3: "10.0.0.1/8" has bits set behind its prefix`,
    })
    rmSync(file)
    assert.throws(() => plansOf(loaded), { message: `${file} does not exist` })
  })
})
