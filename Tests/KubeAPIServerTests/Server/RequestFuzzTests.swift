import Foundation
import JSON
import KubeModel
import NIOCore
import NIOHTTP1
import NIOPosix
import TestKit
import Testing
import Wire

@testable import KubeAPIServer

/// Requests made at random, most of them wrong in one place, to a whole server over its socket.
@Suite("requests at random", .serialized)
struct RequestFuzzTests {
    private static let requests = 250

    @Test("whatever is asked, the answer is whole, and a refusal is a Status", arguments: Fuzz.seeds(4))
    func answers(seed: UInt64) async throws {
        try await TestServer.with { server in
            let client = try Self.privileged(server)
            var make = RequestGenerator(seed: seed)
            for _ in 0..<Self.requests {
                let request = make.next()
                let answer = try await client.send(
                    request.method, request.target, headers: request.headers,
                    body: request.body.map { HTTPBodyToSend.bytes(ByteBuffer(bytes: $0)) } ?? .none)
                guard answer.headers.contains(name: "content-length") || answer.status.code >= 400 else {
                    // A watch, or a stream.
                    answer.cancel()
                    continue
                }
                let body = try await answer.body()
                let text = String(buffer: body)
                guard answer.status.code >= 400, request.method != .HEAD else { continue }
                let type = answer.headers.first(name: "content-type") ?? ""
                if type.hasPrefix("text/plain") {
                    #expect(text == "404 page not found\n", "\(request): \(answer.status) \(text)")
                } else if type == "application/json" {
                    let status = (try? JSON(parsing: text)) ?? .null
                    #expect(
                        status["kind"].string == "Status" && status["status"].string == "Failure"
                            && status["code"].int == Int(answer.status.code)
                            // The original's plain errors have no reason.
                            && (status["reason"].string?.isEmpty == false || answer.status.code == 500),
                        "\(request): \(answer.status) \(text)")
                } else {
                    #expect(body.readableBytes > 0, "\(request): \(answer.status) \(type)")
                }
            }
            // Not as the administrator, whose role may be gone by now.
            let ready = try await client.send(.GET, "/readyz", headers: [:], body: .none).body()
            #expect(String(buffer: ready) == "ok")
            await client.shutdown()
        }
    }

    @Test("bytes that are hardly HTTP get an HTTP answer or a closed connection", arguments: Fuzz.seeds(2))
    func bytes(seed: UInt64) async throws {
        try await TestServer.with { server in
            let client = try Self.privileged(server)
            var random = SeededGenerator(seed: seed)
            var make = RequestGenerator(seed: seed)
            for _ in 0..<60 {
                let request = make.next()
                var bytes = Array("\(request.method.rawValue) \(request.target) HTTP/1.1\r\nHost: x\r\n".utf8)
                for (name, value) in request.headers { bytes += Array("\(name): \(value)\r\n".utf8) }
                let body = request.body ?? []
                bytes += Array("Connection: close\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
                for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, &random) }
                let connection = try await client.dial()
                try? await connection.write(ByteBuffer(bytes: bytes))
                await connection.closeWrite()
                var answer = ByteBuffer()
                while answer.readableBytes < 64 << 10, let part = try? await connection.read() {
                    answer.writeImmutableBuffer(part)
                }
                await connection.close()
                let start = String(decoding: answer.readableBytesView.prefix(12), as: UTF8.self)
                #expect(
                    start.isEmpty || start.wholeMatch(of: /HTTP\/1\.[01] [1-5][0-9][0-9]/) != nil,
                    "\(start) to \(String(decoding: bytes, as: UTF8.self))")
            }
            await client.shutdown()
            #expect(try await server.call(.GET, "/readyz").text == "ok")
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let at = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(contentsOf: Array("\r\n: %00\u{0}".utf8).shuffled(using: &random), at: at)
        case 3: bytes = Array(bytes[..<at])
        default: bytes.insert(contentsOf: bytes[at...].prefix(40), at: at)
        }
    }

    /// A client whose rights no request can take away.
    private static func privileged(_ server: TestServer) throws -> HTTPClient {
        let pki = server.folder + "/pki"
        let pair = try #require(try CertifiedKey(certificateFile: "\(pki)/ca.crt", keyFile: "\(pki)/ca.key"))
        let issued = try CertificateAuthority(pair).issue(
            .init(commonName: "fuzz", organizations: ["system:masters"], usage: .client))
        try issued.write(certificateFile: "\(pki)/fuzz.crt", keyFile: "\(pki)/fuzz.key")
        return HTTPClient(
            server.endpoint, tls: TestServer.files(server.folder, "fuzz"), group: MultiThreadedEventLoopGroup.singleton
        )
    }
}
