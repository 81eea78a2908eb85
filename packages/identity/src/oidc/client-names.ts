/** The client of browser sessions, and the service in front of all others. */
export const GATEWAY_CLIENT = "gateway"

/** The audience of a service's tokens. */
export const audienceOf = (service: string): string => `${AUDIENCE}${service}`

/** The service of an audience, whether there is one of that name or not. */
export const namedBy = (audience: string): string | undefined =>
  audience.startsWith(AUDIENCE) ? audience.slice(AUDIENCE.length) : undefined

const AUDIENCE = "urn:archipel:"

/** RFC 8693. */
export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"

/** Type of a token (RFC 8693, section 3). */
export const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"

/** The same of "dev:alice": what stands for a user of development, and is exchanged for the gateway in development only. */
export const DEVELOPMENT_TOKEN = "urn:archipel:token-type:development"
