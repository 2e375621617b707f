import EngineAPI
import Glibc
import JSON
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Wire

/// The API over a fake backend, behind a real socket.
struct TestAPI {
    let backend: FakeBackend
    let client: HTTPClient

    static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    static func with<T>(_ body: (TestAPI) async throws -> T) async throws -> T {
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let backend = FakeBackend()
        let api = DockerAPI(backend: backend, builder: backend, serverVersion: "1.2.3", log: quiet)
        let endpoint = Endpoint.unix(path: "/tmp/engine-api-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock")
        let server = HTTPServer(group: loops, log: quiet) { await api.handle($0, $1) }
        try await server.listen(on: endpoint)
        let client = HTTPClient(endpoint, group: loops)
        do {
            let result = try await body(TestAPI(backend: backend, client: client))
            await client.shutdown()
            await server.shutdown(patience: .milliseconds(20))
            return result
        } catch {
            await server.shutdown(patience: .milliseconds(20))
            throw error
        }
    }

    struct Answer {
        let status: UInt
        let headers: HTTPHeaders
        let text: String

        var json: JSON { (try? JSON(parsing: text)) ?? .null }
        var message: String? { json["message"].string }
    }

    /// A JSON body names its type by itself.
    func send(_ method: HTTPMethod, _ target: String, _ body: String? = nil, headers: HTTPHeaders = [:]) async throws
        -> Answer
    {
        var headers = headers
        if body != nil, !headers.contains(name: "content-type") {
            headers.add(name: "Content-Type", value: "application/json")
        }
        let answer = try await client.send(
            method, target, headers: headers, body: body.map { .bytes(ByteBuffer(string: $0)) } ?? .none)
        return Answer(
            status: answer.status.code, headers: answer.headers, text: String(buffer: try await answer.body()))
    }

    func hijack(_ target: String, _ body: String? = nil) async throws -> (any RawConnection, HTTPHeaders)? {
        let headers: HTTPHeaders = body == nil ? [:] : ["Content-Type": "application/json"]
        guard
            case .connection(let raw, let answered) = try await client.hijack(
                .POST, target, headers: headers, body: body.map { ByteBuffer(string: $0) })
        else { return nil }
        return (raw, answered)
    }
}

extension RawConnection {
    func readAll() async throws -> [UInt8] {
        var all: [UInt8] = []
        while let part = try await read() { all += Array(part.readableBytesView) }
        return all
    }
}
