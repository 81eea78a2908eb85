/**
 * What nobody who uses Node, gRPC and mutual TLS can be faster than: bytes of the size of real answers, sent by the bare libraries with
 * nothing of ours around them.
 *
 * @module
 */
import { once } from "node:events"
import { createServer as createHttp, request as httpRequest } from "node:http"
import { Agent, createServer as createHttps } from "node:https"
import type { AddressInfo } from "node:net"
import { Client, credentials, Metadata, Server, ServerCredentials } from "@grpc/grpc-js"
import type { KeyPair } from "../../packages/server/src/between/trust/workload.ts"

/** Of a question in its envelope. */
const REQUEST_BYTES = 400
const PATH = "/bench.Floor/Call"
const same = (bytes: Buffer): Buffer => bytes

export interface GrpcFloor extends AsyncDisposable {
  /** One call that is answered with so many bytes. */
  call(answerBytes: number): Promise<void>
}

/** A server and a client of grpc-js in this process, with mutual TLS. @param name That the certificate is for. */
export async function grpcFloor({ key, certificate, authorities }: KeyPair, name: string): Promise<GrpcFloor> {
  const [ca, pem, chain] = [authorities, key, certificate].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer]
  const server = new Server()
  const method = {
    path: PATH,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  }
  server.addService(
    { Call: method },
    {
      Call(call: { readonly request: Buffer }, respond: (error: null, answer: Buffer) => void) {
        respond(null, Buffer.alloc(call.request.readUInt32BE(0), "x"))
      },
    },
  )
  const secure = ServerCredentials.createSsl(ca, [{ private_key: pem, cert_chain: chain }], true)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", secure, (error, bound) => (error ? reject(error) : resolve(bound))),
  )
  const client = new Client(`127.0.0.1:${port}`, credentials.createSsl(ca, pem, chain), {
    "grpc.ssl_target_name_override": name,
    "grpc.default_authority": name,
  })
  const question = Buffer.alloc(REQUEST_BYTES, "x")
  return {
    call(answerBytes) {
      question.writeUInt32BE(answerBytes, 0)
      return new Promise((resolve, reject) =>
        client.makeUnaryRequest(
          PATH,
          same,
          same,
          question,
          new Metadata(),
          { deadline: Date.now() + 5_000 },
          (error) => (error ? reject(error) : resolve()),
        ),
      )
    },
    async [Symbol.asyncDispose]() {
      client.close()
      server.forceShutdown()
    },
  }
}

/** An answer of the size of an order's, behind a proxy that passes requests on over mutual TLS and does nothing else. @returns where */
export async function proxyFloor({ key, certificate, authorities }: KeyPair, name: string): Promise<string> {
  const tls = { key, cert: certificate, ca: authorities }
  const body = JSON.stringify({ id: "0".repeat(36), number: "S-00000", total: "0.00" })
  const back = createHttps({ ...tls, requestCert: true }, (_incoming, outgoing) => {
    outgoing.writeHead(200, { "content-type": "application/json", "content-length": body.length })
    outgoing.end(body)
  }).listen(0, "127.0.0.1")
  await once(back, "listening")
  const { port } = back.address() as AddressInfo
  const agent = new Agent({ ...tls, keepAlive: true, servername: name })
  const front = createHttp((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const passed = httpRequest(
      { agent, protocol: "https:", host: "127.0.0.1", port, method, path: url, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      },
    )
    incoming.pipe(passed)
  }).listen(0, "127.0.0.1")
  await once(front, "listening")
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}`
}
