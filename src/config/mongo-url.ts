// The address of a MongoDB, as its drivers take it: mongodb://USER:PASSWORD@HOST:PORT,HOST:PORT/?OPTIONS,
// or mongodb+srv://HOST. Only who logs in is read here; the driver reads the rest.

import { Fault } from './problem.ts'

export interface MongoUrl {
  readonly username: string | null
  readonly password: string | null
  /** The same for a user with a password, both as they are. */
  withUser(username: string, password: string): string
}

const SHAPE = /^(mongodb(?:\+srv)?:\/\/)(?:([^@/]*)@)?([^@\s]+)$/

/** A fault repeats nothing of the address: it may hold a password. */
export function readMongoUrl(text: string): MongoUrl | Fault {
  const [, scheme, user, rest] = SHAPE.exec(text) ?? []
  if (rest === undefined) {
    return new Fault(
      'is not the address of a MongoDB',
      'write it as mongodb://HOST:PORT/; in a password write %40 for @ and %2F for /',
    )
  }
  const [, name, password] = /^([^:]*)(?::(.*))?$/s.exec(user ?? '')!
  try {
    return {
      username: name === undefined || name === '' ? null : decodeURIComponent(name),
      password: password === undefined ? null : decodeURIComponent(password),
      withUser: (...login) => `${scheme}${login.map(encodeURIComponent).join(':')}@${rest}`,
    }
  } catch {
    return new Fault(
      'has a % in its user or password that encodes nothing',
      'write %25 for it, or give username and password beside the url',
    )
  }
}
